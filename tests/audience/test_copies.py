"""Mailings copied to new drafts, and deleted while nothing went out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mailings.audience.copies import copy, delete_mailing
from mailings.audience.drafts import push
from mailings.audience.populate import populate
from mailings.audience.sources import sources_of
from mailings.clock import now
from mailings.db import Database
from mailings.errors import NotAllowed
from mailings.model import (
    Delivery,
    DeliveryStatus,
    Errand,
    Event,
    EventReading,
    ImportedRow,
    Mailing,
    MailingFile,
    MailingStatus,
    Recipient,
    Source,
    TrackedLink,
)
from mailings.reported import EventKind
from mailings.sending import lifecycle
from tests.audience.people import folder
from tests.audience.whole import known, whole_folder
from tests.sending.doubting import asked, in_doubt


def test_a_copy_is_a_draft_of_its_own(any_db: Database, tmp_path: Path) -> None:
    """A copy has the content, files, sources and registered links, and nothing of what happened to the original."""
    with any_db.writing() as session:
        known(session)
        original = push(session, whole_folder(tmp_path))
        session.add(TrackedLink(mailing_id=original.id, number=3, url="https://x.test/innhold"))
        populate(session, original, launch=False)
        original.status, original.started_at = MailingStatus.SENT, now()
        made = copy(session, original, "vinter-2026")
        assert (made.status, made.started_at, made.populated_at, made.template) == (MailingStatus.DRAFT, None, None, False)
        assert (made.subject, made.html, made.sender) == (original.subject, original.html, original.sender)
        assert [s.label for s in sources_of(session, made)] == [s.label for s in sources_of(session, original)]
        assert session.scalar(select(func.count()).where(MailingFile.mailing_id == made.id)) == 2
        assert session.scalars(select(TrackedLink.name).where(TrackedLink.mailing_id == made.id)).all() == ["tilbud", "andre"]
        assert sum(populate(session, made, launch=False).values()) == sum(populate(session, original, launch=False).values()) > 0
        with pytest.raises(NotAllowed, match="named 'vinter-2026' already"):
            copy(session, original, "vinter-2026")
        with pytest.raises(NotAllowed, match="letters, digits and hyphens"):
            copy(session, original, "vinter 2026")


def test_deleting(any_db: Database, tmp_path: Path) -> None:
    """A draft goes with all its rows; what went out stays, for its links must keep working."""
    with any_db.writing() as session:
        known(session)
        mailing = push(session, whole_folder(tmp_path))
        populate(session, mailing, launch=False)
        delete_mailing(session, mailing)
        for rows in (Mailing, Source, ImportedRow, MailingFile, TrackedLink, Recipient):
            assert session.scalar(select(func.count(rows.id))) == 0
        sent = push(session, folder(tmp_path / "b"))
        sent.status = MailingStatus.CANCELLED
        session.add(Delivery(mailing_id=sent.id, status=DeliveryStatus.SENT, claimed_at=datetime(2026, 1, 1, tzinfo=UTC)))
        session.flush()
        with pytest.raises(NotAllowed, match="autumn was sent to some; it stays"):
            delete_mailing(session, sent)
        sent.status = MailingStatus.SENT
        with pytest.raises(NotAllowed, match="autumn is sent; only a draft"):
            delete_mailing(session, sent)


def test_what_its_tests_brought_back_goes_too(any_db: Database, tmp_path: Path) -> None:
    """Deleting takes the visits to its test messages along, and what they set going; those of other mailings stay."""
    with any_db.writing() as session:
        known(session)
        mailing = push(session, whole_folder(tmp_path))
        trial = Delivery(mailing_id=mailing.id, test=True, address="kari@fjord.test", status=DeliveryStatus.SENT)
        session.add(trial)
        session.flush()
        for number, delivery_id in enumerate((trial.id, trial.id + 1)):
            seen = Event(at=now(), received_at=now(), kind=EventKind.CLICKED, source="visit", delivery_id=delivery_id, link=1)
            session.add(seen)
            session.flush()
            session.add(EventReading(event_id=seen.id, version=1, first=False))
            session.add(Errand(event_id=seen.id, mailing_id=number, delivery_id=delivery_id, link=1, due_at=now()))
        session.flush()
        delete_mailing(session, mailing)
        for rows in (Event, Errand):
            assert session.scalars(select(rows.delivery_id)).all() == [trial.id + 1]
        assert session.scalar(select(func.count()).select_from(EventReading)) == 1


def test_who_may_have_it_is_not_forgotten(any_db: Database) -> None:
    """Sent again out of doubt, then cancelled: nobody counts as tried, yet all may have the first message, so the mailing stays."""
    in_doubt(any_db, 2)
    asked(any_db, DeliveryStatus.QUEUED)
    with any_db.writing() as session:
        mailing = session.scalars(select(Mailing)).one()
        lifecycle.cancel(session, mailing)
        with pytest.raises(NotAllowed, match="høst-nytt was sent to some"):
            delete_mailing(session, mailing)
