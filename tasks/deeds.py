"""What a run does on somebody's behalf, in the log of changes: one line where sending begins, not one a step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy.orm import Session

from mailings.staff import auditing
from tasks.artifacts import run_id

PREFECT = "prefect"
_by: ContextVar[str] = ContextVar("by", default=PREFECT)


@contextmanager
def acting_for(by: str) -> Iterator[None]:
    """Runs begun in the block, in this process, do what they do as `by`, who stands in the log then: "cli anna"."""
    before = _by.set(by)
    try:
        yield
    finally:
        _by.reset(before)


def record(session: Session, what: str, subject: str = "", **details: Any) -> None:
    """The line of what a run changes, in the change's own transaction; of a run that nobody sits before, with its id in Prefect."""
    by, run = _by.get(), run_id()
    auditing.record(session, by, what, subject, **details, **({"run": str(run)} if run and by == PREFECT else {}))
