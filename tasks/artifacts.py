"""What a run shows in Prefect while it sends and when it is done: a progress bar and a summary, in words people understand."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

import httpx
from prefect.artifacts import create_markdown_artifact, create_progress_artifact, update_progress_artifact
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectHTTPStatusError
from prefect.logging import get_run_logger

from tasks.words import headline, progress_line, summary

EVERY = 2.0  # seconds between two updates of a bar: one costs 10 ms of the server, and nobody reads faster

Document = Mapping[str, Any]  #: the status document of cli.md

_bars: dict[UUID, _Bar] = {}


class _Bar:
    """One run's progress bar. A server that stops answering is asked no more: a bar is not worth waiting for."""

    def __init__(self) -> None:
        self.artifact: UUID | None = None
        self.shown_at = -EVERY
        self.gone = False


def show_progress(mailing: str, document: Document) -> None:
    """Draw or move the run's progress bar, at most every two seconds. Does nothing outside a flow run."""
    run = _run()
    if run is None:
        return
    bar = _bars.setdefault(run, _Bar())
    if time.monotonic() - bar.shown_at >= EVERY:
        _move(bar, mailing, document)


def publish_summary(document: Document) -> None:
    """Bring the bar to its end and publish the run's figures as a page. Does nothing outside a flow run."""
    run = _run()
    if run is None:
        return
    bar = _bars.pop(run, _Bar())
    _move(bar, document["name"], document)
    _publish(bar, document)


def publish_page(key: str, page: str) -> None:
    """Publish a page of the run, in Markdown; one of the same key is followed by it. Does nothing outside a flow run."""
    if _run() is None:
        return
    try:
        create_markdown_artifact(page, key=key)
    except (httpx.HTTPError, PrefectHTTPStatusError) as error:
        _give_up(_Bar(), error)


def _run() -> UUID | None:
    context = FlowRunContext.get()
    return context.flow_run.id if context and context.flow_run else None


def _move(bar: _Bar, mailing: str, document: Document) -> None:
    if bar.gone:
        return
    share, line = progress_line(document)
    try:
        if bar.artifact is None:
            made = create_progress_artifact(share, key=_key(mailing, "progress"), description=line)
            bar.artifact = cast(UUID, made)  # a coroutine for asynchronous callers only
        else:
            update_progress_artifact(bar.artifact, share, description=line)
    except (httpx.HTTPError, PrefectHTTPStatusError) as error:
        _give_up(bar, error)
    bar.shown_at = time.monotonic()


def _publish(bar: _Bar, document: Document) -> None:
    if bar.gone:
        return
    try:
        create_markdown_artifact(summary(document), key=_key(document["name"], "summary"), description=headline(document))
    except (httpx.HTTPError, PrefectHTTPStatusError) as error:
        _give_up(bar, error)


def _give_up(bar: _Bar, error: Exception) -> None:
    bar.gone = True
    get_run_logger().warning("The server takes no more artifacts of this run (%s); sending goes on.", type(error).__name__)


def _key(mailing: str, what: str) -> str:
    return f"{re.sub('[^a-z0-9]+', '-', mailing.lower())}-{what}"  # Prefect takes small letters, digits and dashes
