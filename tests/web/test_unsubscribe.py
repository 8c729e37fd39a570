"""Unsubscribing: looking changes nothing, the button and the one click hold at once, whoever asks however often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from mailings import clock
from mailings.db import Database
from mailings.model import AddressStanding, Basis, Consent, Delivery, Event, OptOut
from mailings.people.erasing import erase
from mailings.reported import EventKind
from mailings.tokens import Kind
from tests.web.readers import Readers, readers

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def there(any_db: Database) -> Readers:
    """Readers of a mailing that went out."""
    return readers(any_db)


def counts(there: Readers) -> tuple[int, int, int, int]:
    """How many opt-outs, consents, standings and events there are."""
    with there.db.reading() as session:
        found = [session.scalar(select(func.count()).select_from(table)) or 0 for table in (OptOut, Consent, AddressStanding, Event)]
    return found[0], found[1], found[2], found[3]


@pytest.mark.parametrize("whose", ["person", "company", "bare", "test", "untopical"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(there: Readers, whose: str, method: str) -> None:
    """GET and HEAD answer with a page and write nothing: mail scanners open every link (D21)."""
    before = counts(there)
    answer = there.client.request(method, there.link(Kind.UNSUBSCRIBE, getattr(there, whose)))
    assert answer.status_code == 200
    assert counts(there) == before
    assert there.status(there.waiting) == "queued"


@pytest.mark.parametrize("way", ["urlencoded", "multipart", "extra fields", "capitals"])
def test_one_click_opts_out_of_the_topic(there: Readers, way: str) -> None:
    """RFC 8058: without cookies, without a redirect, however it is encoded; what waits is cancelled before the answer."""
    fields = ONE_CLICK | ({"mail": "1", "confirm": "later"} if way == "extra fields" else {})
    if way == "capitals":
        fields = {"List-Unsubscribe": "one-click"}
    sent = {"files": {name: (None, value) for name, value in fields.items()}} if way == "multipart" else {"data": fields}
    answer = there.client.post(there.link(Kind.UNSUBSCRIBE, there.person), **sent)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert not answer.cookies
    assert there.status(there.waiting) == "cancelled"
    with there.db.reading() as session:
        assert session.scalars(select(OptOut.source)).all() == ["One-click unsubscribe"]
        assert session.scalars(select(Consent.basis)).all() == [Basis.CONSENT]
        assert session.execute(select(Event.kind, Event.source, Event.delivery_id, Event.method)).all() == [
            (EventKind.UNSUBSCRIBED, "visit", there.person, "POST")
        ]
        assert session.get_one(Delivery, there.person).unsubscribed_at is not None


def test_one_click_without_a_topic_withdraws_consent(there: Readers) -> None:
    """D13."""
    assert there.client.post(there.link(Kind.UNSUBSCRIBE, there.untopical), data=ONE_CLICK).status_code == 200
    with there.db.reading() as session:
        assert session.scalars(select(Consent.basis).order_by(Consent.id)).all() == [Basis.CONSENT, Basis.WITHDRAWN]
    assert there.status(there.waiting) == "cancelled"


def test_the_button_unsubscribes_and_offers_the_way_back(there: Readers) -> None:
    """The page asks, the button does it and says what was done; the second button takes it back."""
    link = there.link(Kind.UNSUBSCRIBE, there.person)
    assert "no more messages about “News”" in there.client.get(link).text
    done = there.client.post(link, data={"confirm": "yes"})
    assert "We will send you no more messages about “News”." in done.text
    assert 'name="undo"' in done.text
    assert "../p/" in done.text
    back = there.client.post(link, data={"undo": "yes"})
    assert "You will continue to get messages about “News”." in back.text
    assert "This cannot be undone here any more" in there.client.post(link, data={"undo": "yes"}).text
    with there.db.reading() as session:
        assert session.scalar(select(OptOut.ended_at)) is not None
        kinds = session.scalars(select(Event.kind).order_by(Event.id)).all()
        assert kinds == [EventKind.UNSUBSCRIBED, EventKind.RESUBSCRIBED]


def test_twice_is_once(there: Readers) -> None:
    """A mail program that repeats its click gets the same answer; there is one opt-out."""
    link = there.link(Kind.UNSUBSCRIBE, there.person)
    answers = {there.client.post(link, data=ONE_CLICK).status_code for _ in range(3)}
    assert answers == {200}
    assert counts(there)[0] == 1


@pytest.mark.parametrize("whose", ["person", "untopical", "bare"])
def test_many_at_the_same_moment_are_one_by_one(there: Readers, whose: str) -> None:
    """Eight clicks at once leave one row, and one of eight takers-back takes it back."""
    link = there.link(Kind.UNSUBSCRIBE, getattr(there, whose))
    before = counts(there)
    with ThreadPoolExecutor(8) as together:
        done = list(together.map(lambda _: there.client.post(link, data=ONE_CLICK).status_code, range(8)))
        assert done == [200] * 8
        left = counts(there)
        assert sum(left[:3]) == sum(before[:3]) + 1
        back = list(together.map(lambda _: there.client.post(link, data={"undo": "yes"}).text, range(8)))
    assert sum("This cannot be undone" in page for page in back) == 7
    with there.db.reading() as session:
        assert session.scalars(select(Consent.basis).order_by(Consent.id.desc())).first() is Basis.CONSENT


@pytest.mark.parametrize("whose", ["company", "bare"])
def test_where_there_is_no_person_the_address_gets_nothing_more(there: Readers, whose: str) -> None:
    """The page names the address partly, offers no preferences, and the button marks the address."""
    link = there.link(Kind.UNSUBSCRIBE, getattr(there, whose))
    page = there.client.get(link).text
    assert "…\u2060@" in page
    assert "../p/" not in page
    assert "We will send nothing more to" in there.client.post(link, data={"confirm": "yes"}).text
    with there.db.reading() as session:
        assert session.scalars(select(AddressStanding.unsubscribed_at)).one() is not None
    assert "We may write to" in there.client.post(link, data={"undo": "yes"}).text


def test_without_a_topic_the_page_is_the_preferences_with_a_button_for_nothing(there: Readers) -> None:
    """D13: everything can be chosen there, and one button ends all e-mail. Long afterwards only the button is left, and it still works."""
    link = there.link(Kind.UNSUBSCRIBE, there.untopical)
    page = there.client.get(link).text
    assert "No more e-mail at all" in page
    assert "Promotions" in page
    with clock.standing_at(clock.now() + timedelta(days=400)):
        old = there.client.get(link).text
        assert "Promotions" not in old
        assert "Désirée" not in old
        assert "We will send you no more e-mail." in there.client.post(link, data={"confirm": "yes"}).text
    with there.db.reading() as session:
        assert session.scalars(select(Consent.basis).order_by(Consent.id)).all()[-1] is Basis.WITHDRAWN


@pytest.mark.parametrize("fields", [{}, {"something": "else"}, {"List-Unsubscribe": "Two-Clicks"}])
def test_a_post_that_asks_for_nothing_changes_nothing(there: Readers, fields: dict[str, str]) -> None:
    """Only the one click and our own buttons count; anything else shows the page that asks."""
    before = counts(there)
    answer = there.client.post(there.link(Kind.UNSUBSCRIBE, there.person), data=fields)
    assert "Do you want to unsubscribe?" in answer.text
    assert counts(there) == before


@pytest.mark.parametrize("fields", [ONE_CLICK, {"confirm": "yes"}, {"undo": "yes"}])
@pytest.mark.parametrize("preview", [False, True])
def test_tests_and_previews_change_nothing(there: Readers, fields: dict[str, str], preview: bool) -> None:
    """They answer like any other and say that nothing counts (D22)."""
    before = counts(there)
    link = there.preview(Kind.UNSUBSCRIBE) if preview else there.link(Kind.UNSUBSCRIBE, there.test)
    assert ("This is a preview of høst-nytt." if preview else "You came here from a test message.") in there.client.get(link).text
    assert there.client.post(link, data=fields).status_code == 200
    assert counts(there) == before


def test_whose_reader_is_gone_gets_the_quiet_page(there: Readers) -> None:
    """An erased reader's link is like any other that leads nowhere."""
    link = there.link(Kind.UNSUBSCRIBE, there.person)
    with there.db.writing() as session:
        erase(session, there.owner)
    quiet = there.client.get("/u/nonsense")
    for answer in (there.client.get(link), there.client.post(link, data=ONE_CLICK)):
        assert (answer.status_code, answer.text) == (quiet.status_code, quiet.text)
    assert quiet.status_code == 404


def test_a_token_for_another_page_is_none_here(there: Readers) -> None:
    """A click's or preferences' token does not unsubscribe."""
    for kind in (Kind.CLICK, Kind.PREFERENCES, Kind.ONLINE):
        token = there.link(kind, there.person).rsplit("/", 1)[1]
        assert there.client.post(f"/u/{token}", data=ONE_CLICK).status_code == 404
    assert counts(there)[0] == 0


def test_the_page_speaks_the_readers_language(there: Readers) -> None:
    """`?lang=` goes before the browser's; the button's page stays in the language that was chosen."""
    link = there.link(Kind.UNSUBSCRIBE, there.person)
    assert '<html lang="nl">' in there.client.get(link, headers={"accept-language": "nl-BE,nl;q=0.9"}).text
    page = there.client.get(f"{link}?lang=da", headers={"accept-language": "nl"}).text
    assert 'action="?lang=da"' in page
    assert "Du er afmeldt" in there.client.post(f"{link}?lang=da", data={"confirm": "yes"}).text
