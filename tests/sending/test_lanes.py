"""Lanes: a domain with a limit leaves at its own pace, holds nobody up, and nobody in it is forgotten."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, insert, select, text, update

from mailings.clock import milliseconds
from mailings.db import Database
from mailings.message import Outcome
from mailings.model import Delivery, Mailing, MailingStatus, Recipient
from mailings.model.bucket import Bucket
from mailings.model.mail_domain import MailDomain
from mailings.sending import lifecycle
from mailings.sending.deliver import deliver_portion
from mailings.sending.domains import lane_of
from mailings.transports.memory import Memory
from tests.sending import world
from tests.sending.delivering import portions, running


def limit(db: Database, name: str, per_minute: float | None = 600.0, **facts: object) -> int:
    """A limit for a recipient domain; its lane."""
    with db.writing() as session:
        made = Bucket(name=f"domain:{name}", per_minute=per_minute, **facts)
        session.add(made)
        session.flush()
        return made.id


def sending_to(db: Database, **facts: object) -> int:
    """A mailing that is sent to eight at fjord.test and, between them, four at treg.test; its id."""
    mailing_id = world.mailing(db, status=MailingStatus.POPULATING, **facts)
    names = ["fjord.test", "treg.test", "fjord.test"] * 4
    rows = [{"mailing_id": mailing_id, "address": f"désirée-{n}@{name}", "verdict": "eligible"} for n, name in enumerate(names)]
    with db.writing() as session:
        session.execute(insert(Recipient), rows)
        lifecycle.begin_sending(session, session.get_one(Mailing, mailing_id))
    return mailing_id


def lanes(db: Database) -> dict[int, int]:
    """Deliveries by lane."""
    with db.reading() as session:
        return dict(session.execute(select(Delivery.lane, func.count()).group_by(Delivery.lane)).all())


def served(memory: Memory) -> Counter[str]:
    """How many were handed over to each domain."""
    return Counter(kept.address.partition("@")[2] for kept in memory.kept)


def test_queued_into_the_lane_of_its_domain(any_db: Database) -> None:
    """A delivery is queued into the lane of its own domain's limit, else of its provider's, else into the main lane."""
    own, theirs = limit(any_db, "treg.test"), limit(any_db, "google.com")
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
    sending_to(any_db)
    assert lanes(any_db) == {0: 12}


def test_a_slow_domain_holds_nobody_up(any_db: Database, memory: Memory) -> None:
    """One message a minute to one domain: the others are all served, one of the slow ones too, and the rest waits for its time."""
    limit(any_db, "treg.test", 1.0)
    mailing_id = sending_to(any_db)
    begun = time.monotonic()
    last = portions(any_db, run_patience=timedelta(seconds=1))[-1]
    assert time.monotonic() - begun < 30
    assert served(memory) == {"fjord.test": 8, "treg.test": 1}
    assert world.statuses(any_db, mailing_id) == {"sent": 9, "queued": 3}
    assert not last.more
    assert last.next_due is not None
    assert 50 < last.next_due.timestamp() - milliseconds() / 1000 <= 60


def test_a_lane_is_waited_for_within_patience(any_db: Database, memory: Memory) -> None:
    """A run waits while a lane opens again and again, and serves everybody, at that lane's rate and no faster."""
    limit(any_db, "treg.test", 300.0)
    mailing_id = sending_to(any_db)
    begun = time.monotonic()
    portions(any_db)
    assert time.monotonic() - begun >= 0.6  # four at 200 ms apart
    assert world.statuses(any_db, mailing_id) == {"sent": 12}
    assert served(memory) == {"fjord.test": 8, "treg.test": 4}


def test_a_limit_that_comes_while_sending(any_db: Database, memory: Memory) -> None:
    """What stands in the main lane when its domain gets a limit is put into its lane when met, as if it had never been claimed."""
    mailing_id = sending_to(any_db)
    with running(any_db) as run:
        deliver_portion(any_db, run, 2)
        number = limit(any_db, "treg.test", 1.0)
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
    sending_to(any_db)
    memory.stall("désirée-1@treg.test")
    with running(any_db, retry_first_wait=timedelta(seconds=0.2), run_patience=timedelta(seconds=0)) as run:
        deliver_portion(any_db, run, 1000)
        limit(any_db, "treg.test", 60.0, next_free=milliseconds() + 3_600_000)
        run.lanes.forget()
        time.sleep(0.3)
        deliver_portion(any_db, run, 1000)
    with any_db.reading() as session:
        (one,) = session.scalars(select(Delivery).where(Delivery.status == "queued")).all()
        assert one.lane > 0
        assert one.attempts == 1
        assert one.claimed_at is not None
        assert one.next_attempt_at == one.claimed_at


def test_a_limit_that_is_taken_away(any_db: Database, memory: Memory) -> None:
    """Deliveries in the lane of a limit that was removed go on like those of the main lane."""
    limit(any_db, "treg.test", 1.0)
    mailing_id = sending_to(any_db)
    with any_db.writing() as session:
        session.execute(delete(Bucket))
    portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 12}


