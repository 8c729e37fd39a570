"""A click leads where the mailing says and nowhere else; an open is a picture for everybody."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from mailings.db import Database
from mailings.model import RegisteredLink
from mailings.tokens import Kind, dynamic_address
from tests.tracking.visiting import LATER, raw, readings, sent_mailing, stamps
from tests.web.clicking import AGENT, TOKENS, door, links, opened, written


@pytest.fixture
def client(any_db: Database) -> Iterator[TestClient]:
    """A door that is open at LATER."""
    with opened(any_db) as client:
        yield client


def test_a_click_leads_on_and_is_kept(any_db: Database, client: TestClient) -> None:
    """The answer is a redirect nobody may keep; the event has link, agent and the network, never the address."""
    mailing_id, (delivery, *_) = sent_mailing(any_db)
    answer = client.get(f"/c/{TOKENS.sign(Kind.CLICK, delivery)}/2")
    assert (answer.status_code, answer.headers["location"]) == (302, "https://fjord.test/h%C3%B8st/2")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    written(client)
    (event,) = raw(any_db)
    assert event[3:12] == ("clicked", "visit", mailing_id, delivery, 2, None, None, AGENT["user-agent"], "203.0.113.0/24")
    assert readings(any_db) == [(None, True)]
    assert stamps(any_db, delivery)[1] == 7200


def test_an_open_is_a_picture_for_everybody(any_db: Database, client: TestClient) -> None:
    """The same 43 bytes whether the token holds or not, to be asked for again each time; only what holds is kept."""
    _, (delivery, *_) = sent_mailing(any_db)
    token = TOKENS.sign(Kind.OPEN, delivery)
    good, bad = client.get(f"/o/{token}"), client.get(f"/o/{token[:-1]}~")
    assert good.content == bad.content
    assert len(good.content) == 43
    assert good.headers == bad.headers
    assert (good.headers["content-type"], good.headers["cross-origin-resource-policy"]) == ("image/gif", "cross-origin")
    assert "no-store" in good.headers["cache-control"]
    written(client)
    assert [row[3] for row in raw(any_db)] == ["opened"]
    assert stamps(any_db, delivery)[0] == 7200


def test_only_the_signed_address_is_led_to(any_db: Database, client: TestClient) -> None:
    """A link only one recipient has leads to what was signed with it; to anything else nobody is led."""
    _, (delivery, *_) = sent_mailing(any_db)
    url = "https://fjord.test/tilbud?navn=Åse&x=1#nå"
    answer = client.get(dynamic_address("", TOKENS, delivery, url))
    assert answer.status_code == 302
    assert answer.headers["location"] == "https://fjord.test/tilbud?navn=%C3%85se&x=1#n%C3%A5"
    token = TOKENS.sign(Kind.DYNAMIC, delivery, url)
    for other in ("https://evil.test/", url + "2", "", "//evil.test", "javascript:alert(1)"):
        refused = client.get(f"/d/{token}?u={quote(other, safe='')}")
        assert (refused.status_code, "location" in refused.headers) == (404, False), other
    script = client.get(f"/d/{TOKENS.sign(Kind.DYNAMIC, delivery, 'javascript:alert(1)')}?u={quote('javascript:alert(1)')}")
    assert script.status_code == 404
    written(client)
    assert [(row[7], row[8]) for row in raw(any_db)] == [(None, url)]


@pytest.mark.parametrize(
    "path", ["/c/{open}/1", "/c/{click}/9", "/c/{click}/x", "/c/{click}/-1", "/c/{click}/١", "/c/{cut}/1", "/c/{nobody}/1"]
)
def test_what_does_not_hold_leads_to_the_quiet_page(any_db: Database, client: TestClient, path: str) -> None:
    """A token of another kind, cut, for nobody, or a number the mailing does not have: one page for all, and nothing is kept."""
    _, (delivery, *_) = sent_mailing(any_db)
    click = TOKENS.sign(Kind.CLICK, delivery)
    made = {"open": TOKENS.sign(Kind.OPEN, delivery), "click": click, "cut": click[:-2], "nobody": TOKENS.sign(Kind.CLICK, 987654)}
    answer = client.get(path.format(**made))
    assert answer.status_code == 404
    assert "location" not in answer.headers
    written(client)
    assert raw(any_db) == []


def test_links_of_another_mailing_are_not_reached(any_db: Database, client: TestClient) -> None:
    """A number means a link of the mailing the token's message belongs to, whatever other mailings have under it."""
    _, (delivery, *_) = sent_mailing(any_db, links=1)
    sent_mailing(any_db, links=5, name="vår-nytt")
    assert client.get(f"/c/{TOKENS.sign(Kind.CLICK, delivery)}/3").status_code == 404


