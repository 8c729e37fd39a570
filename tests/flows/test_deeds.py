"""What runs leave in the log of changes: a line where sending begins, where it is done again, for an import and a copy; nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from flows.import_people import import_people
from flows.resend_mailing import resend_mailing
from flows.send_mailing import send_mailing
from flows.send_recurring import send_recurring
from mailings.db import Database
from mailings.model import AuditEntry, MailingStatus
from mailings.sending.resending import Again
from mailings.settings import Settings
from mailings.transports.memory import Memory
from tasks.deeds import acting_for
from tasks.parameters import HowToImport, HowToSend, Occasion, Whom
from tests.flows.test_send_mailing import draft

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]


def kept(db: Database) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Who did what to what, the oldest first, with details."""
    with db.reading() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [(row.by, row.what, row.subject, dict(row.details)) for row in rows]


def test_a_run_that_sends(db: Database, memory: Memory) -> None:
    """One line for all portions, with how many were queued and the run; begun again, and when all is sent, there is no other."""
    draft(db, "tidlig-høst", 12)
    for _ in range(2):
        assert send_mailing("tidlig-høst", HowToSend(batch_size=5)).status is MailingStatus.SENT
    ((by, what, subject, details),) = kept(db)
    assert (by, what, subject, details.pop("queued")) == ("prefect", "begin sending", "mailing tidlig-høst", 12)
    assert [*details] == ["run"]


def test_a_run_that_refuses(db: Database, memory: Memory) -> None:
    """What is not fit to go leaves none: nobody was sent anything."""
    draft(db, "ødelagt", 2, html="<p>[[ customer.nmae ]]</p>")
    assert send_mailing("ødelagt").status is MailingStatus.DRAFT
    assert kept(db) == []


def test_who_sits_before_it(db: Database, memory: Memory) -> None:
    """A run that somebody at a terminal begins in their own process acts for them, also where it sends again; for nobody, no line."""
    draft(db, "bare", 3)
    with acting_for("cli désirée"):
        send_mailing("bare")
        resend_mailing("bare", Whom(addresses=["ase2@fjord.test"]))
        resend_mailing("bare", Whom(reload=True))
    assert kept(db) == [
        ("cli désirée", "begin sending", "mailing bare", {"queued": 3}),
        ("cli désirée", "send again", "mailing bare", {"queued": 1, "left_out": {}}),
    ]


def test_who_has_it_approved(db: Database, memory: Memory) -> None:
    """Where somebody must approve it, that a run asked is told once, with to how many; sending has not begun."""
    draft(db, "spurt", 3, approval={"above": 0})
    with acting_for("cli désirée"):
        assert send_mailing("spurt").status is MailingStatus.PAUSED
    assert kept(db) == [("cli désirée", "ask for approval", "mailing spurt", {"n": 3})]


def test_the_same_resend_begun_again() -> None:
    """What tells a run begun again from a decision is no part of what it came to."""
    assert Again("høst-nytt", MailingStatus.SENT, 1, repeated=True) == Again("høst-nytt", MailingStatus.SENT, 1)


def test_a_recurring_mailing(db: Database, memory: Memory) -> None:
    """The copy for the day and its sending are a line each; the same day once more leaves none."""
    draft(db, "natt-nytt", 2, template=True)
    day = Occasion(date="2026-11-21")
    copy = send_recurring("natt-nytt", day).mailing
    send_recurring("natt-nytt", day)
    told = [(what, subject, details.get("new_name"), details.get("queued")) for _, what, subject, details in kept(db)]
    assert told == [("copy", "mailing natt-nytt", copy, None), ("begin sending", f"mailing {copy}", None, 2)]


def test_an_import(db: Database, configured: Settings) -> None:
    """As at the other doors: how it was chosen and what it came to, without the file's name; a dry run leaves none."""
    folder = Path("var/imports")
    folder.mkdir(parents=True)
    (folder / "åse.csv").write_text("navn;e-post\nÅse Ødegård;ase@fjord.test\n", encoding="utf-8")
    import_people("åse.csv", HowToImport(dry_run=True))
    assert kept(db) == []
    import_people("åse.csv", HowToImport(consent="contract"))
    ((by, what, subject, details),) = kept(db)
    assert details.pop("run")
    assert (by, what, subject) == ("prefect", "import a list", "")
    assert details == {"basis": "contract", "unknown": "keep", "selection": None, "rows": 1, "created": 1, "matched": 0, "skipped": 0}
