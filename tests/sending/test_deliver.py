"""Delivering a portion: everyone once, whatever the transport does, and books that balance afterwards."""

from __future__ import annotations

from datetime import timedelta

from mailings.clock import milliseconds, now, standing_at
from mailings.db import Database
from mailings.message import Outcome
from mailings.model import Mailing, MailingStatus
from mailings.sending import lifecycle
from mailings.sending.deliver import deliver_portion
from mailings.transports.memory import Memory
from tests.sending import world
from tests.sending.delivering import portions, running
from tests.sending.letters import Letters


def test_everyone_once(any_db: Database, memory: Memory) -> None:
    """Every queued delivery is handed over exactly once and recorded as sent, in batches smaller than the whole."""
    mailing_id = world.sending(any_db, recipients=23)
    done = portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 23}
    assert sorted(kept.address for kept in memory.kept) == [f"åse-{n:04}@fjord.test" for n in range(23)]
    assert sum(portion.counts.get(Outcome.ACCEPTED, 0) for portion in done) == 23
    assert world.notes(any_db) == []


def test_portions_end_at_their_limit(any_db: Database, memory: Memory) -> None:
    """A portion takes no more than its limit and says whether another should follow."""
    world.sending(any_db, recipients=10)
    with running(any_db) as run:
        first = deliver_portion(any_db, run, 6)
        assert (first.more, first.counts) == (True, {Outcome.ACCEPTED: 6})
        assert not deliver_portion(any_db, run, 6).more
    assert len(memory.kept) == 10


def test_each_recipient_gets_the_answer_it_got(any_db: Database, memory: Memory) -> None:
    """Refused, lost, unreadable and stalled recipients end apart, and none of them stops the others."""
    mailing_id = world.mailing(any_db, recipients=9, status=MailingStatus.POPULATING)
    with any_db.writing() as session:
        world.add_recipients(session, mailing_id, 1, word="uleselig")
        lifecycle.begin_sending(session, session.get_one(Mailing, mailing_id))
    memory.refuse("åse-0001@fjord.test")
    memory.lose("åse-0002@fjord.test")
    memory.stall("åse-0003@fjord.test")
    last = portions(any_db, run_patience=timedelta(seconds=5))[-1]
    assert world.statuses(any_db, mailing_id) == {"sent": 6, "failed": 2, "in_doubt": 1, "queued": 1}
    assert not last.more
    assert last.next_due is not None
    assert world.status(any_db, mailing_id) is MailingStatus.SENDING


def test_a_stalled_one_is_tried_again_within_patience(any_db: Database, memory: Memory) -> None:
    """A temporary refusal is tried again by the same run when its wait is short, and counted as one delivery."""
    mailing_id = world.sending(any_db, recipients=3)
    memory.stall("åse-0001@fjord.test")
    with running(any_db, retry_first_wait=timedelta(seconds=0.3)) as run:
        with standing_at(now()):  # its wait is not over before the server takes mail again
            assert deliver_portion(any_db, run, 100).more
        memory.accept("åse-0001@fjord.test")
        assert not deliver_portion(any_db, run, 100).more
    assert world.statuses(any_db, mailing_id) == {"sent": 3}
    assert [what for _, what, _ in world.notes(any_db)] == ["queued"]


def test_a_run_does_not_wait_beyond_its_patience(any_db: Database, memory: Memory) -> None:
    """When all that is left may only be tried in an hour, a new run ends at once and says when."""
    world.sending(any_db, recipients=1)
    memory.stall("åse-0000@fjord.test", after=3600)
    first = portions(any_db)[-1]
    again = portions(any_db)[-1]
    assert not again.more
    assert again.next_due == first.next_due


def test_a_pause_from_elsewhere_is_seen_between_batches(any_db: Database, memory: Memory) -> None:
    """A person who pauses the mailing while it is being sent stops it within a batch; what was handed over is recorded."""
    mailing_id = world.sending(any_db, recipients=12)
    with running(any_db) as run:
        taken = run.content().offer

        class Pausing(Letters):
            """Content whose fifth message meets a pause from another door."""

            count = 0

            def offer(self, row: object) -> object:
                """The letter, after the pause where it is the fourth."""
                Pausing.count += 1
                if Pausing.count == 4:
                    with any_db.writing() as session:
                        lifecycle.pause(session.get_one(Mailing, mailing_id))
                return taken(row)

        run.compiled = Pausing()
        assert not deliver_portion(any_db, run, 100).more
    assert world.statuses(any_db, mailing_id) == {"sent": 4, "queued": 8}


def test_a_limit_holds(any_db: Database, memory: Memory) -> None:
    """At 1200 messages a minute, twelve take more than half a second, and no batch is claimed before it may leave."""
    mailing_id = world.sending(any_db, recipients=12, rate=1200.0)
    with running(any_db) as run:
        begun = milliseconds()
        deliver_portion(any_db, run, 100)
        assert milliseconds() - begun >= 400  # three batches of four: the third leaves after 2 x 200 ms
    assert world.statuses(any_db, mailing_id) == {"sent": 12}


def test_stopped_by_the_run_itself(any_db: Database, memory: Memory) -> None:
    """A run told to stop hands over no more and gives back what it did not begin."""
    mailing_id = world.sending(any_db, recipients=12)
    with running(any_db) as run:
        taken = run.content().offer

        class Stopping(Letters):
            """Content whose second message meets Ctrl-C."""

            def offer(self, row: object) -> object:
                """The letter, after the interruption."""
                run.stop.set()
                return taken(row)

        run.compiled = Stopping()
        assert not deliver_portion(any_db, run, 100).more
    assert world.statuses(any_db, mailing_id) == {"sent": 1, "queued": 11}
