"""Confirming a sign-up, and fresh links by mail: from the button on a page to the message, and from its link back to a page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from mailings import clock
from mailings.consent.history import in_force
from mailings.consent.withdrawing import withdraw
from mailings.db import Database
from mailings.model import Basis, Consent, Delivery, Event, Recipient
from mailings.people.erasing import erase
from mailings.reported import EventKind
from mailings.sending.form_responses.responding import Responder
from mailings.sending.form_responses.system_messages import queue_system_message
from mailings.settings import Settings
from mailings.tokens import Kind, Tokens, of_day, of_minute, of_preview
from mailings.transports.memory import Memory
from tests.sending.asked import person
from tests.web.opened import SECRET, Opened, a_delivery, opened

FROM = "Fjord <post@fjord.test>"
TOLD = {"secret": SECRET, "public_url": "https://post.test", "email_transport": "memory", "system_from": FROM}
SETTINGS = Settings(_env_file=None, **TOLD)  # type: ignore[call-arg, arg-type]  # pydantic-settings takes both
MINUTE = timedelta(minutes=1)


@pytest.fixture
def door(any_db: Database) -> Iterator[Opened]:
    """An open door on both databases."""
    with opened(any_db, **TOLD) as made:
        yield made


@pytest.fixture
def memory() -> Iterator[Memory]:
    """The memory transport, empty."""
    Memory.configured.cache_clear()
    yield Memory.configured()
    Memory.configured.cache_clear()


def signed_up(db: Database, **facts: object) -> int:
    """Somebody who asked for the message that confirms a sign-up; their id."""
    who = person(db, **facts)
    with db.writing() as session:
        assert queue_system_message(session, "confirm-sign-up", who, SETTINGS)
    return who


def link(db: Database, memory: Memory) -> str:
    """The path of the link in the newest message, once what waits is sent."""
    Responder(db, SETTINGS).look()
    (text, *_) = (part for part in message_from_bytes(memory.kept[-1].content).walk() if part.get_content_type() == "text/plain")
    written = text.get_payload(decode=True).decode()  # type: ignore[union-attr]
    return urlsplit(next(word for word in written.split() if word.startswith("https://post.test/"))).path


def basis(db: Database, who: int) -> tuple[Basis, str] | None:
    """What is in force for the person."""
    with db.reading() as session:
        return in_force(session, [who]).get(who)


def test_the_button_gives_consent(any_db: Database, door: Opened, memory: Memory) -> None:
    """Looking changes nothing; the button writes the consent with its source, and the event says by which message."""
    who = signed_up(any_db)
    path = link(any_db, memory)
    for method in ("GET", "HEAD"):
        assert door.ask(method, path).status == 200
    assert basis(any_db, who) is None
    assert door.press(path, confirm="yes").status == 200
    assert basis(any_db, who) == (Basis.CONSENT, "Confirmed sign-up")
    with any_db.reading() as session:
        assert session.execute(select(Event.kind, Event.delivery_id, Event.method)).all() == [
            (EventKind.PREFERENCES, memory.kept[0].delivery, "POST")
        ]


def test_pressed_again(any_db: Database, door: Opened, memory: Memory) -> None:
    """A second press writes nothing more; after a withdrawal a press within the half hour gives consent anew."""
    who = signed_up(any_db)
    path = link(any_db, memory)
    for _ in range(3):
        assert door.press(path, confirm="yes").status == 200
    with any_db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Consent)) == session.scalar(select(func.count()).select_from(Event)) == 1
    with any_db.writing() as session:
        withdraw(session, who, "Preferences page")
    door.press(path, confirm="yes")
    assert basis(any_db, who) == (Basis.CONSENT, "Confirmed sign-up")


@pytest.mark.parametrize(("age", "holds"), [(0, True), (30, True), (31, False), (100_000, False)])
def test_it_holds_for_half_an_hour(any_db: Database, door: Opened, memory: Memory, age: int, holds: bool) -> None:
    """In its thirtieth minute the link still confirms; from the next on it does nothing and says so (domain.md J.4)."""
    with clock.standing_at(clock.now()):  # a minute that turns over between the two would be one more
        who = signed_up(any_db)
        path = link(any_db, memory)
        with clock.standing_at(clock.now() + age * MINUTE):
            page = door.ask("GET", path)
            pressed = door.press(path, confirm="yes")
    assert (page.status, pressed.status) == (200, 200)
    assert (b'name="fresh"' in page.body, b'name="fresh"' in pressed.body) == (not holds, not holds)
    assert (basis(any_db, who) is not None) is holds


def test_a_fresh_one(any_db: Database, door: Opened, memory: Memory) -> None:
    """An old link sends a fresh one, which confirms; whoever presses and presses gets one message."""
    who = signed_up(any_db)
    path = link(any_db, memory)
    with clock.standing_at(clock.now() + 45 * MINUTE):
        for _ in range(3):
            assert door.press(path, fresh="yes").status == 200
        fresh = link(any_db, memory)
        assert (len(memory.kept), fresh != path) == (2, True)
        door.press(fresh, confirm="yes")
    assert basis(any_db, who) == (Basis.CONSENT, "Confirmed sign-up")


def test_nothing_of_a_test_or_a_preview_counts(any_db: Database, door: Opened, memory: Memory) -> None:
    """The link of a test message or a preview shows its page, and neither confirms nor sends anything (D11, D22)."""
    who = signed_up(any_db)
    with any_db.writing() as session:
        got = session.scalars(select(Recipient)).one()
        test = Delivery(mailing_id=got.mailing_id, recipient_id=got.id, test=True, address="me@acme.test")
        session.add(test)
        session.flush()
        payloads, count = (test.id, of_preview(got.mailing_id)), session.scalar(select(func.count()).select_from(Delivery))
    minute = int(clock.timestamp() // 60)
    for payload in payloads:
        path = f"/y/{Tokens(SECRET).sign(Kind.CONFIRM, of_minute(payload, minute))}"
        assert [door.ask("GET", path).status, door.press(path, confirm="yes").status, door.press(path, fresh="yes").status] == [200] * 3
    assert basis(any_db, who) is None
    with any_db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == count


def test_links_that_lead_nowhere(any_db: Database, door: Opened, memory: Memory) -> None:
    """An erased reader's link, an unsubscribe token in this place and a cut one get the one quiet page, whatever is posted."""
    who = signed_up(any_db)
    path = link(any_db, memory)
    with any_db.writing() as session:
        erase(session, who)
    delivery = memory.kept[0].delivery
    for wrong in (path, path[:-1], f"/y/{Tokens(SECRET).sign(Kind.UNSUBSCRIBE, delivery)}"):
        answers = {
            (one.status, one.body) for one in (door.ask("GET", wrong), door.press(wrong, confirm="yes"), door.press(wrong, fresh="y"))
        }
        assert len(answers) == 1
        assert answers.pop()[0] == 404


def test_an_old_preferences_link(any_db: Database, door: Opened, memory: Memory) -> None:
    """On day 22 the preferences link offers a fresh one: the button sends it in the reader's language, and it opens the page."""
    delivery = a_delivery(any_db)
    today = int(clock.timestamp() // 86400)
    old = f"/p/{Tokens(SECRET).sign(Kind.PREFERENCES, of_day(delivery, today - 22))}"
    assert b'name="fresh"' in door.ask("GET", old).body
    assert door.press(old, fresh="yes").status == 200
    fresh = link(any_db, memory)
    assert fresh.startswith("/p/")
    page = door.ask("GET", fresh)
    assert page.status == 200
    assert b'name="save"' in page.body
    assert b'name="fresh"' not in page.body
