"""One conductor a mailing; the dead are seen, the living are left alone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from mailings import clock
from mailings.db import Database
from mailings.errors import NotAllowed
from mailings.model import Lease, LeaseRole, Mailing
from mailings.sending import leases, processes
from tests.sending import world


def lease_of(db: Database, mailing_id: int, **facts: object) -> int:
    """A lease of this very process, but for `facts`."""
    base = {
        "mailing_id": mailing_id,
        "role": LeaseRole.CONDUCTOR,
        "host": processes.host(),
        "pid": os.getpid(),
        "process_started": processes.started(os.getpid()),
        "taken_at": clock.now(),
        "renewed_at": clock.now(),
    }
    with db.writing() as session:
        lease = Lease(**(base | facts))
        session.add(lease)
        session.flush()
        return lease.id


def take(db: Database, mailing_id: int, role: LeaseRole = LeaseRole.CONDUCTOR) -> int:
    """Take a lease as a run does; returns its id."""
    with db.writing() as session:
        return leases.take(session, session.get_one(Mailing, mailing_id), role).id


def test_one_conductor(any_db: Database) -> None:
    """While one run is at work, another is told who, where and since when, and may begin when the first has ended."""
    mailing_id = world.mailing(any_db)
    first = take(any_db, mailing_id)
    with pytest.raises(NotAllowed, match=rf"høst-nytt is already being sent by process {os.getpid()} on \S+ since 20"):
        take(any_db, mailing_id)
    with any_db.writing() as session:
        leases.end(session, first)
    assert take(any_db, mailing_id) != first


def test_the_index_stands_behind_the_rule(any_db: Database) -> None:
    """Two runs that look in the same moment cannot both become conductor: the database itself lets one through."""
    mailing_id = world.mailing(any_db)
    lease_of(any_db, mailing_id)
    with pytest.raises(Exception, match=r"(?i)unique|one_conductor"):
        lease_of(any_db, mailing_id)


def test_any_number_of_senders(any_db: Database) -> None:
    """Senders do not exclude each other, nor the conductor."""
    mailing_id = world.mailing(any_db)
    take(any_db, mailing_id)
    assert take(any_db, mailing_id, LeaseRole.SENDER) != take(any_db, mailing_id, LeaseRole.SENDER)


def test_a_dead_process_here_is_taken_over_at_once(any_db: Database) -> None:
    """A conductor killed on this host does not hold up the next run for one second, even while its parent has not reaped it."""
    mailing_id = world.mailing(any_db)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        begun = processes.started(child.pid)
        held = lease_of(any_db, mailing_id, pid=child.pid, process_started=begun)
        with pytest.raises(NotAllowed):
            take(any_db, mailing_id)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead and not reaped: a zombie
        assert take(any_db, mailing_id) != held


def test_a_reused_pid_is_another_process(any_db: Database) -> None:
    """A living process with the dead one's pid is recognised by its start time."""
    mailing_id = world.mailing(any_db)
    lease_of(any_db, mailing_id, process_started=processes.started(os.getpid()) - 1)
    assert take(any_db, mailing_id)


def test_another_host_is_dead_after_thirty_seconds_of_silence(any_db: Database) -> None:
    """Nobody can look at a process on another host: its lease holds while it is renewed, and 30 seconds longer."""
    mailing_id, begun = world.mailing(any_db), clock.now()
    lease = lease_of(any_db, mailing_id, host="annen-vert", renewed_at=begun)
    with clock.standing_at(begun + timedelta(seconds=29)):
        with pytest.raises(NotAllowed, match="on annen-vert since"):
            take(any_db, mailing_id)
        with any_db.writing() as session:
            leases.renew(session, [lease])
    with clock.standing_at(begun + timedelta(seconds=58)), pytest.raises(NotAllowed):
        take(any_db, mailing_id)
    with clock.standing_at(begun + timedelta(seconds=61)):
        assert take(any_db, mailing_id)


def test_renewal_does_not_raise_the_dead(any_db: Database) -> None:
    """A lease that was taken over stays ended when its old holder wakes up and renews it."""
    mailing_id = world.mailing(any_db)
    lease = lease_of(any_db, mailing_id, host="annen-vert", renewed_at=world.START)
    take(any_db, mailing_id)
    with any_db.writing() as session:
        leases.renew(session, [lease])
    with any_db.reading() as session:
        assert session.get_one(Lease, lease).ended_at is not None


def test_a_renewal_from_the_future_keeps_nobody_alive(any_db: Database) -> None:
    """After the clock was turned back an hour, a lease of another host that died before holds nobody up for that hour."""
    mailing_id = world.mailing(any_db)
    lease_of(any_db, mailing_id, host="annen-vert", renewed_at=clock.now() + timedelta(hours=1))
    with clock.standing_at(clock.now()):
        assert take(any_db, mailing_id)


@pytest.mark.parametrize("any_db", [pytest.param("postgres", marks=[pytest.mark.postgres])], indirect=True)
@pytest.mark.parametrize("hours", [-1, 1])
def test_the_servers_clock_judges(any_db: Database, hours: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host whose clock is an hour wrong leaves those at work on other hosts alone, and follows the dead after 30 seconds as anybody."""
    mailing_id, system = world.mailing(any_db), time.time
    with any_db.reading() as session:
        right = leases.moment(session)
    lease = lease_of(any_db, mailing_id, host="annen-vert", renewed_at=right)
    monkeypatch.setattr(time, "time", lambda: system() + hours * 3600)  # this machine's clock jumps
    with pytest.raises(NotAllowed, match="on annen-vert since"):
        take(any_db, mailing_id)
    with any_db.writing() as session:
        leases.renew(session, [lease])
    with any_db.writing() as session:
        held = session.get_one(Lease, lease)
        assert abs(held.renewed_at - right) < timedelta(seconds=60)
        held.renewed_at -= timedelta(seconds=61)
    assert take(any_db, mailing_id)


def test_one_renewed_between_look_and_touch(any_db: Database) -> None:
    """A lease that looked dead and was renewed before it could be ended stays: a living sender is never taken for dead."""
    mailing_id = world.mailing(any_db)
    lease = lease_of(any_db, mailing_id, host="annen-vert", renewed_at=world.START)
    with any_db.reading() as looking:
        (seen,) = leases.not_ended(looking, mailing_id)
        looking.expunge(seen)
    with any_db.writing() as session:
        leases.renew(session, [lease])
    with any_db.writing() as session:
        assert not leases.ended_as_seen(session, seen)
        assert leases.end_dead(session, mailing_id) == []


@pytest.mark.skipif(not Path("/proc/sys/kernel/random/boot_id").exists(), reason="only Linux names its boots")
def test_machines_of_one_name_are_told_apart() -> None:
    """Two machines may be called the same, and the first PID namespace of each has one number; no two have one boot."""
    assert processes.host().endswith(f" {Path('/proc/sys/kernel/random/boot_id').read_text().strip()}")
