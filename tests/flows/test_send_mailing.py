"""The flow as Prefect runs it: the whole way from a draft to sent, its steps as tasks, its refusals as values."""

from __future__ import annotations

import time

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import TaskRun
from sqlalchemy import select

from flows.send_mailing import send_mailing
from mailings.audience.populate import populate
from mailings.db import Database
from mailings.errors import Misconfigured, NotAllowed, NotFound
from mailings.model import Basis, Delivery, ImportedRow, LeaseRole, Mailing, MailingStatus, Source, SourceKind
from mailings.sending import leases, lifecycle
from mailings.transports.memory import Memory
from tasks.parameters import HowToSend
from tests.sending import world

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

HTML = '<p>Kjære [[ customer.name ]], <a href="https://acme.test/høst">les mer</a> <a href="[[ link.unsubscribe ]]">av</a></p>'


def draft(db: Database, name: str, people: int, html: str = HTML, **facts: object) -> int:
    """A draft to an imported list whose owner declares consent."""
    told = {"sender": {"name": "Åse", "address": "news@acme.test", "use": "always"}, "reply_to": {"use": "from"}}
    mailing_id = world.mailing(db, name, html=html, subject="[[ customer.name ]]: høst", **(told | facts))
    with db.writing() as session:
        session.get_one(Mailing, mailing_id).populated_at = None
        source = Source(mailing_id=mailing_id, position=1, kind=SourceKind.IMPORT, label="folk.csv", keep_unknown=True)
        source.basis = Basis.CONSENT
        session.add(source)
        session.flush()
        rows = [ImportedRow(source_id=source.id, row=n, name=f"Åse {n}", normal=f"ase{n}@fjord.test") for n in range(1, people + 1)]
        session.add_all(rows)
    return mailing_id


def steps(name: str, many: int) -> list[TaskRun]:
    """The task runs of the flow run `send NAME`, in order. They are recorded after the run, in any order: `many` are waited for."""
    found: list[TaskRun] = []
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with get_client(sync_client=True) as client:
            runs = FlowRunFilter.model_validate({"name": {"any_": [f"send {name}"]}})
            found = client.read_task_runs(flow_run_filter=runs)
        if len(found) >= many and all(run.state and run.state.is_final() for run in found):
            break
        time.sleep(0.2)
    return sorted(found, key=lambda run: str(run.start_time))


def test_from_a_draft_to_sent(db: Database, memory: Memory) -> None:
    """A draft is resolved, checked, compiled, delivered and closed; everybody has one message; Prefect shows each step by name."""
    mailing_id = draft(db, "første-høst", 12)
    outcome = send_mailing("første-høst", HowToSend(batch_size=5))
    assert (outcome.status, outcome.sentence) == (MailingStatus.SENT, "første-høst is sent.")
    assert world.statuses(db, mailing_id) == {"sent": 12}
    assert sorted(kept.address for kept in memory.kept) == sorted(f"ase{n}@fjord.test" for n in range(1, 13))
    assert "Kj=C3=A6re" in memory.kept[0].content.decode()
    names = [run.name.replace("første-høst", "it") for run in steps("første-høst", 8)]
    before = "pick up it, make the list of it, check it, queue the messages of it, compile it"
    order = f"{before}, deliver up to 5,000 of it, close it, sum up it"
    assert ", ".join(names) == order


def test_safe_to_run_again(db: Database, memory: Memory) -> None:
    """A second run of a sent mailing says so and hands over nothing."""
    draft(db, "again", 3)
    send_mailing("again")
    assert send_mailing("again").status is MailingStatus.SENT
    assert len(memory.kept) == 3


def test_problems_refuse(db: Database, memory: Memory) -> None:
    """A mailing with problems goes back to draft and nobody gets anything; the outcome names each problem."""
    mailing_id = draft(db, "feil", 3, html="<p>[[ customer.fornavn ]]</p>")
    outcome = send_mailing("feil")
    assert outcome.status is world.status(db, mailing_id) is MailingStatus.DRAFT
    assert any("customer.fornavn" in problem for problem in outcome.problems)
    assert memory.kept == []
    assert world.statuses(db, mailing_id) == {}


def test_trouble_is_a_value(db: Database, memory: Memory) -> None:
    """An outage leaves the mailing paused with the reason, and the flow run itself does not fail."""
    mailing_id = draft(db, "nede", 3)
    memory.go_down(Misconfigured("The server refused the password of anna."))
    outcome = send_mailing("nede")
    assert (outcome.status, outcome.sentence) == (MailingStatus.PAUSED, "nede is paused: The server refused the password of anna.")
    assert world.statuses(db, mailing_id) == {"queued": 3}


def test_an_interrupted_run_goes_on(db: Database, memory: Memory) -> None:
    """A run that finds the mailing in the middle of sending serves the rest, and what a dead sender held stays in doubt."""
    mailing_id = draft(db, "midt", 6)
    with db.writing() as session:
        mailing = session.get_one(Mailing, mailing_id)
        lifecycle.pick_up(mailing)
        populate(session, mailing, launch=True)
        lifecycle.begin_sending(session, mailing)
        lease = leases.take(session, mailing, LeaseRole.SENDER)
        lease.process_started -= 1
        dead = lease.id
    with db.connection() as connection:
        first = "SELECT id FROM delivery ORDER BY id LIMIT 2"
        connection.exec_driver_sql(f"UPDATE delivery SET status = 'sending', lease_id = {dead} WHERE id IN ({first})")
    outcome = send_mailing("midt")
    assert outcome.sentence == "midt is finished with errors: 2 in doubt."
    assert world.statuses(db, mailing_id) == {"sent": 4, "in_doubt": 2}
    assert len(memory.kept) == 4


def test_one_run_at_a_time(db: Database, memory: Memory) -> None:
    """While another conductor is at work the flow fails with who and since when, and changes nothing."""
    mailing_id = draft(db, "opptatt", 2)
    with db.writing() as session:
        leases.take(session, session.get_one(Mailing, mailing_id), LeaseRole.CONDUCTOR)
    with pytest.raises(NotAllowed, match="opptatt is already being sent by process"):
        send_mailing("opptatt")
    assert world.status(db, mailing_id) is MailingStatus.DRAFT


def test_unknown_name(db: Database, memory: Memory) -> None:
    """A name nobody knows is answered with the nearest ones."""
    draft(db, "vinter-nytt", 1)
    with pytest.raises(NotFound, match="did you mean vinter-nytt"):
        send_mailing("vinter-nyt")


def test_a_retry_beyond_patience_leaves_it_sending(db: Database, memory: Memory) -> None:
    """A recipient who must wait longer than the run's patience keeps the mailing sending; the outcome says for whom and until when."""
    mailing_id = draft(db, "vent", 3)
    memory.stall("ase2@fjord.test", after=3600)
    outcome = send_mailing("vent", HowToSend(patience=1.0))
    assert outcome.status is world.status(db, mailing_id) is MailingStatus.SENDING
    with db.reading() as session:
        (due,) = session.scalars(select(Delivery.next_attempt_at).where(Delivery.next_attempt_at.is_not(None)))
    assert outcome.sentence == f"vent waits: 1 to be tried later, the next at {due.astimezone():%Y-%m-%d %H:%M:%S}."
