"""The door for what providers report: durable before the answer, nothing that a stranger sends breaks it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mailings.db import Database
from mailings.settings import Settings
from tests.doubles.sendgrid_events import Webhook, body_of, event
from tests.examples import tried
from tests.tracking.told import K, address, delivery, events, mark, out
from web.app import make_app

HOOK = "/hooks/sendgrid"


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Webhook:
    """A webhook whose key the installation has."""
    made = Webhook()
    monkeypatch.setenv("MAILINGS_SENDGRID_WEBHOOK_KEY", made.public_key)
    return made


@pytest.fixture
def door(any_db: Database) -> TestClient:
    """The door of an installation with that database."""
    return TestClient(make_app(any_db, Settings(secret="a-secret-of-the-tests")), raise_server_exceptions=False)


def post(door: TestClient, webhook: Webhook, *told: Any) -> httpx.Response:
    """Post the events as SendGrid does."""
    body = body_of(told)
    return door.post(HOOK, content=body, headers=webhook.signed(body))


def ours(db: Database, number: int) -> dict[str, Any]:
    """What SendGrid tells in every event of a delivery."""
    return {"email": address(db, number), "mailings_delivery": f"{number}.{mark(db, number)}"}


def test_durable_before_the_answer(door: TestClient, any_db: Database, webhook: Webhook) -> None:
    """204 means that the events are committed and the delivery has moved; the same body once more is welcome and changes nothing."""
    (one,) = out(any_db)
    for _ in range(2):
        told = post(door, webhook, event(ours(any_db, one), "delivered", 1795000000, response="250 OK"))
        assert (told.status_code, told.content) == (204, b"")
    assert [kept.kind for kept in events(any_db)] == [K.DELIVERED]
    assert delivery(any_db, one).status == "delivered"


def test_a_forged_request(door: TestClient, any_db: Database, webhook: Webhook) -> None:
    """A changed byte, another's key, no signature: 403 with a line for a machine, no page; and nothing is kept."""
    body = body_of([event({"email": "åse@fjord.test"}, "spamreport", 1795000000)])
    for headers, content in ((webhook.signed(body), body + b" "), (Webhook().signed(body), body), ({}, body)):
        told = door.post(HOOK, content=content, headers=headers)
        assert (told.status_code, told.text) == (403, "The signature does not hold.\n")
        assert told.headers["content-type"].startswith("text/plain")
    assert events(any_db) == []


def test_what_is_no_list(door: TestClient, webhook: Webhook) -> None:
    """A signed body that is no list of events is answered 400: asking again would not mend it."""
    for body in (b"", b"{}", b"\xff\xfe", b"[" * 100_000, b'"text"'):
        told = door.post(HOOK, content=body, headers=webhook.signed(body))
        assert (told.status_code, "<" in told.text) == (400, False)


def test_without_a_key(door: TestClient, any_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """While no key is set nothing is believed, and SendGrid is asked to come again."""
    monkeypatch.delenv("MAILINGS_SENDGRID_WEBHOOK_KEY", raising=False)
    body = body_of([event({"email": "åse@fjord.test"}, "bounce", 1795000000)])
    told = door.post(HOOK, content=body, headers=Webhook().signed(body))
    assert (told.status_code, told.headers["retry-after"], told.text) == (503, "60", "Service Unavailable\n")
    assert events(any_db) == []


def test_a_database_that_does_not_answer(tmp_path: Any, webhook: Webhook) -> None:
    """Without a database nothing can be kept: 503, so that SendGrid asks again."""
    door = TestClient(make_app(Database(f"sqlite:///{tmp_path}/none.db"), Settings(secret="a-secret-of-the-tests")))
    assert post(door, webhook, event({"email": "åse@fjord.test"}, "open", 1795000000)).status_code == 503


@pytest.mark.parametrize("path", ["/hooks/smtp", "/hooks/memory", "/hooks/nobody", "/hooks/_source", "/hooks/sendgrid%2F.."])
def test_nobody_reports_there(door: TestClient, path: str) -> None:
    """Only transports whose other side reports have a door; every other name is the quiet page, like a GET."""
    assert door.post(path, content=b"[]").status_code == 404
    assert door.get(HOOK).status_code == 404


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NAMES = [
    "email", "event", "timestamp", "sg_event_id", "sg_message_id", "mailings_delivery", "reason", "status", "type", "url", "useragent",
    "category", "response", "attempt", "bounce_classification", "asm_group_id",
]  # fmt: skip
WORDS = [
    "processed",
    "bounce",
    "dropped",
    "spamreport",
    "unsubscribe",
    "group_unsubscribe",
    "delivered",
    "deferred",
    "account_status_change",
]
entries = json_values | st.dictionaries(st.sampled_from(NAMES), json_values | st.sampled_from([*WORDS, "1.0123456789ab", "a@b.test"]))


@given(told=st.lists(entries, max_size=5))
@hypothesis_settings(max_examples=tried(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_content_breaks_it(door: TestClient, webhook: Webhook, told: list[Any]) -> None:
    """Whatever stands in a signed list of events, it is kept: 204, on both databases."""
    body = body_of(told)
    assert door.post(HOOK, content=body, headers=webhook.signed(body)).status_code == 204


@given(body=st.binary(max_size=400))
@hypothesis_settings(max_examples=tried(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_break_it(door: TestClient, webhook: Webhook, body: bytes) -> None:
    """Whatever bytes are signed, they are events or refused, never a failure of ours."""
    assert door.post(HOOK, content=body, headers=webhook.signed(body)).status_code in (204, 400)


def test_a_burst(door: TestClient, any_db: Database, webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many requests at once about the same deliveries and addresses, in opposite orders, are all kept: nobody waits for ever."""
    monkeypatch.setattr("web.public.webhooks.PATIENCE", 60.0)  # five seconds may be short for all of them on a slow machine
    many = out(any_db, 40)
    told = [
        event(ours(any_db, one), kind, 1795000000 + n, type="bounce", status="5.0.0")
        for n, one in enumerate(many)
        for kind in ("processed", "bounce")
    ]
    bodies = [body_of(part) for part in (told, told[::-1], told[::2], told[1::2][::-1]) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: door.post(HOOK, content=body, headers=webhook.signed(body)).status_code, bodies))
    assert set(answers) == {204}
    assert len(events(any_db)) == 80
    assert {delivery(any_db, one).status.value for one in many} == {"bounced"}
