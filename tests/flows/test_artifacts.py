"""What a run shows in Prefect: one bar that moves at most every two seconds, one page at the end, nothing that can stop it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter
from prefect.client.schemas.objects import Artifact
from prefect.context import FlowRunContext
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from tasks.artifacts import publish_summary, show_progress
from tests.flows.test_words import document

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]


def run_id() -> UUID:
    """The flow run we are in."""
    context = FlowRunContext.get()
    assert context
    assert context.flow_run
    return context.flow_run.id


def artifacts_of(run: UUID) -> dict[str, Artifact]:
    """The artifacts of a run, by key."""
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=ArtifactFilter.model_validate({"flow_run_id": {"any_": [str(run)]}}))
    return {str(artifact.key): artifact for artifact in found}


@task
def sums_up(shown: dict[str, Any]) -> None:
    """The last step of a run."""
    publish_summary(shown)


@flow
def shows(documents: list[dict[str, Any]]) -> UUID:
    """Shows each document, then sums up the last in a task of its own."""
    for shown in documents:
        show_progress("høst-nytt", shown)
    sums_up(documents[-1])
    return run_id()


def test_a_run_shows_its_progress_and_its_figures() -> None:
    """One bar at its end and one page with the figures are left on the run."""
    found = artifacts_of(shows([document("sending", queued=n, sent=10 - n) for n in range(10, -1, -1)]))
    assert set(found) == {"h-st-nytt-progress", "h-st-nytt-summary"}
    assert found["h-st-nytt-progress"].data == 100.0
    assert found["h-st-nytt-progress"].description == "10 of 10"
    assert str(found["h-st-nytt-summary"].data).startswith("# høst-nytt")


@flow
def hurries() -> tuple[UUID, float]:
    """Shows a thousand steps without a pause, and says where the bar stands."""
    for n in range(1000):
        show_progress("haste", document("sending", queued=1000 - n, sent=n))
    (bar,) = artifacts_of(run_id()).values()
    return run_id(), float(str(bar.data))


def test_not_more_often_than_every_two_seconds() -> None:
    """A thousand steps in a moment are one request: the bar stands where the first one put it."""
    assert hurries()[1] == 0.0


@flow
def loses_its_server() -> str:
    """Shows progress to a server that is not there."""
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api", PREFECT_CLIENT_MAX_RETRIES: 0}):
        show_progress("alone", document("sending", queued=1))
        publish_summary(document(sent=1))
    return "went on"


def test_a_lost_server_stops_nothing() -> None:
    """A run whose server went away goes on without its bar."""
    assert loses_its_server() == "went on"


def test_outside_a_run() -> None:
    """Outside a flow run nothing is shown and nothing fails."""
    show_progress("nowhere", document())
    publish_summary(document())
