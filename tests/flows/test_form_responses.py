"""System messages where Prefect sends and no loop runs: asked for after a minute, sent by the ordinary flow, never called sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from flows.send_mailing import send_mailing
from flows.start_due_mailings import start_due_mailings
from mailings import clock
from mailings.db import Database
from mailings.model import MailingStatus
from mailings.settings import Settings
from tests.sending.asked import DANISH, ask, books, messages, person

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]


@pytest.fixture
def deployed(prefect_server: None) -> Iterator[None]:
    """A deployment send-mailing/send-mailing that no worker looks at."""
    with get_client(sync_client=True) as client:
        made = client.create_deployment(client.create_flow_from_name("send-mailing"), "send-mailing")
        yield
        client.delete_deployment(made)


def test_asked_for_after_a_minute(configured: Settings, db: Database, deployed: None) -> None:
    """A loop has a head start of some seconds; then a run is asked for, once."""
    ask(db, person(db))
    assert start_due_mailings() == []
    with clock.standing_at(clock.now() + timedelta(minutes=2)):
        assert start_due_mailings() == [DANISH]
        assert start_due_mailings() == []


def test_sent_by_the_flow(configured: Settings, db: Database, tmp_path: Path) -> None:
    """The flow sends what waits by the same steps, and leaves the mailing open; run again it does nothing."""
    ask(db, person(db))
    for _ in range(2):
        outcome = send_mailing(DANISH)
        assert (outcome.status, "stays open" in outcome.sentence) == (MailingStatus.SENDING, True)
    assert messages(db) == [("sent", None)]
    assert books(db).deliveries["sent"] == 1
    assert len(list((tmp_path / "outbox/new").iterdir())) == 1
