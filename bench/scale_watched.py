"""A mailing watched from outside while many send it; on the way a machine is killed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, text

from bench.scale_hosts import Worker
from mailings.db import Database

LOOK = 1.0
PATIENCE = 900.0
STATE = """
    SELECT delivery.status, delivery.lease_id, count(*) FROM delivery WHERE mailing_id = :mailing AND NOT test
    GROUP BY delivery.status, delivery.lease_id
"""
HOLDERS = "SELECT id, role, host FROM lease WHERE mailing_id = :mailing AND ended_at IS NULL"
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"


@dataclass
class Course:
    """What is to happen and what was seen. Seconds since the start; `held` = messages in the dead machine's hands."""

    kill: str  # whose machine dies: shard, conductor, none
    at: float  # when so much of the mailing is done
    workers: dict[str, Worker]
    began: float = field(default_factory=time.monotonic)
    dead: str = ""
    processes: int = 0
    killed_at: float = 0.0
    victims: frozenset[int] = frozenset()  # leases
    held: int = 0
    told_at: float = 0.0  # when none of them was `sending` any more
    connections: int = 0
    looks: list[tuple[float, int]] = field(default_factory=list)

    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began


def watched(database: Database, name: str, course: Course) -> int:
    """Watch the mailing until it is sent, and kill on the way; its number."""
    with database.connection(write=False) as connection:
        mailing = int(connection.execute(text("SELECT id FROM mailing WHERE name = :name"), {"name": name}).scalar_one())
    status = ""
    while status != "sent":
        if course.now() > PATIENCE:
            raise SystemExit(f"{name} is {status} after {PATIENCE:.0f} s.")
        time.sleep(LOOK)
        with database.connection(write=False) as connection:
            status = str(connection.execute(text("SELECT status FROM mailing WHERE id = :m"), {"m": mailing}).scalar_one())
            _look(connection, mailing, course)
    return mailing


def _look(connection: Connection, mailing: int, course: Course) -> None:
    rows = connection.execute(text(STATE), {"mailing": mailing}).all()
    course.connections = max(course.connections, int(connection.execute(text(CONNECTIONS)).scalar_one()))
    done, everybody = sum(n for state, _, n in rows if state not in ("queued", "sending")), sum(n for *_, n in rows)
    course.looks.append((course.now(), done))
    if course.kill != "none" and not course.victims and done >= course.at * everybody > 0:
        _kill(connection, mailing, course)
    elif course.victims and not course.told_at:
        held = sum(n for state, lease, n in rows if state == "sending" and lease in course.victims)
        course.held = max(course.held, held)
        course.told_at = 0.0 if held else course.now()


def _kill(connection: Connection, mailing: int, course: Course) -> None:
    """End the machine of the conductor, or that of a shard that stands elsewhere; nothing, while there is no such machine."""
    holders = [(lease, role, host.split()[0]) for lease, role, host in connection.execute(text(HOLDERS), {"mailing": mailing})]
    conductors = {host for _, role, host in holders if role == "conductor"}
    fitting = [host for _, role, host in holders if role == "sender" and (host in conductors) == (course.kill == "conductor")]
    if not fitting:
        return
    course.dead, course.killed_at = fitting[-1], course.now()
    course.processes = course.workers[course.dead].dies()
    course.victims = frozenset(lease for lease, _, host in holders if host == course.dead)


def timed(database: Database, mailing: int, course: Course) -> dict[str, Any]:
    """Rates and moments, for the line that is printed."""
    asked = "SELECT count(*), min(claimed_at), max(sent_at) FROM delivery WHERE mailing_id = :m AND NOT test AND sent_at IS NOT NULL"
    with database.connection(write=False) as connection:
        sent, first, last = connection.execute(text(asked), {"m": mailing}).one()
    tens = pairwise(course.looks[::10])
    killed = {"host": course.dead, "processes": course.processes, "at_s": round(course.killed_at, 1), "held": course.held}
    return {
        "messages_per_s": round(sent / ((last - first) / 1000)),
        "seconds": round((last - first) / 1000, 1),
        "whole_s": round(course.now(), 1),
        "killed": killed if course.victims else None,
        "doubt_told_after_s": round(course.told_at - course.killed_at, 1) if course.told_at else None,
        "connections_most": course.connections,
        "per_s_over_time": [round((d - c) / (b - a)) for (a, c), (b, d) in tens],
    }