def test_deleted_links_lead_and_changed_ones_lead_elsewhere(any_db: Database) -> None:
    """A link that was deleted leads on; a registered one leads to today's address, with the mailing's UTM words (E.2, E.8)."""
    mailing_id, (delivery, *_) = sent_mailing(any_db)
    with any_db.writing() as session:
        kept = RegisteredLink(name="tilbud", url="https://fjord.test/gammel", created_at=LATER)
        session.add(kept)
        session.flush()
        mine = links(session, mailing_id)
        mine[1].deleted_at, mine[2].registered_id = LATER, kept.id
    with door(any_db) as client:
        token = TOKENS.sign(Kind.CLICK, delivery)
        assert client.get(f"/c/{token}/1").headers["location"] == "https://fjord.test/h%C3%B8st/1"
        assert client.get(f"/c/{token}/2").headers["location"] == "https://fjord.test/gammel?utm_source=nyhetsbrev&utm_medium=Email"
        with any_db.writing() as session:
            session.query(RegisteredLink).update({"url": "https://fjord.test/ny?a=1"})
    with door(any_db) as client:  # a new door remembers nothing; the old one believes its table for two seconds
        led = client.get(f"/c/{token}/2").headers["location"]
    assert led == "https://fjord.test/ny?a=1&utm_source=nyhetsbrev&utm_medium=Email"


def test_a_link_may_answer_instead(any_db: Database, client: TestClient) -> None:
    """A link with a text shows it, one with a form leads to the form; both are clicks like any other (E.3)."""
    mailing_id, (delivery, *_) = sent_mailing(any_db)
    with any_db.writing() as session:
        mine = links(session, mailing_id)
        mine[1].actions = {"response": {"text": "Takk, Åse! Vi ringer <deg>.", "title": "Takk"}}
        mine[2].actions = {"response": {"form": "påmelding"}}
    token = TOKENS.sign(Kind.CLICK, delivery)
    shown, led = client.get(f"/c/{token}/1"), client.get(f"/c/{token}/2")
    assert (shown.status_code, "Takk, Åse!" in shown.text, "<deg>" in shown.text) == (200, True, True)
    assert (led.status_code, led.headers["location"]) == (302, "/f/p%C3%A5melding")
    written(client)
    assert [row[7] for row in raw(any_db)] == [1, 2]


def test_a_registered_link_changes_within_five_seconds(db: Database) -> None:
    """An open door leads to a registered link's new address at the latest five seconds after it was changed."""
    mailing_id, (delivery, *_) = sent_mailing(db)
    with db.writing() as session:
        kept = RegisteredLink(name="tilbud", url="https://fjord.test/gammel", created_at=LATER)
        session.add(kept)
        session.flush()
        links(session, mailing_id)[1].registered_id = kept.id
    with door(db) as client:
        token = TOKENS.sign(Kind.CLICK, delivery)
        assert "/gammel" in client.get(f"/c/{token}/1").headers["location"]
        with db.writing() as session:
            session.query(RegisteredLink).update({"url": "https://fjord.test/ny"})
        changed = asked = time.monotonic()
        while "/ny" not in client.get(f"/c/{token}/1").headers["location"]:
            assert asked - changed < 5  # who asks later than that is led to the new one, however slow the machine is
            time.sleep(0.1)
            asked = time.monotonic()
