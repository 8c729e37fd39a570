"""The flow as Prefect runs it: whom it is for is queued, then the sending flow serves them."""

from __future__ import annotations

import threading

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.flow_engine import run_flow
from prefect.states import AwaitingRetry, Crashed

from flows.resend_mailing import resend_mailing
from flows.send_mailing import send_mailing
from mailings.db import Database
from mailings.errors import BadAddress, NotAllowed, NotFound
from mailings.model import ImportedRow, LeaseRole, Mailing, MailingStatus, Source
from mailings.sending import leases
from mailings.sending.finding import mailing_named
from mailings.sending.ordering import resend_once
from mailings.sending.resending import Resent
from mailings.transports.memory import Memory
from tasks import resending
from tasks.parameters import Whom
from tests.flows.test_send_mailing import draft
from tests.sending import world

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]


def addresses(kept: Memory) -> list[str]:
    """Where messages went, in order."""
    return [one.address.partition("@")[0] for one in kept.kept]


def test_reload(db: Database, memory: Memory) -> None:
    """A newcomer on the list and one who was refused get it; who has it gets nothing; the mailing is sent again, and the books balance."""
    mailing_id = draft(db, "last", 3)
    memory.refuse("ase2@fjord.test")
    send_mailing("last")
    memory.accept("ase2@fjord.test")
    with db.writing() as session:
        source = session.query(Source).one()
        session.add(ImportedRow(source_id=source.id, row=4, name="Désirée van der IJssel", normal="desiree@fjord.test"))
    outcome = resend_mailing("last", Whom(reload=True))
    assert (outcome.status, outcome.queued) == (MailingStatus.SENT, 2)
    assert outcome.sentence == "last: 2 to be sent, 1 once more, 1 for the first time. last is sent."
    assert sorted(addresses(memory)) == ["ase1", "ase2", "ase3", "desiree"]
    assert world.statuses(db, mailing_id) == {"sent": 4, "failed": 1}


def test_only(db: Database, memory: Memory) -> None:
    """Chosen by address, somebody who has it gets it once more; another run of the same is another decision, and does so again."""
    draft(db, "bare", 3)
    send_mailing("bare")
    for count in (1, 2):
        assert resend_mailing("bare", Whom(addresses=["ase2@fjord.test"])).status is MailingStatus.SENT
        assert addresses(memory)[3:] == ["ase2"] * count


def asked_for(mailing: str, **whom: object) -> FlowRun:
    """A run that somebody asked for, as the server holds it."""
    with get_client(sync_client=True) as client:
        return client.create_flow_run(resend_mailing, parameters={"mailing": mailing, "whom": whom})


def carried_out(run: FlowRun, *states: State) -> Resent:
    """The run, brought into these states, as a worker that takes it carries it out."""
    with get_client(sync_client=True) as client:
        for state in states:
            client.set_flow_run_state(run.id, state, force=True)
        run = client.read_flow_run(run.id)
    return run_flow(resend_mailing, flow_run=run, parameters=resend_mailing.validate_parameters(run.parameters))  # type: ignore[return-value]


@pytest.mark.parametrize(
    "whom", [{"latest": ["unopened"]}, {"addresses": ["ase1@fjord.test", "ase3@fjord.test"]}], ids=["words", "addresses"]
)
def test_the_same_run_again(whom: dict[str, object], db: Database, memory: Memory) -> None:
    """Retry of a finished run, and what begins a crashed one again: nobody gets a third message; it says what it came to, and completes."""
    draft(db, "samme", 3)
    send_mailing("samme")
    run = asked_for("samme", **whom)
    first = carried_out(run)
    once = addresses(memory)
    assert first.queued == len(once) - 3 > 1
    for states in ([AwaitingRetry()], [Crashed(), AwaitingRetry()]):
        again = carried_out(run, *states)
        assert (again.status, again.queued, again.sentence) == (MailingStatus.SENT, first.queued, first.sentence)
        assert addresses(memory) == once


