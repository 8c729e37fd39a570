"""The steps of reporting a mailing: figures counted where they are to be, files written whole, a page of the run that tells them."""

from __future__ import annotations

import platform
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from prefect import task
from prefect.logging import get_run_logger
from sqlalchemy.orm import Session

from mailings.content.system import LANGUAGES
from mailings.db import database
from mailings.errors import NotAllowed
from mailings.model import Mailing
from mailings.reports.charts import chart
from mailings.reports.markdown import markdown, plain
from mailings.reports.outfile import written
from mailings.reports.page import page
from mailings.reports.places import desk_address
from mailings.reports.rows import recipient_rows
from mailings.reports.saying import say
from mailings.reports.summary import Summary, summary_of
from mailings.reports.workbook import write_workbook
from mailings.sending.finding import mailing_named
from mailings.settings import settings
from tasks.artifacts import key_of, publish_page
from tasks.naming import of_task
from tasks.retrying import STEP

BY = "MAILINGS_REPORTS_PATH"
LONGEST = 200  # bytes of a name in the name of a file, which may have 255 in all
DRAWN = "statuses"  # the chart that says most of a run: what became of everybody


@task(name="write workbook", task_run_name=of_task("write the workbook of {mailing}"), **STEP)
def write_book(mailing: str, language: str) -> str:
    """Write the workbook, recipient by recipient; where it lies. Raises NotFound, NotAllowed where it cannot be written."""
    with _report(mailing, language) as (session, row, summary), _placed(row, "xlsx") as (file, path):
        write_workbook(file, summary, recipient_rows(session, row))
    return str(path)


@task(name="write page", task_run_name=of_task("write the page of {mailing}"), **STEP)
def write_page(mailing: str, language: str) -> str:
    """Write the page with its charts; where it lies. Raises NotFound, NotAllowed where it cannot be written."""
    with _report(mailing, language) as (_, row, summary), _placed(row, "html") as (file, path):
        file.write(page(summary).encode())
    return str(path)


@task(name="show report", task_run_name=of_task("show the report of {mailing}"), **STEP)
def show_report(mailing: str, language: str, files: list[str]) -> None:
    """Publish the figures as a page of the run, with a chart, where the files lie, and the way to the desk. Raises NotFound."""
    with _report(mailing, language) as (_, _, summary):
        pass
    publish_page(key_of(mailing, "report"), told(summary, files), summary.about.subject or None)
    for path in files:
        get_run_logger().info("%s is written.", path)


def told(summary: Summary, files: list[str]) -> str:
    """The page in Markdown: figures, a chart as an image in itself, files, the report at the desk."""
    language, host = summary.language, platform.node()
    drawn = b64encode(chart(DRAWN, summary.document, language=language)).decode()  # 5 kB as SVG, 100 as PNG; both UIs show it
    parts = [markdown(summary), f"![{say(f'chart_{DRAWN}', language)}](data:image/svg+xml;base64,{drawn})"]
    if files:
        lines = [f"* {plain(path)}" for path in files]
        parts += [f"## {plain(say('files_on', language, host=host))}", "\n".join(lines)]
    desk = desk_address(settings(), "report", summary.about.name)
    return "\n\n".join([*parts, f"[{say('report_at_desk', language)}]({desk})"])


def language_of(asked: str) -> str:
    """The language asked for, else the installation's, else English."""
    chosen = asked or settings().language
    return chosen if chosen in LANGUAGES else "en"


@contextmanager
def _report(mailing: str, language: str) -> Iterator[tuple[Session, Mailing, Summary]]:
    with database().reading() as session:
        row = mailing_named(session, mailing)
        yield session, row, summary_of(session, row, language_of(language))


@contextmanager
def _placed(row: Mailing, kind: str) -> Iterator[tuple[IO[bytes], Path]]:
    """The file NAME-report.KIND in the folder of reports, made where there is none."""
    folder = settings().reports_path.absolute()
    try:
        folder.mkdir(0o700, parents=True, exist_ok=True)  # one that is there keeps what its owner gave it
    except OSError as error:
        raise NotAllowed(f"{folder} cannot be made: {error.strerror}; choose another place with {BY}.") from error
    name = row.name if len(row.name.encode()) <= LONGEST else f"{row.name[:40]}-{row.id}"
    path = folder / f"{name}-report.{kind}"
    with written(path, BY, private=True) as file:
        yield file, path
