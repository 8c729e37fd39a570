"""What a run has published in Prefect: its artifacts, and where its bar stands."""

from __future__ import annotations

import time
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter
from prefect.client.schemas.objects import Artifact

PATIENCE = 120.0  # seconds for a bar to move; a slow machine moves it seldom


def artifacts_of(run: UUID) -> list[Artifact]:
    """The artifacts of a run."""
    with get_client(sync_client=True) as client:
        return client.read_artifacts(artifact_filter=ArtifactFilter.model_validate({"flow_run_id": {"any_": [str(run)]}}))


def by_key(run: UUID) -> dict[str, Artifact]:
    """The artifacts of a run, each of a key of its own."""
    found = artifacts_of(run)
    assert len({artifact.key for artifact in found}) == len(found)
    return {str(artifact.key): artifact for artifact in found}


def bar_at(run: UUID, share: float) -> float:
    """Where the bar of a run that has published nothing else stands, once it has come to `share` or nobody waits any longer."""
    deadline = time.monotonic() + PATIENCE
    while (stood := [float(str(one.data)) for one in artifacts_of(run)]) != [share] and time.monotonic() < deadline:
        time.sleep(0.2)
    (only,) = stood
    return only
