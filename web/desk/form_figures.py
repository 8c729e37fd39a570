"""A form's statistics, and its submissions as a file (domain.md J.6)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from mailings.errors import NotFound
from mailings.forms.definition import FormPart
from mailings.forms.doing import shown
from mailings.forms.finding import form_named
from mailings.forms.statistics import processed_by_day, statistics
from mailings.forms.submissions import Asked, Row, every_row
from mailings.model import Mailing
from mailings.reports.charts import chart_of_days
from mailings.reports.exporting import KINDS, Cells, Export
from mailings.reports.figures import report_of
from web.desk.at import OWN, AtDesk, Desk
from web.desk.following import streamed
from web.desk.forms import head_of, part_of
from web.desk.reporting import PICTURE
from web.desk.submissions import asked_of

router = APIRouter()

COLUMNS = ("col_name", "col_status", "submission_from", "submission_came", "submission_whose", "form_completion", "submission_done_by")


@router.get("/forms/{name}/figures", response_model=None)
def figures(name: str, desk: AtDesk) -> Response:
    """How many, how far they are, which days, what they thought, and what its answer came to."""
    with desk.door.database.reading() as session:
        form = form_named(session, name)
        found = statistics(session, form, part_of(form))
        answer = session.get(Mailing, form.response_mailing_id) if form.response_mailing_id else None
        report = report_of(session, answer) if answer is not None else None
        return desk.show("forms/figures.html", tab="figures", stats=found, report=report, **head_of(session, form))


@router.get("/forms/{name}/processed.svg", response_model=None)
def picture(name: str, desk: AtDesk) -> Response:
    """What was processed on each of the last 30 days, drawn."""
    with desk.door.database.reading() as session:
        days = processed_by_day(session, form_named(session, name))
    drawn = _drawn(desk.language, tuple((day.isoformat(), n) for day, n in days))
    return Response(drawn, media_type="image/svg+xml", headers=PICTURE)


@lru_cache(maxsize=64)  # of the same figures the same drawing, as those of mailings
def _drawn(language: str, days: tuple[tuple[str, int], ...]) -> bytes:
    return chart_of_days(days, language=language)


@router.post("/forms/{name}/submissions/export/{kind}", response_model=None, tags=[OWN])  # whoever sees the list may take it along
def export(name: str, kind: str, desk: AtDesk) -> Response:
    """The submissions that the list shows, a column for each field."""
    if kind not in KINDS:
        raise NotFound(f"There is no export as {kind}; there are {', '.join(KINDS)}.")
    with desk.changing("export submissions", f"form {name}", kind=kind) as session:
        form = form_named(session, name)
        part, asked, title = part_of(form), asked_of(desk, form.id), form.title
    fields = [one.label or one.identifier for one in _fields(part)]
    heads = [desk.say(word) for word in COLUMNS] + fields + [desk.say("figures_other")]
    return streamed(Export(title, heads, desk.language).written(kind, _cells(desk, asked, part)), name, kind)


def _cells(desk: Desk, asked: Asked, part: FormPart | None) -> Iterator[Cells]:
    with desk.door.database.reading() as session:
        for row in every_row(session, asked):
            yield _line(desk, row, part)


def _line(desk: Desk, row: Row, part: FormPart | None) -> Cells:
    fields = _fields(part)
    known = [shown(one, row.values[one.identifier]) if one.identifier in row.values else "" for one in fields]
    names = {one.identifier for one in fields}
    others = "; ".join(f"{name}: {value}" for name, value in row.values.items() if name not in names)
    by = (row.processed_by or desk.say("submission_itself")) if row.processed_at else ""
    status = desk.say(f"submission_{row.status}")
    return [str(row.id), status, row.email or "", row.submitted_at, row.person or "", row.processed_at, by, *known, others]


def _fields(part: FormPart | None) -> list[Any]:
    return [one for one in part.every if one.holds != "nothing"] if part else []
