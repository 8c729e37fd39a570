"""The log of changes: who, when, what; for administrators. By user, subject and day, page by page, and as a list for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response, StreamingResponse

from mailings.model import Role
from mailings.staff.log import PAGE, Asked, Line, every_line, lines, who
from web.desk.at import AtDesk, Desk, path
from web.desk.details import in_words

router = APIRouter()

HEADS = ("when_utc", "who", "what", "subject", "details")
LARGEST = 2**63 - 1

Text = Annotated[str, Query(max_length=300)]


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked for, as it stands in the address; a day that is none is left out."""

    by: str
    subject: str
    day: str

    def asked(self) -> Asked:
        """The same for the log."""
        try:
            return Asked(self.by, self.subject.strip(), date.fromisoformat(self.day) if self.day else None)
        except ValueError:
            return Asked(self.by, self.subject.strip())


def _question(by: Text = "", subject: Text = "", day: Text = "") -> Question:
    return Question(by, subject, day)


OfQuestion = Annotated[Question, Depends(_question)]


@router.get("/audit")
def listing(desk: AtDesk, question: OfQuestion, before: Annotated[int | None, Query(ge=1, le=LARGEST)] = None) -> Response:
    """A page of it, the newest first."""
    desk.must(Role.ADMIN)
    with desk.door.database.reading() as session:
        found, names = lines(session, question.asked(), before=before, most=PAGE + 1), who(session)
    query: dict[str, Any] = asdict(question)
    older = path("audit", **query, before=found[PAGE - 1].id) if len(found) > PAGE else ""
    told: dict[str, Any] = {"lines": found[:PAGE], "names": names, "older": older, "newer": path("audit", **query) if before else ""}
    return desk.show("audit/list.html", in_words=in_words, **told, **query, as_csv=path("audit.csv", **query))


@router.get("/audit.csv")
def as_csv(desk: AtDesk, question: OfQuestion) -> Response:
    """All lines that were asked for, as CSV in UTF-8."""
    desk.must(Role.ADMIN)
    headers = {"Content-Disposition": 'attachment; filename="log-of-changes.csv"'}
    return StreamingResponse(_rows(desk, question.asked()), media_type="text/csv; charset=utf-8", headers=headers)


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _rows(desk: Desk, asked: Asked) -> Iterator[str]:
    yield "\ufeff" + _row(HEADS)  # the mark by which spreadsheets know UTF-8
    with desk.door.database.reading() as session:
        for line in every_line(session, asked):
            yield _row(_cells(line))


def _cells(line: Line) -> tuple[str, ...]:
    details = orjson.dumps(line.details).decode() if line.details else ""
    return tuple(harmless(cell) for cell in (line.at.isoformat(timespec="milliseconds"), line.by, line.what, line.subject, details))


def _row(cells: tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
