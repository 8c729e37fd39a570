"""A mailing's reports: figures, charts, the workbook."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from fastapi import APIRouter
from fastapi.responses import Response

from mailings.reports.charts import CHARTS, chart
from mailings.reports.figures import report_of
from mailings.reports.saying import say as said
from web.desk.at import AtDesk
from web.desk.heads import head_of
from web.desk.tables import tables_of

router = APIRouter()

#: a drawing of ours, shown as a picture: its own style attributes, and nothing from anywhere
PICTURE = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}


@router.get("/mailings/{name}/reports", response_model=None)
def reports(name: str, desk: AtDesk) -> Response:
    """Tiles, four charts with their numbers as tables, per domain, per client."""
    with desk.door.database.reading() as session:
        mailing, head = head_of(session, name)
        report = report_of(session, mailing)
    as_of = datetime.fromisoformat(report["as_of"]) if "as_of" in report else None
    titles = {kind: said(f"chart_{kind}", desk.language) for kind in CHARTS}
    return desk.show(
        "mailing/reports.html", head=head, tab="reports", report=report, as_of=as_of, titles=titles, tables=tables_of(report, desk.language)
    )


@router.get("/mailings/{name}/charts/{kind}.svg", response_model=None)
def picture(name: str, kind: str, desk: AtDesk) -> Response:
    """One of the four charts. Raises NotFound."""
    with desk.door.database.reading() as session:
        report = report_of(session, head_of(session, name)[0])
    report.pop("as_of", None)
    drawn = _drawn(kind, desk.language, orjson.dumps(report))
    return Response(drawn, media_type="image/svg+xml", headers=PICTURE)


@lru_cache(maxsize=64)  # of the same figures the same drawing: some 30 kB each, and 50 ms and more to make
def _drawn(kind: str, language: str, report: bytes) -> bytes:
    document: dict[str, Any] = orjson.loads(report)
    return chart(kind, document, language=language)
