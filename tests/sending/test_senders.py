"""Several senders in one mailing: who may join, whom the conductor waits for, and when it goes on by itself."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from mailings import clock
from mailings.db import Database
from mailings.errors import Misconfigured, NotAllowed, NotFound
from mailings.message import Outcome
from mailings.model import Delivery, Lease, LeaseRole, Mailing, MailingStatus, TrackedLink
from mailings.sending import leases, lifecycle, processes, senders
from mailings.sending.deliver import deliver_portion
from mailings.sending.due import due
from mailings.sending.run import Run, joining
from mailings.settings import Settings
from mailings.transports.memory import Memory
from tests.sending import world
from tests.sending.delivering import running
from tests.sending.letters import Letters

HTML = '<p>Kjære, <a href="https://acme.test/høst">les</a> <a href="[[ link.unsubscribe ]]">av</a></p>'
FACTS = {"html": HTML, "subject": "Høst", "sender": {"name": "Åse", "address": "news@acme.test", "use": "always"}}


@contextmanager
def joined(db: Database) -> Iterator[Run]:
    """One more sender of høst-nytt, with letters that need no template."""
    with joining(db, "høst-nytt", Settings(email_transport="memory")) as run:
        run.compiled, run.batch_size = Letters(), 4
        yield run


def another(db: Database, mailing_id: int, **facts: object) -> int:
    """A sender's lease of this living process, but for `facts`; its id."""
    with db.writing() as session:
        lease = leases.take(session, session.get_one(Mailing, mailing_id), LeaseRole.SENDER)
        for name, value in facts.items():
            setattr(lease, name, value)
        session.flush()
        return lease.id


def ended(db: Database, lease_id: int) -> None:
    """End a lease as its holder does."""
    with db.writing() as session:
        leases.end(session, lease_id)


def claimed(db: Database, lease_id: int, count: int) -> None:
    """So many deliveries stand in a lease's hands."""
    with db.writing() as session:
        for delivery in session.scalars(select(Delivery).order_by(Delivery.id).limit(count)):
            delivery.status, delivery.lease_id = "sending", lease_id


def test_joining(any_db: Database, memory: Memory) -> None:
    """Who joins serves what the conductor has not, with a lease of its own that ends with it; the link table is left to the conductor."""
    mailing_id = world.sending(any_db, **FACTS)
    with running(any_db) as conductor:
        deliver_portion(any_db, conductor, 4)
        with joining(any_db, "høst-nytt", Settings(email_transport="memory")) as run:
            assert "https://acme.test/høst" in run.compiled.content.table.numbers
            run.compiled = Letters()
            assert senders.at_work(any_db, conductor) == 1
            while deliver_portion(any_db, run, 4).more:
                pass
        assert senders.at_work(any_db, conductor) == 0
    assert world.statuses(any_db, mailing_id) == {"sent": 10}
    assert len({kept.delivery for kept in memory.kept}) == len(memory.kept) == 10
    with any_db.reading() as session:
        assert session.scalars(select(TrackedLink)).all() == []
        assert all(lease.ended_at for lease in session.scalars(select(Lease)))


@pytest.mark.parametrize("status", [s for s in MailingStatus if s is not MailingStatus.SENDING])
def test_nothing_to_join(db: Database, status: MailingStatus) -> None:
    """Only what is being sent can be joined: else a sentence says where the mailing stands, and no lease is left."""
    world.mailing(db, status=status, **FACTS)
    with pytest.raises(NotAllowed, match=f"høst-nytt is {status}, so there is nothing to join"), joined(db):
        pass
    with pytest.raises(NotFound), joining(db, "vår-nytt", Settings()):
        pass
    with db.reading() as session:
        assert session.scalars(select(Lease)).all() == []


