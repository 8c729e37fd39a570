"""Asked to slow down: 421 and 429 halve a limit, once for many; what is accepted raises it again; nobody is lost over it."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from sqlalchemy import select

from mailings.db import Database
from mailings.message import Outcome, Receipt
from mailings.model import Delivery, Recipient
from mailings.model.mail_domain import MailDomain
from mailings.sending.claims import Claimed
from mailings.sending.deliver import deliver_portion
from mailings.sending.limits import pacing
from mailings.sending.limits.lanes import Lanes
from mailings.sending.limits.slowing import Slowing
from mailings.sending.receipts import Answered
from mailings.transports.memory import Memory
from tests.sending import world
from tests.sending.delivering import portions, running
from tests.sending.domains import limit, limits, sending_to

TOO_MANY = {"code": "421 4.7.0", "reason": "Too many messages from you"}


def answered(db: Database, outcome: Outcome = Outcome.TRY_LATER, code: str | None = "421 4.7.0") -> list[Answered]:
    """One answer of a kind for every delivery there is."""
    with db.reading() as session:
        ids = session.scalars(select(Delivery.id).order_by(Delivery.id)).all()
    return [Answered(Receipt(one, outcome, code, "Too many messages from you"), Claimed(one, 1, 0)) for one in ids]


def test_a_limit_is_halved_and_said_so(any_db: Database, memory: Memory, caplog: pytest.LogCaptureFixture) -> None:
    """A domain that answers 421 gets half of its rate, from what a person set; one line tells of it, with the provider's words."""
    limit(any_db, "domain:treg.test", per_minute=6000.0)
    mailing_id = sending_to(any_db, "fjord.test", "treg.test", "fjord.test", "treg.test")
    for n in (1, 3):
        memory.stall(f"désirée-{n}@treg.test", **TOO_MANY)
    with caplog.at_level(logging.INFO, "mailings.sending.limits.slowing"):
        portions(any_db, run_patience=timedelta(0))
    assert limits(any_db) == {"domain:treg.test": (6000.0, 3000.0, 6000.0)}
    assert [record.getMessage() for record in caplog.records if record.name == "mailings.sending.limits.slowing"] == [
        "domain:treg.test slowed to 3000 a minute: 421 4.7.0 Too many messages from you"
    ]
    assert world.statuses(any_db, mailing_id) == {"sent": 2, "queued": 2}


def test_a_domain_without_a_limit_gets_one(any_db: Database, memory: Memory) -> None:
    """Where nobody set a limit one is made, of half of what the run sent there; what is left for that domain goes into its lane."""
    mailing_id = sending_to(any_db, *["fjord.test", "treg.test"] * 6)
    memory.stall("désirée-1@treg.test", **TOO_MANY)
    with running(any_db, run_patience=timedelta(0)) as run:
        a_minute, paces = run.slowing.pace.a_minute, list[float]()

        def noted() -> float:
            """The run's pace whenever it is asked for: it falls while nothing is sent."""
            paces.append(a_minute())
            return paces[-1]

        run.slowing.pace.a_minute = noted  # type: ignore[method-assign]
        deliver_portion(any_db, run, 1000)
    ((per_minute, rate, before),) = (held for name, held in limits(any_db).items() if name == "domain:treg.test")
    assert per_minute is None
    assert rate is not None
    assert before is not None
    assert pacing.SLOWEST <= rate <= max(pacing.SLOWEST, *paces)
    assert before >= rate
    with any_db.reading() as session:
        laned = session.scalars(select(Recipient.address).join(Delivery).where(Delivery.lane != 0)).all()
    assert laned
    assert {address.partition("@")[2] for address in laned} == {"treg.test"}
    assert world.statuses(any_db, mailing_id)["sent"] >= 7  # all the others at the least


def test_an_api_speaks_for_the_whole_account(any_db: Database) -> None:
    """429 slows the transport, however few domains were in the request and however many were accepted beside it; no domain gets a limit."""
    sending_to(any_db, *["fjord.test"] * 6, *["treg.test"] * 2)
    slowing, accepted = Slowing(), answered(any_db, Outcome.ACCEPTED)
    slowing.note(any_db, Lanes(), "sendgrid", accepted * 100)
    slowing.note(any_db, Lanes(), "sendgrid", accepted[:6] + answered(any_db, code="429")[6:])
    assert list(limits(any_db)) == ["transport:sendgrid"]


