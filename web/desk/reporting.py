"""A mailing's reports: figures, charts, the workbook."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import quote

import orjson
from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse

from mailings.reports.charts import CHARTS, chart
from mailings.reports.cost import cost_told
from mailings.reports.counting_anew import freshen
from mailings.reports.figures import report_of
from mailings.reports.page import page
from mailings.reports.rows import recipient_rows
from mailings.reports.saying import say as said
from mailings.reports.summary import summary_of
from mailings.reports.workbook import write_workbook
from web.desk.at import OWN, AtDesk, path
from web.desk.heads import head_of
from web.desk.tables import tables_of

router = APIRouter()

#: a drawing of ours, shown as a picture: its own style attributes, and nothing from anywhere
PICTURE = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IN_MEMORY, PIECE = 4 * 1024 * 1024, 64 * 1024  # bytes


@router.get("/mailings/{name}/reports", response_model=None)
def reports(name: str, desk: AtDesk) -> Response:
    """Tiles, four charts with their numbers as tables, per domain, per client."""
    with desk.door.database.reading() as session:
        mailing, head = head_of(session, name)
        report = report_of(session, mailing)
    as_of = datetime.fromisoformat(report["as_of"]) if "as_of" in report else None
    titles = {kind: said(f"chart_{kind}", desk.language) for kind in CHARTS}
    shown: dict[str, Any] = {"tables": tables_of(report, desk.language), "cost": cost_told(report, desk.language)}
    return desk.show("mailing/reports.html", head=head, tab="reports", report=report, as_of=as_of, titles=titles, **shown)


@router.post("/mailings/{name}/refresh", response_model=None, tags=[OWN])
def refresh(name: str, desk: AtDesk) -> Response:
    """Count anew what is to be counted anew, so that every look after it is quick (domain.md H.2); for readers too."""
    with desk.door.database.reading() as session:
        mailing_id = head_of(session, name)[0].id
    freshen(desk.door.database, mailing_id)
    return desk.moved_to(path("mailings", name, "reports"))


@router.get("/mailings/{name}/report.xlsx", response_model=None)
def workbook(name: str, desk: AtDesk) -> Response:
    """The workbook, its recipients read as it is written: a small one in memory, a large one on the disk."""
    file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  closed when it is sent
    with desk.door.database.reading() as session:
        mailing, _ = head_of(session, name)
        write_workbook(file, summary_of(session, mailing, desk.language), recipient_rows(session, mailing))
    file.seek(0)
    return StreamingResponse(_pieces(file), media_type=WORKBOOK, headers=_saved_as(f"{name}.xlsx"))


@router.get("/mailings/{name}/report.html", response_model=None)
def alone(name: str, desk: AtDesk) -> Response:
    """The report as one page that needs nothing but itself, to be kept or sent on."""
    with desk.door.database.reading() as session:
        summary = summary_of(session, head_of(session, name)[0], desk.language)
    return Response(page(summary), media_type="text/html; charset=utf-8", headers=PICTURE | _saved_as(f"{name}.html"))


def _saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece


@router.get("/mailings/{name}/charts/{kind}.svg", response_model=None)
def picture(name: str, kind: str, desk: AtDesk) -> Response:
    """One of the four charts. Raises NotFound."""
    with desk.door.database.reading() as session:
        report = summary_of(session, head_of(session, name)[0], desk.language).document
    drawn = _drawn(kind, desk.language, orjson.dumps({name: value for name, value in report.items() if name != "as_of"}))
    return Response(drawn, media_type="image/svg+xml", headers=PICTURE)


@lru_cache(maxsize=64)  # of the same figures the same drawing: some 30 kB each, and 50 ms and more to make
def _drawn(kind: str, language: str, report: bytes) -> bytes:
    document: dict[str, Any] = orjson.loads(report)
    return chart(kind, document, language=language)
