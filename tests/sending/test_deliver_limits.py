"""Delivering under limits: no more in hand than may leave, waits that end when they should, and tokens that nobody needs go back."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from mailings.clock import milliseconds
from mailings.db import Database
from mailings.message import Outcome
from mailings.model import Mailing
from mailings.model.bucket import Bucket
from mailings.sending import lifecycle
from mailings.sending.deliver import deliver_portion
from mailings.transports.memory import Memory
from tests.sending import world
from tests.sending.delivering import portions, running


def limit(db: Database, name: str = "installation", **facts: object) -> None:
    """A limit by that name."""
    with db.writing() as session:
        session.add(Bucket(name=name, **facts))


def quiet_now() -> dict[str, str]:
    """Quiet hours from an hour ago until in two hours, in UTC."""
    now = datetime.now(UTC)
    return {"quiet_from": f"{now - timedelta(hours=1):%H:%M}", "quiet_until": f"{now + timedelta(hours=2):%H:%M}", "zone": "UTC"}


def test_no_more_in_hand_than_may_leave(any_db: Database, memory: Memory) -> None:
    """At one message a minute one delivery is claimed, not a batch; the run ends, and says when the next may leave."""
    mailing_id, begun = world.sending(any_db, recipients=12, rate=1.0), milliseconds()
    with running(any_db, run_patience=timedelta(seconds=5)) as run:
        compose, claimed = run.content().offer, []

        def watching(row: object) -> object:
            """What is claimed while the message is made."""
            claimed.append(world.statuses(any_db, mailing_id)["sending"])
            return compose(row)

        run.content().offer = watching  # type: ignore[method-assign]
        portion = deliver_portion(any_db, run, 1000)
    assert claimed == [1]
    assert not portion.more
    assert portion.next_due is not None
    # a minute after the first, which left meanwhile; PostgreSQL's clock rounds where ours cuts off
    assert begun - 10 <= portion.next_due.timestamp() * 1000 - 60_000 <= milliseconds() + 10
    assert world.statuses(any_db, mailing_id) == {"sent": 1, "queued": 11}


def test_quiet_hours_end_a_run(any_db: Database, memory: Memory) -> None:
    """In quiet hours that are longer than the run's patience nothing is claimed, and the run ends saying when they do."""
    limit(any_db, "transport:memory", **quiet_now())
    mailing_id = world.sending(any_db, recipients=3)
    (portion,) = portions(any_db)
    assert (portion.more, portion.counts) == (False, {})
    assert portion.next_due is not None
    assert 3600 < portion.next_due.timestamp() - milliseconds() / 1000 < 3 * 3600
    assert world.statuses(any_db, mailing_id) == {"queued": 3}


def test_a_limit_taken_away_ends_the_wait(any_db: Database, memory: Memory) -> None:
    """A run that waits for a limit goes on within seconds of its being removed."""
    limit(any_db, "transport:memory", per_minute=1.0)
    mailing_id = world.sending(any_db, recipients=3)

    def remove() -> None:
        """A person removes the limit while the run waits."""
        time.sleep(1.0)
        with any_db.writing() as session:
            session.execute(update(Bucket).values(per_minute=None))

    begun = time.monotonic()
    person = threading.Thread(target=remove)
    person.start()
    portions(any_db)
    person.join()
    assert world.statuses(any_db, mailing_id) == {"sent": 3}
    assert time.monotonic() - begun < 60  # the third would be two minutes away


def test_a_limit_set_while_sending(any_db: Database, memory: Memory) -> None:
    """A limit that a person sets while a mailing is being sent holds within two seconds, though there was none before."""
    mailing_id = world.sending(any_db, recipients=400)
    with running(any_db, run_patience=timedelta(seconds=2)) as run:
        compose, at = run.content().offer, list[float]()

        def slowly(row: object) -> object:
            """A message every 20 ms; the limit comes with the fifth."""
            if len(at) == 5:
                limit(any_db, "sender:firma.test", per_minute=1.0)
                limit(any_db, "installation", per_minute=1.0)
            at.append(time.monotonic())
            time.sleep(0.02)
            return compose(row)

        run.content().offer = slowly  # type: ignore[method-assign]
        assert not deliver_portion(any_db, run, 1000).more
    assert len(memory.kept) < 300
    assert world.statuses(any_db, mailing_id)["queued"] > 100


@pytest.mark.parametrize("verb", ["pause", "stop"])
def test_a_wait_for_tokens_ends_when_stopped(any_db: Database, memory: Memory, verb: str) -> None:
    """A pause from elsewhere, or Ctrl-C, ends a wait for a common limit within about a second."""
    mailing_id = world.sending(any_db, recipients=5, rate=0.5)
    with running(any_db, run_patience=timedelta(seconds=300)) as run:

        def end() -> None:
            """Somebody stops it while it waits for the second message's token."""
            while len(memory.kept) < 1:
                time.sleep(0.05)
            if verb == "stop":
                run.stop.set()
            else:
                with any_db.writing() as session:
                    lifecycle.pause(session.get_one(Mailing, mailing_id))

        somebody = threading.Thread(target=end)
        somebody.start()
        begun = time.monotonic()
        assert not deliver_portion(any_db, run, 1000).more
        somebody.join()
        assert time.monotonic() - begun < 60  # the second token is two minutes away
    assert world.statuses(any_db, mailing_id) == {"sent": 1, "queued": 4}


def test_what_is_not_used_goes_back(any_db: Database, memory: Memory) -> None:
    """Three messages take three tokens of a fast limit, whatever was reserved for them at first."""
    limit(any_db, "installation", per_minute=6000.0)
    world.sending(any_db, recipients=3)
    begun = milliseconds()
    portions(any_db)
    with any_db.reading() as session:
        free = session.scalars(select(Bucket.next_free)).one()
    assert begun < free <= milliseconds() + 30  # three of 10 ms, not the fifty that half a second is worth


def test_slow_messages_under_a_limit(any_db: Database, memory: Memory) -> None:
    """Messages that take longer than a reservation holds are all sent, each with a token of its own, nobody twice."""
    mailing_id = world.sending(any_db, recipients=4, rate=600.0)
    with running(any_db) as run:
        compose, counts, more = run.content().offer, Counter[Outcome](), True

        def slowly(row: object) -> object:
            """A message that takes longer to make than tokens hold."""
            time.sleep(0.6)
            return compose(row)

        run.content().offer = slowly  # type: ignore[method-assign]
        while more:
            portion = deliver_portion(any_db, run, 1000)
            counts, more = counts + Counter(portion.counts), portion.more
    assert world.statuses(any_db, mailing_id) == {"sent": 4}
    assert len(memory.kept) == 4
    assert counts == {Outcome.ACCEPTED: 4}


def test_a_sender_taken_for_dead_ends(any_db: Database, memory: Memory) -> None:
    """A run whose lease was taken over claims nothing and ends, though deliveries are queued."""
    mailing_id = world.sending(any_db, recipients=3)
    with running(any_db) as run:
        with any_db.connection() as connection:
            connection.exec_driver_sql(f"UPDATE lease SET ended_at = 1 WHERE id = {run.by.lease_id}")
        portion, count = deliver_portion(any_db, run, 1000), 1
        while portion.more and count < 20:
            portion, count = deliver_portion(any_db, run, 1000), count + 1
    assert not portion.more
    assert world.statuses(any_db, mailing_id) == {"queued": 3}
