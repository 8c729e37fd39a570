"""A form's statistics, and its submissions as a file (domain.md J.6)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from fastapi import APIRouter
from fastapi.responses import Response

from mailings.errors import NotFound
from mailings.forms.definition import FormPart
from mailings.forms.doing import shown
from mailings.forms.fields import FieldPart
from mailings.forms.finding import form_named
from mailings.forms.statistics import processed_by_day, statistics
from mailings.forms.submissions import Asked, Row, every_row
from mailings.model import Form, Mailing
from mailings.reports.charts import chart_of_days
from mailings.reports.exporting import KINDS, Cells, Export
from mailings.reports.figures import report_of
from web.desk.at import OWN, AtDesk, Desk
from web.desk.following import streamed
from web.desk.forms import head_of, part_of, part_seen
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
    """A row each, read by the version it was filled in."""
    parts: dict[int, FormPart | None] = {}
    with desk.door.database.reading() as session:
        form = session.get(Form, asked.form_id)
        for row in every_row(session, asked):
            if row.version not in parts:
                parts[row.version] = part_seen(session, form, row.version) if form is not None else None
            yield _line(desk, row, _fields(part), _fields(parts[row.version]))


def _line(desk: Desk, row: Row, columns: list[FieldPart], theirs: list[FieldPart]) -> Cells:
    """What was asked as the form asks it now stands in its column; what was asked otherwise stands last, with the words it was asked in."""
    asked = {one.identifier: one for one in theirs}
    alike = {one.identifier for one in columns if one.identifier in asked and _same(one, asked[one.identifier])}
    told = {name: shown(asked[name], value) if name in asked else str(value) for name, value in row.values.items()}
    known = [told.get(one.identifier, "") if one.identifier in alike else "" for one in columns]
    others = "; ".join(
        f"{asked[name].label or name if name in asked else name}: {said}" for name, said in told.items() if name not in alike
    )
    by = (row.processed_by or desk.say("submission_itself")) if row.processed_at else ""
    status = desk.say(f"submission_{row.status}")
    return [str(row.id), status, row.email or "", row.submitted_at, row.person or "", row.processed_at, by, *known, others]


def _same(now: FieldPart, then: FieldPart) -> bool:
    return (now.kind, now.label, now.look, now.purpose, now.text) == (then.kind, then.label, then.look, then.purpose, then.text)


def _fields(part: FormPart | None) -> list[FieldPart]:
    return [one for one in part.every if one.holds != "nothing"] if part else []
