"""What is kept of clicks and opens: visits as they came, nothing of previews, nothing of those who were erased; in every weather."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from mailings.db import Database
from mailings.model import Delivery, Mailing, TrackedLink
from mailings.tokens import Kind, dynamic_address, of_preview
from tests.tracking.visiting import raw, readings, sent_mailing, stamps
from tests.web.clicking import TOKENS, door, opened, written
from web.targets import FRESH


@pytest.fixture
def client(any_db: Database) -> Iterator[TestClient]:
    """A door that is open at LATER."""
    with opened(any_db) as client:
        yield client


def test_the_trap_is_counted_as_a_machine(any_db: Database, client: TestClient) -> None:
    """Number 0 leads nowhere and gives its visitor away: what the same agent did around it was the machine's too."""
    _, (delivery, *_) = sent_mailing(any_db)
    token = TOKENS.sign(Kind.CLICK, delivery)
    assert client.get(f"/c/{token}/1").status_code == 302
    assert client.get(f"/c/{token}/0").status_code == 200
    written(client)
    assert readings(any_db) == [("company", False), ("trap", False)]
    assert stamps(any_db, delivery) == (None, None, None, 7200)


def test_head_is_answered_and_nobody_reading(any_db: Database, client: TestClient) -> None:
    """HEAD leads on without a body; only machines ask so."""
    _, (delivery, *_) = sent_mailing(any_db)
    answer = client.head(f"/c/{TOKENS.sign(Kind.CLICK, delivery)}/1")
    assert (answer.status_code, answer.content) == (302, b"")
    assert client.head(f"/o/{TOKENS.sign(Kind.OPEN, delivery)}").status_code == 200
    written(client)
    assert [row[9] for row in raw(any_db)] == ["HEAD", "HEAD"]
    assert readings(any_db) == [("head", False), ("head", False)]


def test_previews_lead_on_and_leave_nothing(any_db: Database, client: TestClient) -> None:
    """Links of a preview work, and nothing of them is kept (D22)."""
    mailing_id, _ = sent_mailing(any_db)
    preview = of_preview(mailing_id)
    assert client.get(f"/c/{TOKENS.sign(Kind.CLICK, preview)}/1").status_code == 302
    assert client.get(dynamic_address("", TOKENS, preview, "https://fjord.test/x")).status_code == 302
    assert client.get(f"/o/{TOKENS.sign(Kind.OPEN, preview)}").status_code == 200
    assert client.get(f"/c/{TOKENS.sign(Kind.CLICK, preview)}/0").status_code == 200
    written(client)
    assert raw(any_db) == []


def test_the_links_of_erased_and_deleted_lead_on(any_db: Database, client: TestClient) -> None:
    """Whoever was erased still gets where the link leads, and leaves nothing of themselves; a deleted mailing leads nowhere."""
    mailing_id, (delivery, *_) = sent_mailing(any_db)
    with any_db.writing() as session:
        session.execute(text("UPDATE recipient SET erased_at = 1, address = NULL, name = NULL"))
    assert client.get(f"/c/{TOKENS.sign(Kind.CLICK, delivery)}/1").status_code == 302
    written(client)
    assert [row[10:12] for row in raw(any_db)] == [(None, None)]
    with any_db.writing() as session:
        session.execute(text("DELETE FROM delivery"))
        session.query(TrackedLink).delete()
        session.delete(session.get_one(Mailing, mailing_id))
    with door(any_db) as later:
        assert later.get(f"/c/{TOKENS.sign(Kind.CLICK, delivery)}/1").status_code == 404


def test_a_test_message_leads_on_and_counts_nowhere(any_db: Database, client: TestClient) -> None:
    """The links of a test work; the visit is kept, and read as nobody's (D11, D22)."""
    _, (delivery, *_) = sent_mailing(any_db)
    with any_db.writing() as session:
        session.get_one(Delivery, delivery).test = True
    assert client.get(f"/c/{TOKENS.sign(Kind.CLICK, delivery)}/1").status_code == 302
    written(client)
    assert len(raw(any_db)) == 1
    assert readings(any_db) == []


def test_while_the_database_is_away_readers_are_led_on(any_db: Database, client: TestClient) -> None:
    """A reader of a mailing whose links are known is led on; another is asked to come again; what came is written when it answers."""
    _, (delivery, *_) = sent_mailing(any_db)
    token = TOKENS.sign(Kind.CLICK, delivery)
    assert client.get(f"/c/{token}/1").status_code == 302
    with any_db.connection() as connection:
        for table in ("event", "tracked_link", "delivery"):
            connection.execute(text(f"ALTER TABLE {table} RENAME TO {table}_away"))
    since = time.monotonic()
    while time.monotonic() - since <= FRESH:
        time.sleep(0.1)
    assert client.get(f"/c/{token}/2").status_code == 302
    assert client.get(f"/c/{TOKENS.sign(Kind.CLICK, delivery + 5000)}/2").status_code == 503
    with any_db.connection() as connection:
        for table in ("event", "tracked_link", "delivery"):
            connection.execute(text(f"ALTER TABLE {table}_away RENAME TO {table}"))
    written(client)
    assert [row[7] for row in raw(any_db)] == [1, 2]


def test_closing_the_door_writes_what_it_took(any_db: Database) -> None:
    """Nothing is left in memory when the door closes."""
    _, deliveries = sent_mailing(any_db, recipients=20)
    with door(any_db) as client:
        for delivery in deliveries:
            client.get(f"/c/{TOKENS.sign(Kind.CLICK, delivery)}/1")
    assert len(raw(any_db)) == 20