def test_killed_when_queued(db: Database, memory: Memory) -> None:
    """A run that died between queueing and sending is begun again, even after another run sent them: each has one message more."""
    draft(db, "drept", 3)
    send_mailing("drept")
    run = asked_for("drept", latest=["unopened"])
    for number in (1, 2):
        with db.writing() as session:
            found = mailing_named(session, "drept", locked=True)
            assert resend_once(session, found, str(run.id), reload=False, only="unopened").queued == 3
        if number == 2:
            send_mailing("drept")
        assert carried_out(run, Crashed(), AwaitingRetry()).sentence == "drept: 3 to be sent, 3 once more. drept is sent."
        assert len(addresses(memory)) == 6


def test_nobody_is_meant(db: Database, memory: Memory) -> None:
    """A resend of nothing says so and starts no sending."""
    draft(db, "ingen", 2)
    send_mailing("ingen")
    outcome = resend_mailing("ingen", Whom(latest=["failed"]))
    assert (outcome.status, outcome.queued) == (MailingStatus.SENT, 0)
    assert outcome.sentence == "ingen: nobody is to be sent to again."


def test_a_run_that_is_ending_is_waited_for(db: Database, memory: Memory) -> None:
    """A run that conducts the mailing but has looked at the queue for the last time takes nobody along: this one does, after its end."""
    mailing_id = draft(db, "slutt", 2)
    send_mailing("slutt")
    with db.writing() as session:
        lease = leases.take(session, session.get_one(Mailing, mailing_id), LeaseRole.CONDUCTOR).id

    def end() -> None:
        with db.writing() as session:
            leases.end(session, lease)

    ending = threading.Timer(1.0, end)
    ending.start()
    assert resend_mailing("slutt", Whom(addresses=["ase1@fjord.test"])).sentence.endswith("slutt is sent.")
    ending.join()
    assert addresses(memory)[2:] == ["ase1"]


def test_a_run_at_work_takes_them_along(db: Database, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another run goes on conducting the mailing, nothing is begun beside it."""
    monkeypatch.setattr(resending, "ENDING", 0.1)
    mailing_id = draft(db, "med", 2)
    assert not resending.is_conducted.fn("med")
    with db.writing() as session:
        leases.take(session, session.get_one(Mailing, mailing_id), LeaseRole.CONDUCTOR)
    assert resending.is_conducted.fn("med")


def test_killed_in_between(db: Database, memory: Memory) -> None:
    """Queued and then killed: the sending flow goes on with them, nobody twice."""
    mailing_id = draft(db, "avbrutt", 3)
    send_mailing("avbrutt")
    resending.queue_again.fn("avbrutt", Whom(addresses=["ase1@fjord.test", "ase3@fjord.test"]))
    assert world.status(db, mailing_id) is MailingStatus.SENDING
    assert send_mailing("avbrutt").status is MailingStatus.SENT
    assert sorted(addresses(memory)[3:]) == ["ase1", "ase3"]


def test_what_cannot_be(db: Database, memory: Memory) -> None:
    """An address that is not on the mailing fails the run with its name, and nobody is queued."""
    mailing_id = draft(db, "ukjent", 1)
    send_mailing("ukjent")
    with pytest.raises(NotFound, match=r"borte@fjord\.test is not on ukjent"):
        resend_mailing("ukjent", Whom(latest=["failed"], addresses=["borte@fjord.test"]))
    assert world.statuses(db, mailing_id) == {"sent": 1}


@pytest.mark.parametrize(
    ("whom", "error", "sentence"),
    [
        (Whom(), NotAllowed, "Choose whom to send to again"),
        (Whom(reload=True, latest=["failed"]), NotAllowed, "one of them"),
        (Whom(addresses=["Désirée van der IJssel"]), BadAddress, "'Désirée van der IJssel' is no e-mail address"),
        (Whom(addresses=["failed"]), BadAddress, "'failed' is no e-mail address"),
    ],
    ids=["nothing", "both", "a name", "a word"],
)
def test_what_the_form_cannot_catch(whom: Whom, error: type[Exception], sentence: str, db: Database, memory: Memory) -> None:
    """A form that says nothing, everything, or an address that is none, is refused in one sentence, and nobody is queued."""
    mailing_id = draft(db, "skjema", 1)
    send_mailing("skjema")
    with pytest.raises(error, match=sentence):
        resend_mailing("skjema", whom)
    assert world.statuses(db, mailing_id) == {"sent": 1}
