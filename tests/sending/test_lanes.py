"""Lanes: a domain with a limit leaves at its own pace, holds nobody up, and nobody in it is forgotten."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, insert, select, text

from mailings.clock import milliseconds, now, standing_at
from mailings.db import Database
from mailings.message import Outcome
from mailings.model import Delivery, Mailing, MailingStatus, Recipient
from mailings.model.bucket import Bucket
from mailings.model.mail_domain import MailDomain
from mailings.sending import lifecycle
from mailings.sending.deliver import deliver_portion
from mailings.sending.limits.domains import lane_of
from mailings.transports.memory import Memory
from tests.sending import world
from tests.sending.delivering import portions, running
from tests.sending.domains import lanes, limit, mixed


def test_queued_into_the_lane_of_its_domain(any_db: Database) -> None:
    """A delivery is queued into the lane of its own domain's limit, else of its provider's, else into the main lane."""
    own, theirs = limit(any_db, "domain:treg.test"), limit(any_db, "domain:google.com")
    with any_db.writing() as session:
        session.add(MailDomain(name="firma.test", provider="google.com", looked_up_at=world.START))
        session.add(MailDomain(name="treg.test", provider="google.com", looked_up_at=world.START))
    mailing_id = world.mailing(any_db, recipients=3, status=MailingStatus.POPULATING)
    with any_db.writing() as session:
        names = ["treg.test", "firma.test", "firma.test", "gmail.com"]
        rows = [{"mailing_id": mailing_id, "address": f"bjørg{n}@{name}", "verdict": "eligible"} for n, name in enumerate(names)]
        session.execute(insert(Recipient), rows)
        lifecycle.begin_sending(session, session.get_one(Mailing, mailing_id))
    assert lanes(any_db) == {0: 3, own: 1, theirs: 3}


def test_without_limits_nothing_has_a_lane(any_db: Database) -> None:
    """Where no domain has a limit every delivery is of the main lane, and the statement asks nothing of domains."""
    with any_db.writing() as session:
        assert lifecycle.lane(session) == "0"
    mixed(any_db)
    assert lanes(any_db) == {0: 12}


def test_a_limit_that_comes_while_sending(any_db: Database, memory: Memory) -> None:
    """What stands in the main lane when its domain gets a limit is put into its lane when met, as if it had never been claimed."""
    mailing_id = mixed(any_db)
    with running(any_db) as run:
        deliver_portion(any_db, run, 2)
        number = limit(any_db, "domain:treg.test", 1.0)
        run.lanes.forget()
        portion = deliver_portion(any_db, run, 1000)
    assert portion.counts[Outcome.ACCEPTED] == 8  # 7 of the others, 1 of the lane; one of that domain had left before
    assert lanes(any_db) == {0: 9, number: 3}
    with any_db.reading() as session:
        waiting = session.scalars(select(Delivery).where(Delivery.status == "queued")).all()
        assert {(one.lane, one.attempts, one.claimed_at, one.next_attempt_at, one.lease_id) for one in waiting} == {
            (number, 0, None, None, None)
        }
    assert world.statuses(any_db, mailing_id) == {"sent": 10, "queued": 2}


def test_what_was_tried_before_keeps_its_history(any_db: Database, memory: Memory) -> None:
    """A delivery on its second attempt that is diverted stays one that was tried once, is due, and gives up when it would have."""
    mixed(any_db)
    memory.stall("désirée-1@treg.test")
    begun = now()
    with running(any_db, run_patience=timedelta(seconds=0)) as run:
        with standing_at(begun):
            deliver_portion(any_db, run, 1000)
        with standing_at(begun + timedelta(minutes=2)):
            limit(any_db, "domain:treg.test", 60.0, next_free=milliseconds() + 3_600_000)
            run.lanes.forget()
            deliver_portion(any_db, run, 1000)
    with any_db.reading() as session:
        (one,) = session.scalars(select(Delivery).where(Delivery.status == "queued")).all()
        assert one.lane > 0
        assert one.attempts == 1
        assert one.claimed_at is not None
        assert one.next_attempt_at == one.claimed_at


def test_a_limit_that_is_taken_away(any_db: Database, memory: Memory) -> None:
    """Deliveries in the lane of a limit that was removed go on like those of the main lane."""
    limit(any_db, "domain:treg.test", 1.0)
    mailing_id = mixed(any_db)
    with any_db.writing() as session:
        session.execute(delete(Bucket))
    portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 12}


def test_a_number_used_again_for_another_limit(any_db: Database, memory: Memory) -> None:
    """A lane whose number belongs to a limit that is no recipient domain's is like one whose limit was removed."""
    number = limit(any_db, "domain:treg.test", 1.0)
    mailing_id = mixed(any_db)
    with any_db.writing() as session:
        session.execute(delete(Bucket))
        session.flush()
        session.add(Bucket(id=number, name="mailing:en-annen", per_minute=1.0))
    portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 12}


def test_sql_of_a_lane_is_an_index_lookup(any_db: Database) -> None:
    """The lane of an address is found by the unique names of limits and domains, and None has the main lane."""
    number = limit(any_db, "domain:treg.test")
    with any_db.reading() as session:
        for address, lane in (("'åse@treg.test'", number), ("'åse@annen.test'", 0), ("NULL", 0)):
            assert session.scalar(text(f"SELECT {lane_of(address, session.get_bind().dialect.name)}")) == lane
