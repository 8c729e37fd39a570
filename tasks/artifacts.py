"""Publishing what a run shows in Prefect: pages, tables, a bar. A server that takes none stops nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import orjson
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.context import FlowRunContext, TaskRunContext
from prefect.exceptions import PrefectHTTPStatusError
from prefect.logging import get_run_logger
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

REFUSALS = (httpx.HTTPError, PrefectHTTPStatusError)  # what a server that is gone, or says no, comes to
PATIENCE = 10.0  # seconds for one request: an artifact is not worth the two minutes Prefect tries for a state
LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ð": "d", "þ": "th", "ł": "l"})  # which no accent can be taken off

MARKUP = re.compile(r"[\\`*_\[\]<>~&|#!@]|:(?=//)|(?<=www)\.|^[-+=]", re.IGNORECASE)  # what Markdown could read as more than text

Rows = list[dict[str, Any]]


class Drawn(str):
    """A description that is Markdown of our own, with nobody else's words in it."""

    __slots__ = ()


def drawn(description: str | None) -> str | None:
    """A description as Prefect is to have it: a subject or a server's words stay text.

    An artifact's own page draws it as Markdown, its card on the run's page shows it as it is: so no sign is escaped without need.
    """
    return description if description is None or isinstance(description, Drawn) else MARKUP.sub(r"\\\g<0>", " ".join(description.split()))


def publish_page(key: str, text: str, description: str | None = None) -> None:
    """Publish a page of the run, in Markdown; one of the same key is followed by it. Does nothing outside a flow run."""
    publish([page(key, text, description)])


def page(key: str, text: str, description: str | None = None) -> ArtifactCreate:
    """A page in Markdown, to be published by the run or task we are in."""
    return artifact("markdown", key, text, description)


def table(key: str, rows: Rows, description: str | Drawn) -> ArtifactCreate:
    """A table, to be published; a few hundred rows at most: Prefect keeps it as one value and draws all of it."""
    return artifact("table", key, orjson.dumps(rows).decode(), description)


def artifact(kind: str, key: str, content: str | float, description: str | Drawn | None) -> ArtifactCreate:
    """An artifact of the run we are in, and of its task where we are in one."""
    task = TaskRunContext.get()
    told: dict[str, Any] = {"type": kind, "key": key, "data": content, "description": drawn(description), "flow_run_id": run_id()}
    return ArtifactCreate(**told, task_run_id=task.task_run.id if task else None)


def publish(artifacts: Sequence[ArtifactCreate]) -> None:
    """Publish them in turn. What a server does not take is said in the log, and not tried again. Does nothing outside a flow run."""
    if run_id() is None:
        return
    try:
        with connected() as client:
            for one in artifacts:
                client.create_artifact(one)
    except REFUSALS as error:
        get_run_logger().warning("Prefect's server takes no artifacts of this run (%s); what was sent is kept.", type(error).__name__)


@contextmanager
def connected() -> Iterator[SyncPrefectClient]:
    """A connection to the server beside the run's own, whose requests fail soon where it does not answer."""
    fresh = {"timeout": PATIENCE}  # settings of its own make a client of its own; the run's may be in use, or be closed any moment
    with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 1}), get_client(httpx_settings=fresh, sync_client=True) as client:
        yield client


def run_id() -> UUID | None:
    """The flow run we are in; None outside."""
    context = FlowRunContext.get()
    return context.flow_run.id if context and context.flow_run else None


def key_of(mailing: str, what: str) -> str:
    """An artifact's name: Prefect takes small letters, digits and dashes. `høst-nytt`, `summary` -> `host-nytt-summary`."""
    plain = unicodedata.normalize("NFKD", mailing.lower().translate(LETTERS)).encode("ascii", "ignore").decode()
    return "-".join(filter(None, [re.sub("[^a-z0-9]+", "-", plain).strip("-"), what]))
