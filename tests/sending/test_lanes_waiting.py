"""Sending from lanes: a domain with a limit leaves at its own pace, holds nobody up, and nobody in it is forgotten."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from mailings.clock import milliseconds
from mailings.db import Database
from mailings.message import Outcome
from mailings.model import Mailing, MailingStatus, Recipient
from mailings.model.bucket import Bucket
from mailings.sending import lifecycle
from mailings.sending.claims import Claimer
from mailings.sending.deliver import deliver_portion
from mailings.sending.limits.lanes import Lanes
from mailings.transports.memory import Memory
from tests.sending import world
from tests.sending.delivering import portions, running
from tests.sending.domains import lanes, limit, mixed, sending_to, served
from tests.sending.test_claims import sender


def test_a_slow_domain_holds_nobody_up(any_db: Database, memory: Memory) -> None:
    """One message a minute to one domain: the others are all served, one of the slow ones too, and the rest waits for its time."""
    limit(any_db, "domain:treg.test", 1.0)
    mailing_id = mixed(any_db)
    begun = milliseconds()
    last = portions(any_db, run_patience=timedelta(seconds=1))[-1]
    assert milliseconds() - begun < 60_000  # before the second slow one could leave
    assert served(memory) == {"fjord.test": 8, "treg.test": 1}
    assert world.statuses(any_db, mailing_id) == {"sent": 9, "queued": 3}
    assert not last.more
    assert last.next_due is not None
    # a minute after the first, which left meanwhile; PostgreSQL's clock rounds where ours cuts off
    assert begun - 10 <= last.next_due.timestamp() * 1000 - 60_000 <= milliseconds() + 10


def test_a_lane_is_waited_for_within_patience(any_db: Database, memory: Memory) -> None:
    """A run waits while a lane opens again and again, and serves everybody, at that lane's rate and no faster."""
    limit(any_db, "domain:treg.test", 300.0)
    mailing_id = mixed(any_db)
    begun = time.monotonic()
    portions(any_db)
    assert time.monotonic() - begun >= 0.6  # four at 200 ms apart
    assert world.statuses(any_db, mailing_id) == {"sent": 12}
    assert served(memory) == {"fjord.test": 8, "treg.test": 4}


def test_a_raised_limit_holds_soon(any_db: Database, memory: Memory) -> None:
    """A person who raises a limit while a run waits for it is obeyed within seconds, not when the old wait is over."""
    limit(any_db, "domain:treg.test", 1.0)
    mailing_id = mixed(any_db)
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
    limit(any_db, "domain:treg.test", 0.5)
    mailing_id = mixed(any_db)
    with running(any_db, run_patience=timedelta(seconds=300)) as run:
        assert deliver_portion(any_db, run, 1000).more
        if verb == "stop":
            run.stop.set()
        else:
            with any_db.writing() as session:
                lifecycle.pause(session.get_one(Mailing, mailing_id))
        begun = time.monotonic()
        assert not deliver_portion(any_db, run, 1000).more
        assert time.monotonic() - begun < 60  # the lane opens after two minutes
    assert world.statuses(any_db, mailing_id) == {"sent": 9, "queued": 3}


def test_many_lanes_in_turn(any_db: Database, memory: Memory) -> None:
    """More lanes than one claim looks at: every one of them gets its turn."""
    for n in range(20):
        limit(any_db, f"domain:domene{n}.test", 60_000.0)
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
    limit(any_db, "domain:treg.test", 600.0)
    mailing_id = mixed(any_db)
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
    number = limit(any_db, "domain:treg.test", 60_000.0)
    mailing_id = mixed(any_db)
    memory.break_after(2)
    with running(any_db) as run:
        deliver_portion(any_db, run, 1000)
    assert lanes(any_db) == {0: 8, number: 4}
    memory.break_after(None)
    portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 12}


def test_senders_share_a_lane(any_db: Database) -> None:
    """Three senders that claim from one lane as fast as they can get no more between them than its limit lets leave."""
    number, names = limit(any_db, "domain:treg.test", 1200.0), ["treg.test"] * 200
    mailing_id = sending_to(any_db, *names)
    taken: list[int] = []

    def claim(by: Claimer, until: float) -> None:
        """One sender, until that moment; for longer where the machine stood still and they have hardly claimed anything."""
        mine = Lanes()
        while (at := time.monotonic()) < until or (len(taken) < 20 and at < until + 60):
            with any_db.connection() as connection:
                mine.look(connection, mailing_id)
                taken.extend(one.id for one in mine.claim(connection, by, 200, milliseconds()))

    begun = time.monotonic()
    senders = [threading.Thread(target=claim, args=(sender(any_db, mailing_id), begun + 2.0)) for _ in range(3)]
    for thread in senders:
        thread.start()
    for thread in senders:
        thread.join()
    assert len(set(taken)) == len(taken)
    # 20 a second; burst 1, and a reservation of half a second; a claim that began before the end may end after it
    assert 20 <= len(taken) <= 20 * (time.monotonic() - begun) + 1 + 10
    assert lanes(any_db) == {number: 200}