def test_half_of_its_share(any_db: Database) -> None:
    """A limit that is made starts from half of the domain's share of the run's own pace."""
    sending_to(any_db, *["fjord.test"] * 6, *["treg.test"] * 2)
    slowing, answers = Slowing(), answered(any_db, Outcome.ACCEPTED)
    slowing.note(any_db, Lanes(), "memory", answers * 100)
    pace = slowing.pace.a_minute()
    slowing.note(any_db, Lanes(), "memory", answers[:6] + answered(any_db)[6:7])
    rate = limits(any_db)["domain:treg.test"][1]
    assert rate is not None
    # the pace falls while nothing is sent: what it was in between lies between these
    assert slowing.pace.a_minute() / 7 / 2 <= rate <= pace * 1.01 / 7 / 2


def test_accepted_messages_raise_it(any_db: Database, memory: Memory, caplog: pytest.LogCaptureFixture) -> None:
    """A run that gets through to a slowed domain raises its limit when ten seconds have passed, to the old rate and no limit at all."""
    long_ago = world.START - timedelta(days=400)
    limit(any_db, "domain:treg.test", None, rate=6000.0, rate_before=60_000.0, slowed_at=long_ago)
    limit(any_db, "domain:fjord.test", None, rate=59_000.0, rate_before=60_000.0, slowed_at=long_ago)
    limit(any_db, "domain:annen.test", None, rate=59_000.0, rate_before=60_000.0, slowed_at=long_ago)
    mailing_id = sending_to(any_db, *["fjord.test", "treg.test"] * 6)
    with caplog.at_level(logging.INFO, "mailings.sending.limits.slowing"):
        portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 12}
    assert limits(any_db) == {"domain:treg.test": (None, 12_000.0, 60_000.0), "domain:annen.test": (None, 59_000.0, 60_000.0)}
    assert sorted(record.getMessage() for record in caplog.records if record.name == "mailings.sending.limits.slowing") == [
        "domain:fjord.test is slowed no more",
        "domain:treg.test raised to 12000 a minute",
    ]


def test_all_of_them_at_once_mean_the_transport(any_db: Database) -> None:
    """When four domains or more ask in one batch, and most of it does, the transport is slowed and none of the domains."""
    sending_to(any_db, "a.test", "b.test", "c.test", "d.test", "fjord.test", "fjord.test")
    slowing, told, taken = Slowing(), answered(any_db), answered(any_db, Outcome.ACCEPTED, None)
    slowing.note(any_db, Lanes(), "memory", told[:4] + taken[4:])
    assert list(limits(any_db)) == ["transport:memory"]


def test_a_few_of_many_mean_their_domains(any_db: Database) -> None:
    """Three domains that ask are slowed each; so are four among many that are accepted."""
    sending_to(any_db, "a.test", "b.test", "c.test", "d.test", *["fjord.test"] * 6)
    told, taken = answered(any_db), answered(any_db, Outcome.ACCEPTED, None)
    Slowing().note(any_db, Lanes(), "memory", told[:3])
    assert sorted(limits(any_db)) == ["domain:a.test", "domain:b.test", "domain:c.test"]
    Slowing().note(any_db, Lanes(), "memory", told[:4] + taken[4:])
    assert sorted(limits(any_db)) == ["domain:a.test", "domain:b.test", "domain:c.test", "domain:d.test"]


def test_the_provider_is_slowed(any_db: Database) -> None:
    """Where the domain's provider is known its limit is slowed; a limit of the domain's own goes before."""
    limit(any_db, "domain:egen.test", per_minute=600.0)
    with any_db.writing() as session:
        for name in ("firma.test", "egen.test"):
            session.add(MailDomain(name=name, provider="google.com", looked_up_at=world.START))
    sending_to(any_db, "firma.test", "egen.test")
    Slowing().note(any_db, Lanes(), "memory", answered(any_db))
    assert sorted(limits(any_db)) == ["domain:egen.test", "domain:google.com"]
    assert limits(any_db)["domain:egen.test"] == (600.0, 300.0, 600.0)


@pytest.mark.parametrize(
    ("outcome", "code"), [("try_later", "451 4.7.1"), ("try_later", None), ("refused", "421 4.7.0"), ("unknown", "429")]
)
def test_other_trouble_is_not_asking(any_db: Database, outcome: str, code: str | None) -> None:
    """Greylisting, a full disk or a refusal says nothing of how fast we are."""
    sending_to(any_db, "treg.test")
    Slowing().note(any_db, Lanes(), "memory", answered(any_db, Outcome(outcome), code))
    assert limits(any_db) == {}
