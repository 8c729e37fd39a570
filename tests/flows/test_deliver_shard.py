"""Shards as Prefect runs them: asked for once, joined to what is being sent, and the conductor sends alone where none comes."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun

from flows.deliver_shard import deliver_shard
from flows.send_mailing import send_mailing
from mailings.audience.populate import populate
from mailings.db import Database
from mailings.model import LeaseRole, Mailing, MailingStatus
from mailings.sending import leases, lifecycle
from mailings.settings import settings
from mailings.transports.memory import Memory
from tasks.parameters import HowToSend
from tasks.sending import at_work
from tasks.sharding import ask_for_shards
from tests.flows.test_send_mailing import draft
from tests.sending import world

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]


@pytest.fixture
def deployed(prefect_server: None) -> Iterator[None]:
    """A deployment deliver-shard/deliver-shard that no worker looks at."""
    with get_client(sync_client=True) as client:
        made = client.create_deployment(client.create_flow_from_name("deliver-shard"), "deliver-shard")
        yield
        client.delete_deployment(made)


@pytest.fixture
def soon(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation that waits two seconds for shards."""
    monkeypatch.setenv("MAILINGS_SHARD_PATIENCE", "2")
    settings.cache_clear()


def shards(name: str) -> list[FlowRun]:
    """The runs of deliver-shard asked for the mailing, by shard."""
    with get_client(sync_client=True) as client:
        found = client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate({"tags": {"all_": [f"mailing:{name}"]}}))
    return sorted(found, key=lambda run: int(run.parameters["shard"]))


def begun(db: Database, name: str, people: int) -> int:
    """A mailing that is being sent, and nobody at work on it."""
    mailing_id = draft(db, name, people)
    with db.writing() as session:
        mailing = session.get_one(Mailing, mailing_id)
        lifecycle.pick_up(mailing)
        populate(session, mailing, launch=True)
        lifecycle.begin_sending(session, mailing)
    return mailing_id


def test_a_shard_serves_what_is_next(db: Database, memory: Memory) -> None:
    """A run of deliver-shard beside a conductor serves everybody once and leaves the closing to the conductor."""
    mailing_id = begun(db, "skår", 12)
    assert deliver_shard("skår", shard=2, batch_size=5) == 1
    assert sorted(kept.address for kept in memory.kept) == sorted(f"ase{n}@fjord.test" for n in range(1, 13))
    assert world.statuses(db, mailing_id) == {"sent": 12}
    assert world.status(db, mailing_id) is MailingStatus.SENDING


def test_a_shard_that_comes_late(db: Database, memory: Memory) -> None:
    """A shard that begins when everything is over ends well and hands over nothing."""
    draft(db, "over", 2)
    send_mailing("over")
    assert deliver_shard("over") == 0
    assert len(memory.kept) == 2


def test_without_the_deployment(db: Database, memory: Memory, caplog: pytest.LogCaptureFixture) -> None:
    """Where deliver-shard is not deployed the run says what to do, and sends alone at once."""
    draft(db, "alene", 5)
    with caplog.at_level(logging.WARNING):
        assert send_mailing("alene", HowToSend(shards=4)).status is MailingStatus.SENT
    assert (
        "There is no deployment deliver-shard/deliver-shard, so this run sends alone; make it with: python -m deployments.deploy"
        in caplog.text
    )
    assert len(memory.kept) == 5


def test_without_a_worker(db: Database, memory: Memory, deployed: None, soon: None) -> None:
    """Shards that no worker takes up are waited for, and then the conductor sends to everybody itself."""
    draft(db, "ingen", 7)
    assert send_mailing("ingen", HowToSend(batch_size=3, shards=2)).status is MailingStatus.SENT
    assert [run.parameters for run in shards("ingen")] == [{"mailing": "ingen", "shard": n, "batch_size": 3} for n in (1, 2)]
    assert len({kept.address for kept in memory.kept}) == len(memory.kept) == 7


def test_asked_for_once(db: Database, memory: Memory, deployed: None) -> None:
    """The same conductor asking twice gets the same runs; one that takes over asks anew, and only for what is missing."""
    mailing_id = begun(db, "nøkkel", 9)
    for _ in range(2):
        with at_work("nøkkel", HowToSend(batch_size=200)):
            assert [ask_for_shards("nøkkel", HowToSend(shards=3, batch_size=200)) for _ in range(2)] == [3, 3]
    assert [run.parameters["shard"] for run in shards("nøkkel")] == [1, 1, 2, 2, 3, 3]
    with db.writing() as session:
        leases.take(session, session.get_one(Mailing, mailing_id), LeaseRole.SENDER)
    with at_work("nøkkel", HowToSend(batch_size=200)):
        ask_for_shards("nøkkel", HowToSend(shards=3, batch_size=200))
    assert [run.parameters["shard"] for run in shards("nøkkel")] == [1, 1, 1, 2, 2, 2, 3, 3]


def test_the_conductor_watches(db: Database, memory: Memory, deployed: None, soon: None) -> None:
    """While a shard is at work the conductor hands over nothing; when it has ended, the conductor serves who is left and closes."""
    mailing_id = begun(db, "vakt", 6)
    with db.writing() as session:
        lease = leases.take(session, session.get_one(Mailing, mailing_id), LeaseRole.SENDER).id

    def shard() -> int:
        """Be at work for two seconds beside the conductor; how many were handed over meanwhile."""
        while not conducted(db, mailing_id):
            time.sleep(0.05)
        time.sleep(2)
        kept = len(memory.kept)
        with db.writing() as session:
            leases.end(session, lease)
        return kept

    with ThreadPoolExecutor(1) as aside:
        ends = aside.submit(shard)
        outcome = send_mailing("vakt", HowToSend(shards=2))
        assert ends.result() == 0
    assert outcome.status is MailingStatus.SENT
    assert len(memory.kept) == 6


def conducted(db: Database, mailing_id: int) -> bool:
    """Whether a conductor is at work on the mailing."""
    with db.reading() as session:
        return leases.conductor_of(session, mailing_id) is not None
