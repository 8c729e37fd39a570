"""A progress bar fed from the database by a small thread, so that it tells what is recorded and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from sqlalchemy.orm import Session

from cli.door import notes
from cli.figures import waits
from mailings.db import Database
from mailings.errors import MailingsError
from mailings.reports.waiting import waiting_of
from mailings.sending import soonest
from mailings.sending.books import Tally, tally_of
from mailings.sending.finding import mailing_named
from mailings.settings import settings

OFTEN = 0.5  # seconds between two looks
SHARE = 30  # a look at a big mailing takes a while: never more than a thirtieth of the time goes into looking


@contextmanager
def progress_of(database: Database, name: str) -> Iterator[None]:
    """A bar on standard error for the block."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[said]}"),
    )
    over = threading.Event()
    with Progress(*columns, console=notes, transient=True) as progress:
        bar = progress.add_task("making the list", total=None, said="")
        watch = threading.Thread(target=_watch, args=(database, name, over, progress, bar), daemon=True)
        watch.start()
        try:
            yield
        finally:
            over.set()
            watch.join(timeout=5)


def _watch(database: Database, name: str, over: threading.Event, progress: Progress, bar: TaskID) -> None:
    took, told, left = 0.0, "", -1
    while not over.wait(max(OFTEN, took * SHARE)):
        begun = time.monotonic()
        try:
            with database.reading() as session:
                tally = tally_of(session, name)
                said = _said(session, name, tally, still=tally.open == left)
        except MailingsError:
            continue  # the run itself meets the same trouble and says so
        took, left = time.monotonic() - begun, tally.open
        if not tally.total:
            continue
        progress.update(bar, description=tally.status, total=tally.total, completed=tally.total - tally.open, said=said)
        if said and said != told and not notes.is_terminal:  # where no bar is drawn, a line says what is waited for
            notes.print(f"{name}: {said}", highlight=False, soft_wrap=True)
        told = said


def _said(session: Session, name: str, tally: Tally, *, still: bool) -> str:
    """For whom is waited, once nothing else is left to do; or for which limit, where it stands `still` since the last look."""
    if not tally.waiting or tally.waiting < tally.open:
        limit = soonest.waits(session, mailing_named(session, name)) if still and tally.open else None
        return f"waits {limit}" if limit else ""
    document = waiting_of(session, mailing_named(session, name).id, settings().retry_deadline)
    return waits(document) if document else ""
