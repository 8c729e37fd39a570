"""Mailings that are due get a run each, once; the ones that cannot be started are said aloud."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Crashed, Pending, Scheduled

from flows.start_due_mailings import start_due_mailings
from mailings import clock
from mailings.db import Database
from mailings.errors import NotFound
from mailings.model import MailingStatus
from mailings.settings import Settings
from tests.sending import world

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]


@pytest.fixture
def deployed(prefect_server: None) -> Iterator[None]:
    """A deployment send-mailing/send-mailing that no worker looks at."""
    with get_client(sync_client=True) as client:
        made = client.create_deployment(client.create_flow_from_name("send-mailing"), "send-mailing")
        yield
        client.delete_deployment(made)


def runs(name: str) -> list[FlowRun]:
    """The runs asked for the mailing, the oldest first."""
    with get_client(sync_client=True) as client:
        found = client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate({"tags": {"all_": [f"mailing:{name}"]}}))
    return sorted(found, key=lambda run: str(run.created))


def scheduled(db: Database, name: str) -> None:
    """A mailing whose time came an hour ago."""
    world.mailing(db, name, status=MailingStatus.SCHEDULED, scheduled_at=clock.now() - timedelta(hours=1))


def test_one_run_each(configured: Settings, db: Database, deployed: None) -> None:
    """Each mailing that is due gets one run with its name, however often we look while that run waits for a worker."""
    scheduled(db, "høst-nytt")
    world.mailing(db, "later", status=MailingStatus.SCHEDULED, scheduled_at=clock.now() + timedelta(hours=1))
    assert start_due_mailings() == ["høst-nytt"]
    assert start_due_mailings() == []
    (run,) = runs("høst-nytt")
    assert run.parameters == {"mailing": "høst-nytt"}
    assert runs("later") == []


def test_a_run_that_is_beginning(configured: Settings, db: Database, deployed: None) -> None:
    """A run that a worker has just taken is not doubled while it has no lease yet; one long without a lease is followed by another."""
    scheduled(db, "beginning")
    assert start_due_mailings() == ["beginning"]
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(runs("beginning")[0].id, Pending())
    assert start_due_mailings() == []
    with clock.standing_at(clock.now() + timedelta(minutes=6)):
        assert start_due_mailings() == ["beginning"]
    assert len(runs("beginning")) == 2


def test_a_run_that_died(configured: Settings, db: Database, deployed: None) -> None:
    """A run that crashed is followed by another the minute after."""
    scheduled(db, "died")
    assert start_due_mailings() == ["died"]
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(runs("died")[0].id, Crashed(), force=True)
    with clock.standing_at(clock.now() + timedelta(minutes=1)):
        assert start_due_mailings() == ["died"]
    assert [run.state_type for run in runs("died")] == [StateType.CRASHED, StateType.SCHEDULED]


def test_a_run_somebody_pressed(configured: Settings, db: Database, deployed: None) -> None:
    """A run of the mailing that somebody started on Prefect's page counts as one on its way, though nothing marks it but its form."""
    scheduled(db, "pressed")
    with get_client(sync_client=True) as client:
        found = client.read_deployment_by_name("send-mailing/send-mailing")
        client.create_flow_run_from_deployment(found.id, parameters={"mailing": "pressed"})
    assert start_due_mailings() == []


def test_nothing_deployed(configured: Settings, db: Database) -> None:
    """Without the deployment the run fails with a sentence naming the command that makes it."""
    scheduled(db, "alone")
    with pytest.raises(NotFound, match=r"deployments\.deploy"):
        start_due_mailings()


def test_a_copy_for_next_week(configured: Settings, db: Database, deployed: None) -> None:
    """A run of the mailing that somebody planned for next week holds up nobody: the one that is due now is asked for."""
    scheduled(db, "planned")
    with get_client(sync_client=True) as client:
        found = client.read_deployment_by_name("send-mailing/send-mailing")
        planned = Scheduled(scheduled_time=clock.now() + timedelta(days=7))
        client.create_flow_run_from_deployment(found.id, parameters={"mailing": "planned"}, tags=["mailing:planned"], state=planned)
    assert start_due_mailings() == ["planned"]
    assert start_due_mailings() == []
    assert len(runs("planned")) == 2
