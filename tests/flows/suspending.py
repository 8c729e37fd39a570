"""What the tests of approval do as a worker and a person at Prefect do: begin a run, work it, look at its form and its state."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow
from prefect.states import Pending

from flows.send_mailing import send_mailing
from mailings.db import Database
from mailings.model import Approval, Decision, Door


def deployed_run(name: str) -> FlowRun:
    """A run of the deployment, as a worker would find it."""
    with get_client(sync_client=True) as client:
        found = client.read_deployment_by_name("send-mailing/send-mailing")
        return client.create_flow_run_from_deployment(found.id, parameters={"mailing": name})


def worked(run: UUID) -> FlowRun:
    """Run it as a worker does, to its end or until it is suspended; as Prefect tells of it then."""
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run, Pending())
        taken = client.read_flow_run(run)
        with suppress(Pause):  # how a run that is suspended ends
            run_flow(send_mailing, flow_run=taken, parameters=taken.parameters, return_type="state")
        return client.read_flow_run(run)


def state_of(run: UUID) -> tuple[str, str]:
    """The run's state in Prefect: type and name."""
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(run).state
    assert state is not None
    return state.type.value, state.name


def form(run: UUID, mailing_id: int) -> str:
    """What the run's form lays before somebody, in Markdown."""
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(run).state
        assert state is not None
        key = state.state_details.run_input_keyset["description"]
        return str(client.request("GET", f"/flow_runs/{run}/input/{key}").json())  # type: ignore[arg-type]  # its overloads want a known route


def said(db: Database, mailing_id: int) -> list[tuple[Decision | None, str | None, Door | None, str | None]]:
    """Every question asked of the mailing, with what was answered."""
    with db.reading() as session:
        rows = session.query(Approval).filter_by(mailing_id=mailing_id).order_by(Approval.id)
        return [(row.decision, row.decided_by, row.door, row.comment) for row in rows]
