"""What people set on deployments that are there already, written into what is deployed next: deploying again then undoes none of it.

`prefect deploy` by itself makes a paused deployment active again, and replaces all schedules as soon as one of them has no slug.
"""

from __future__ import annotations

from typing import Any

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
from prefect.client.schemas.objects import DeploymentSchedule
from prefect.client.schemas.responses import DeploymentResponse

from deployments.made import Made

Written = dict[str, Any]  #: a deployment, or one of its schedules, as prefect.yaml has it


def there(client: SyncPrefectClient, deployments: list[Written]) -> dict[str, DeploymentResponse]:
    """Those of them that the server has, by name."""
    names = [str(deployment["name"]) for deployment in deployments]
    return {one.name: one for one in client.read_deployments(deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=names)))}


def keep(client: SyncPrefectClient, deployment: Written, found: DeploymentResponse) -> list[Made]:
    """Write what people set on `found` into `deployment`; what that was. Schedules people added get a slug, for only those stay.

    The slug stays as well: nothing is lost then wherever deploying is cut off, and `prefect deploy` by hand leaves the schedule alone, too.
    """
    deployment["paused"] = found.paused
    paused = [Made("deployment", found.name, "stays", "paused")] if found.paused else []
    ours: list[Written] = deployment.get("schedules") or []
    if not all(schedule.get("slug") for schedule in ours):
        return paused  # a file of one's own without slugs: nothing tells its schedules from those people added
    return paused + [_kept(client, found, schedule, ours) for schedule in found.schedules if _is_set(schedule, ours)]


def _is_set(there: DeploymentSchedule, ours: list[Written]) -> bool:
    return not there.active or _written(there, ours) is None


def _written(there: DeploymentSchedule, ours: list[Written]) -> Written | None:
    return next((schedule for schedule in ours if schedule["slug"] == there.slug), None)


def _kept(client: SyncPrefectClient, of: DeploymentResponse, there: DeploymentSchedule, ours: list[Written]) -> Made:
    slug, written = there.slug or f"added-{there.id.hex[:8]}", _written(there, ours)
    if written is not None:
        written["active"] = False
        return Made("schedule", f"{of.name}/{slug}", "stays", "off")
    if there.slug is None:  # its parameters too: the server empties what this request leaves out
        client.update_deployment_schedule(of.id, there.id, slug=slug, parameters=there.parameters)
    return Made("schedule", f"{of.name}/{slug}", "stays", "added by people" if there.active else "added by people, off")
