"""Twilio's door: signed forms durable before the answer, STOP in force when it is given, nothing forged believed."""

from __future__ import annotations

import httpx
import pytest
from fastapi.testclient import TestClient

from mailings.db import Database
from mailings.settings import Settings
from tests.doubles.twilio import TOKEN
from tests.doubles.twilio_callbacks import body_of, form_of, letter_of, signed
from tests.tracking.told import K, delivery, events, mark, out, standing
from web.app import make_app

PUBLIC = "https://post.test"


@pytest.fixture
def door(any_db: Database, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """The door of an installation behind a proxy: its public address is another than the one it is asked at."""
    monkeypatch.setenv("MAILINGS_TWILIO_TOKEN", TOKEN)
    return TestClient(make_app(any_db, Settings(secret="a-secret-of-the-tests", public_url=PUBLIC + "/")), raise_server_exceptions=False)


def post(door: TestClient, form: dict[str, str], query: str = "", token: str = TOKEN) -> httpx.Response:
    """Post the form as Twilio does: signed for the public address, answered at ours."""
    headers = signed(f"{PUBLIC}/hooks/twilio{query}", form, token)
    return door.post(f"/hooks/twilio{query}", content=body_of(form), headers=headers)


def test_durable_before_the_answer(door: TestClient, any_db: Database) -> None:
    """An empty TwiML means that the event is committed and the delivery has moved; told again, late or out of order it moves nothing."""
    (one,) = out(any_db)
    query = f"?d={one}.{mark(any_db, one)}"
    for status in ("delivered", "sent", "delivered", "queued"):
        told = post(door, form_of("SM1", status), query)
        assert (told.status_code, told.headers["content-type"]) == (200, "text/xml; charset=utf-8")
        assert told.text.endswith("<Response/>")
    assert sorted(kept.kind for kept in events(any_db)) == [K.DELIVERED, K.PROCESSED, K.PROCESSED]
    assert (delivery(any_db, one).status, delivery(any_db, one).provider_id) == ("delivered", "SM1")


def test_another_database_of_the_same_address(door: TestClient, any_db: Database) -> None:
    """A number under another mark, from before the database was made anew, is kept and moves nothing."""
    (one,) = out(any_db)
    assert post(door, form_of("SM1", "delivered"), f"?d={one}.0123456789ab").status_code == 200
    assert delivery(any_db, one).status == "sent"


def test_stop(door: TestClient, any_db: Database) -> None:
    """What a reader writes comes to the same address; STOP holds when the answer is given."""
    assert post(door, letter_of("SM2", "+4799887766", "Stopp!")).status_code == 200
    stands = standing(any_db, "+4799887766")
    assert stands is not None
    assert stands.stopped_at is not None


def test_forged(door: TestClient, any_db: Database) -> None:
    """Signed by another, for another address, or not at all: 403 with a line for a machine, and nothing is kept."""
    form = letter_of("SM2", "+4799887766", "STOP")
    assert post(door, form, token="another").status_code == 403
    headers = signed("https://evil.test/hooks/twilio", form)
    assert door.post("/hooks/twilio", content=body_of(form), headers=headers).status_code == 403
    assert door.post("/hooks/twilio", content=body_of(form)).status_code == 403
    assert events(any_db) == []


def test_without_a_token(door: TestClient, any_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """While no token is set nothing is believed."""
    monkeypatch.delenv("MAILINGS_TWILIO_TOKEN")
    assert post(door, letter_of("SM2", "+4799887766", "STOP")).status_code == 503
    assert events(any_db) == []