def test_a_shard_waits_for_no_retry(db: Database, memory: Memory) -> None:
    """A retry within patience keeps the conductor, and nobody beside it: one waits, not five."""
    world.sending(db, recipients=3, **FACTS)
    memory.stall("åse-0001@fjord.test", after=60)
    begun = clock.now()
    with clock.standing_at(begun), joined(db) as run:
        assert not deliver_portion(db, run, 100).more
    memory.accept("åse-0001@fjord.test")
    with clock.standing_at(begun + timedelta(seconds=50)), joined(db) as run, running(db) as conductor:
        assert deliver_portion(db, run, 100).more is False
        with ThreadPoolExecutor(1) as aside:
            waits = aside.submit(deliver_portion, db, conductor, 100)
            while conductor.next_due is None:  # it has seen that there is only a retry
                time.sleep(0.01)
            with clock.standing_at(begun + timedelta(seconds=64)):
                assert waits.result(120).counts == {Outcome.ACCEPTED: 1}


def test_trouble_of_one_stops_all(db: Database, memory: Memory) -> None:
    """A refused login met by one sender pauses the mailing with its reason, and no other hands over anything more."""
    mailing_id = world.sending(db, **FACTS)
    with running(db) as conductor, joining(db, "høst-nytt", Settings(email_transport="memory")) as run:
        run.compiled = conductor.compiled
        memory.go_down(Misconfigured("The server refused the password of anna."))
        assert deliver_portion(db, run, 100).trouble == "The server refused the password of anna."
        memory.go_down(None)
        assert deliver_portion(db, conductor, 100).more is False
    assert memory.kept == []
    assert world.status(db, mailing_id) is MailingStatus.PAUSED


def test_watching_ends_with_the_last(any_db: Database) -> None:
    """The conductor waits while another sender is alive, and goes on when it has ended."""
    mailing_id = world.sending(any_db)
    with running(any_db) as conductor:
        lease = another(any_db, mailing_id)
        looks = senders.looks(any_db, conductor)
        assert [next(looks), next(looks)] == [1, 1]
        ended(any_db, lease)
        assert list(looks) == []


def test_the_dead_are_recovered_while_watching(any_db: Database) -> None:
    """What a killed sender held is in doubt at the next look, what a living one holds is left alone."""
    mailing_id = world.sending(any_db)
    with running(any_db) as conductor, subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        another(any_db, mailing_id)
        killed = another(any_db, mailing_id, pid=child.pid, process_started=processes.started(child.pid))
        claimed(any_db, killed, 3)
        looks = senders.looks(any_db, conductor)
        assert next(looks) == 2
        child.kill()
        child.wait()
        assert next(looks) == 1
    assert world.statuses(any_db, mailing_id) == {"in_doubt": 3, "queued": 7}


def test_shards_that_never_come(db: Database) -> None:
    """Asked shards are waited for as long as told, and no longer: without a worker the conductor sends by itself."""
    world.sending(db)
    with running(db, shard_patience=1.5) as conductor:
        began = time.monotonic()
        assert not any(senders.looks(db, conductor, asked=2))
        assert time.monotonic() - began >= 1.5


def test_shards_that_have_come_and_gone(db: Database) -> None:
    """Once all that were asked for have come, nobody waits for them again; nor where nothing could be sent."""
    mailing_id = world.sending(db)
    with running(db) as conductor:
        assert senders.missing(db, conductor, 2) == 2
        for _ in range(2):
            ended(db, another(db, mailing_id))
        assert senders.missing(db, conductor, 2) == 0
        assert list(senders.looks(db, conductor, asked=2)) == []
        assert next(senders.looks(db, conductor, asked=3)) == 0
        with db.writing() as session:
            lifecycle.pause(session.get_one(Mailing, mailing_id))
        assert list(senders.looks(db, conductor, asked=3)) == []


def test_those_of_an_earlier_conductor_count(db: Database) -> None:
    """A conductor that takes over asks only for what is missing beside the senders still at work."""
    mailing_id = world.sending(db)
    another(db, mailing_id)
    ended(db, another(db, mailing_id))
    with running(db) as conductor:
        assert senders.missing(db, conductor, 4) == 3


def test_no_second_conductor_beside_shards(any_db: Database) -> None:
    """A mailing whose conductor died is not due while a shard is alive, and is when all are dead."""
    mailing_id = world.sending(any_db)
    lease = another(any_db, mailing_id)
    with any_db.reading() as session:
        assert due(session) == []
    with any_db.writing() as session:
        session.get_one(Lease, lease).process_started -= 1
    with any_db.reading() as session:
        assert [mailing.name for mailing in due(session)] == ["høst-nytt"]