def test_a_number_used_again_for_another_limit(any_db: Database, memory: Memory) -> None:
    """A lane whose number belongs to a limit that is no recipient domain's is like one whose limit was removed."""
    number = limit(any_db, "treg.test", 1.0)
    mailing_id = sending_to(any_db)
    with any_db.writing() as session:
        session.execute(delete(Bucket))
        session.flush()
        session.add(Bucket(id=number, name="mailing:en-annen", per_minute=1.0))
    portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 12}


def test_a_raised_limit_holds_soon(any_db: Database, memory: Memory) -> None:
    """A person who raises a limit while a run waits for it is obeyed within seconds, not when the old wait is over."""
    limit(any_db, "treg.test", 1.0)
    mailing_id = sending_to(any_db)
    with running(any_db, run_patience=timedelta(seconds=300)) as run:
        assert deliver_portion(any_db, run, 1000).more
        with any_db.writing() as session:
            session.execute(update(Bucket).values(per_minute=6000.0, next_free=0))
        while deliver_portion(any_db, run, 1000).more:
            pass
    assert world.statuses(any_db, mailing_id) == {"sent": 12}


@pytest.mark.parametrize("verb", ["pause", "stop"])
def test_a_wait_for_a_lane_ends_when_stopped(any_db: Database, memory: Memory, verb: str) -> None:
    """A pause, or Ctrl-C, ends the wait for a lane within about a second."""
    limit(any_db, "treg.test", 1.0)
    mailing_id = sending_to(any_db)
    with running(any_db, run_patience=timedelta(seconds=300)) as run:
        assert deliver_portion(any_db, run, 1000).more
        if verb == "stop":
            run.stop.set()
        else:
            with any_db.writing() as session:
                lifecycle.pause(session.get_one(Mailing, mailing_id))
        begun = time.monotonic()
        assert not deliver_portion(any_db, run, 1000).more
        assert time.monotonic() - begun < 10
    assert world.statuses(any_db, mailing_id) == {"sent": 9, "queued": 3}


def test_many_lanes_in_turn(any_db: Database, memory: Memory) -> None:
    """More lanes than one claim looks at: every one of them gets its turn."""
    for n in range(20):
        limit(any_db, f"domene{n}.test", 60_000.0)
    mailing_id = world.mailing(any_db, recipients=5, status=MailingStatus.POPULATING)
    rows = [{"mailing_id": mailing_id, "address": f"ij{n}@domene{n % 20}.test", "verdict": "eligible"} for n in range(60)]
    with any_db.writing() as session:
        session.execute(insert(Recipient), rows)
        lifecycle.begin_sending(session, session.get_one(Mailing, mailing_id))
    portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 65}
    assert len({kept.delivery for kept in memory.kept}) == 65


def test_late_for_its_slot(any_db: Database, memory: Memory) -> None:
    """A delivery whose turn comes after its lane's tokens are void is given back untouched, and sent with new ones."""
    limit(any_db, "treg.test", 600.0)
    mailing_id = sending_to(any_db)
    with running(any_db) as run:
        compose, late = run.content().offer, []

        def slowly(row: object) -> object:
            """The first offer takes longer than any slot."""
            if not late:
                late.append(row)
                time.sleep(0.7)
            return compose(row)

        run.content().offer = slowly  # type: ignore[method-assign]
        counts = Counter[Outcome]()
        more = True
        while more:
            portion = deliver_portion(any_db, run, 1000)
            counts += Counter(portion.counts)
            more = portion.more
    assert world.statuses(any_db, mailing_id) == {"sent": 12}
    assert len({kept.delivery for kept in memory.kept}) == len(memory.kept) == 12
    assert counts[Outcome.ACCEPTED] == 12
    assert counts[Outcome.UNTOUCHED] >= 1


def test_a_crash_leaves_the_lane_as_it_was(any_db: Database, memory: Memory) -> None:
    """What a lane's run did not get to hand over is queued in the same lane afterwards."""
    number = limit(any_db, "treg.test", 60_000.0)
    mailing_id = sending_to(any_db)
    memory.break_after(2)
    with running(any_db) as run:
        deliver_portion(any_db, run, 1000)
    assert lanes(any_db) == {0: 8, number: 4}
    memory.break_after(None)
    portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 12}


def test_sql_of_a_lane_is_an_index_lookup(any_db: Database) -> None:
    """The lane of an address is found by the unique names of limits and domains, and None has the main lane."""
    number = limit(any_db, "treg.test")
    with any_db.reading() as session:
        for address, lane in (("'åse@treg.test'", number), ("'åse@annen.test'", 0), ("NULL", 0)):
            assert session.scalar(text(f"SELECT {lane_of(address, session.get_bind().dialect.name)}")) == lane
