"""What the tests of sending start from: a mailing with recipients of its own, in any status."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from mailings.db import Database
from mailings.model import Delivery, Mailing, MailingStatus, MailingType, Recipient, Verdict
from mailings.sending import lifecycle

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def mailing(db: Database, name: str = "høst-nytt", recipients: int = 0, **facts: Any) -> int:
    """A draft with `recipients` bare eligible addresses; its id."""
    with db.writing() as session:
        made = Mailing(name=name, type=MailingType.EMAIL, created_at=START, populated_at=START, **facts)
        session.add(made)
        session.flush()
        add_recipients(session, made.id, recipients)
        return made.id


def add_recipients(session: Session, mailing_id: int, count: int, verdict: Verdict = Verdict.ELIGIBLE, word: str = "åse") -> None:
    """Bare addresses `WORD-0001@fjord.test`, ... with one verdict."""
    rows = [
        {"mailing_id": mailing_id, "address": f"{word}-{n:04}@fjord.test", "name": f"Åse Ødegård {n}", "verdict": verdict}
        for n in range(count)
    ]
    if rows:
        session.execute(insert(Recipient), rows)


def sending(db: Database, name: str = "høst-nytt", recipients: int = 10, **facts: Any) -> int:
    """A mailing whose deliveries are queued; its id."""
    mailing_id = mailing(db, name, recipients, status=MailingStatus.POPULATING, **facts)
    with db.writing() as session:
        lifecycle.begin_sending(session, session.get_one(Mailing, mailing_id))
    return mailing_id


def statuses(db: Database, mailing_id: int) -> dict[str, int]:
    """Deliveries that are no tests, by status."""
    asked = select(Delivery.status, func.count()).where(Delivery.mailing_id == mailing_id, ~Delivery.test).group_by(Delivery.status)
    with db.reading() as session:
        return {str(status): n for status, n in session.execute(asked)}


def notes(db: Database) -> list[tuple[int, str, str]]:
    """Every line of history: delivery, what, why."""
    with db.reading() as session:
        return [tuple(row) for row in session.execute(text("SELECT delivery_id, what, why FROM delivery_note ORDER BY id"))]


def status(db: Database, mailing_id: int) -> MailingStatus:
    """Where the mailing stands."""
    with db.reading() as session:
        return session.get_one(Mailing, mailing_id).status
