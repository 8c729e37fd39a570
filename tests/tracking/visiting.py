"""Visits of readers, put into a database the way the door does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from mailings.db import Database
from mailings.model import Mailing, TrackedLink
from mailings.reported import EventKind
from mailings.settings import Settings
from mailings.tracking.recording import record_visits
from mailings.tracking.visits import Visit
from tests.sending import world

SENT = world.START
LATER = SENT + timedelta(hours=2)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
OFFICE = "198.51.100.0/24"


def sent_mailing(db: Database, recipients: int = 3, links: int = 5, name: str = "høst-nytt") -> tuple[int, list[int]]:
    """A mailing that left at SENT, with its links; its id and its deliveries."""
    mailing_id = world.sending(db, name, recipients)
    with db.writing() as session:
        session.get_one(Mailing, mailing_id).tracking = {"opens": True, "clicks": "all", "utm": {"source": "nyhetsbrev"}}
        for number in range(1, links + 1):
            session.add(TrackedLink(mailing_id=mailing_id, number=number, url=f"https://fjord.test/høst/{number}"))
        session.execute(
            text("UPDATE delivery SET status = 'sent', sent_at = :at WHERE mailing_id = :mailing"),
            {"at": int(SENT.timestamp() * 1000), "mailing": mailing_id},
        )
        ids = session.execute(text("SELECT id FROM delivery WHERE mailing_id = :mailing ORDER BY id"), {"mailing": mailing_id})
        return mailing_id, [row[0] for row in ids]


def visit(delivery: int, kind: EventKind = EventKind.OPENED, at: datetime = LATER, **facts: Any) -> Visit:
    """A visit of a person with a browser at an office."""
    return Visit(kind, at, None, delivery, **({"agent": FIREFOX, "network": OFFICE} | facts))


def click(delivery: int, link: int | None = 1, at: datetime = LATER, **facts: Any) -> Visit:
    """A click of that person."""
    return visit(delivery, EventKind.CLICKED, at, link=link, **facts)


def record(db: Database, *visits: Visit) -> None:
    """Write them in one transaction."""
    with db.writing() as session:
        record_visits(session, visits, Settings())


def raw(db: Database) -> list[tuple[Any, ...]]:
    """Every event, every column, as the database has it."""
    with db.reading() as session:
        return [tuple(row) for row in session.execute(text("SELECT * FROM event ORDER BY id"))]


def readings(db: Database) -> list[tuple[str | None, bool]]:
    """Why each visit is a machine's, and whether it is a first, in the order they came."""
    with db.reading() as session:
        return [(row[0], bool(row[1])) for row in session.execute(text("SELECT machine, first FROM event_reading ORDER BY event_id"))]


def stamps(db: Database, delivery: int) -> tuple[int | None, ...]:
    """Opened, clicked, by a machine opened, by a machine clicked; seconds after SENT."""
    asked = text("SELECT opened_at, clicked_at, machine_opened_at, machine_clicked_at FROM delivery WHERE id = :id")
    with db.reading() as session:
        row = session.execute(asked, {"id": delivery}).one()
    return tuple(None if at is None else round(at / 1000 - SENT.timestamp()) for at in row)
