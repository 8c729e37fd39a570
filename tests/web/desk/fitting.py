"""An installation that has nothing to be warned about, for desks where mailings are sent."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr
from sqlalchemy import select

from mailings.db import Database
from mailings.model import AuditEntry, Mailing

FIT: dict[str, Any] = {"email_transport": "memory", "spf_policy": "off", "secret": SecretStr("a-secret-of-the-tests-and-long-enough")}


def stands(db: Database, name: str = "høst-nytt") -> Mailing:
    """The mailing as it stands."""
    with db.reading() as session:
        found = session.scalars(select(Mailing).where(Mailing.name == name)).one()
        session.expunge(found)
        return found


def logged(db: Database) -> list[tuple[str, str, str]]:
    """Who did what to which, in the log's order."""
    with db.reading() as session:
        return [(entry.by, entry.what, entry.subject) for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
