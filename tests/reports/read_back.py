"""A mailing to report of, and its forms read back: the sheets of a workbook, the tables of a page."""

from __future__ import annotations

import io
from html.parser import HTMLParser
from typing import Any

from openpyxl import Workbook, load_workbook
from sqlalchemy import text

from mailings.db import Database
from mailings.model import Mailing, Person, Recipient, Verdict
from mailings.reports.rows import Row, recipient_rows
from mailings.reports.summary import Summary, summary_of
from mailings.reports.workbook import write_workbook
from tests.sending import world
from tests.tracking.visiting import LATER, click, record, sent_mailing, visit


def a_mailing(db: Database) -> int:
    """Test vector (e) with people behind it: 10 sent, 2 hard, 1 soft, 4 opened, 3 clicked; and five who got nothing."""
    mailing_id, sent = sent_mailing(db, recipients=10)
    record(db, *(click(one, 1) for one in sent[:3]), visit(sent[3]), click(sent[0], 2))
    with db.writing() as session:
        for one, kind, why, code in ((4, "hard", "mailbox", "550 5.1.1"), (5, "hard", "domain", "5.1.2"), (6, "soft", "full", "452 4.2.2")):
            bounced = (
                "UPDATE delivery SET status = 'bounced', bounce = :kind, bounce_why = :why, code = :code, reason = :said WHERE id = :id"
            )
            session.execute(text(bounced), {"kind": kind, "why": why, "code": code, "said": "=ukjent mottaker", "id": sent[one]})
        session.execute(text("UPDATE mailing SET status = 'sent', subject = 'Høst' WHERE id = :id"), {"id": mailing_id})
        session.flush()
        world.add_recipients(session, mailing_id, 2, Verdict.NO_CONSENT, "ørjan")
        world.add_recipients(session, mailing_id, 1, Verdict.NO_ADDRESS, "ingen")
        gone = Person(name="Désirée van der IJssel", created_at=LATER, deleted_at=LATER)
        session.add(gone)
        session.flush()
        session.add(Recipient(mailing_id=mailing_id, person_id=gone.id, address="desiree@fjord.test", verdict=Verdict.STOPPED))
        session.add(Recipient(mailing_id=mailing_id, verdict=Verdict.ERASED, erased_at=LATER))
    return mailing_id


def told(db: Database, mailing_id: int, language: str = "en") -> tuple[Summary, list[Row]]:
    """The mailing's summary, and its rows."""
    with db.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        return summary_of(session, mailing, language), list(recipient_rows(session, mailing))


def book_of(summary: Summary, rows: list[Row], most: int = 1_048_576) -> Workbook:
    """The workbook, written and read back."""
    file = io.BytesIO()
    write_workbook(file, summary, rows, most)
    return load_workbook(file)


def lines(book: Workbook, title: str) -> list[tuple[Any, ...]]:
    """A sheet's lines below its heading."""
    return list(book[title].iter_rows(min_row=2, values_only=True))


class Figures(HTMLParser):
    """Reads a page: every table's rows as texts; and everything that is fetched or run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.foreign: list[str] = []
        self._table, self._inside = "", False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Rows and cells begin; whatever would be fetched is noted."""
        known = dict(attrs)
        if tag in ("script", "link", "img", "iframe", "object") or any(name in ("src", "href", "onload") for name in known):
            self.foreign.append(tag)
        if tag == "table":
            self._table = known["id"] or ""
            self.tables[self._table] = []
        if tag == "tr":
            self.tables[self._table].append([])
        if tag in ("td", "th"):
            self.tables[self._table][-1].append("")
        self._inside = tag in ("td", "th") or (self._inside and tag in ("span", "br"))

    def handle_endtag(self, tag: str) -> None:
        """A cell ends."""
        self._inside = self._inside and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        """What stands in a cell."""
        if self._inside:
            self.tables[self._table][-1][-1] += data
