"""Form responses where Prefect sends and no loop runs: opened by a run, asked for after a minute, sent by the flow, never called sent."""

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
from mailings.settings import Settings, settings
from mailings.transports.memory import Memory
from tests.forms.sent import send
from tests.sending.answered import BODY, deliveries, furnished
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
    with clock.standing_at(clock.now()):
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


def test_opened_by_a_run(db: Database, memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run on a draft opens it and answers who waits already; with something to mend it stays a draft, and the outcome says what."""
    monkeypatch.setenv("MAILINGS_SPF_POLICY", "off")
    settings.cache_clear()
    furnished(db, tmp_path, opened=False, body=BODY.replace("submission.dish", "submission.dihs"))
    send(db)
    refused = send_mailing("takk")
    assert (refused.status, refused.sentence) == (MailingStatus.DRAFT, "takk is not opened: 1 problem found.")
    assert "submission.dihs" in refused.problems[0]
    assert deliveries(db) == [("queued", 1, None)]
    furnished(db, tmp_path, opened=False)
    outcome = send_mailing("takk")
    assert (outcome.status, outcome.sentence) == (MailingStatus.SENDING, "takk stays open: everybody who asked for it so far is served.")
    assert [kept.address for kept in memory.kept] == ["ase@fjord.test"]
    send(db)
    assert send_mailing("takk").status is MailingStatus.SENDING
    assert len(memory.kept) == 2
