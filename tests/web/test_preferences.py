"""The preferences page: shows what is in force, writes what was changed and nothing else, at once."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from mailings import clock
from mailings.consent.topics import topic_named
from mailings.consent.withdrawing import opt_out, withdraw
from mailings.db import Database
from mailings.model import Basis, Consent, Delivery, Event, OptOut, Person
from mailings.reported import EventKind
from mailings.tokens import Kind
from tests.web.readers import Readers, filled, post, readers


@pytest.fixture
def there(any_db: Database) -> Readers:
    """Readers of a mailing that went out."""
    return readers(any_db)


def topic(there: Readers, name: str) -> str:
    """The id of a topic, as forms carry it."""
    with there.db.reading() as session:
        return str(topic_named(session, name).id)


def test_the_page_shows_what_is_in_force_and_whose_it_is(there: Readers) -> None:
    """Every topic with its description, those opted out of are off; the name, and the address partly hidden."""
    with there.db.writing() as session:
        opt_out(session, there.owner, topic_named(session, "Promotions").id, "User")
    page = there.client.get(there.link(Kind.PREFERENCES, there.person)).text
    assert "Désirée van der IJssel, de…\u2060@ijssel.test" in page
    assert "desiree@" not in page
    assert "Hva som skjer hos oss, én gang i måneden" in page
    assert "https://acme.test/privacy" in page
    on = {value for name, value in filled(page) if name == "topic"}
    assert on == {topic(there, name) for name in ("News", "Invitations", "Urgent messages")}
    assert ("consent", "on") in filled(page)


def test_confirming_without_a_change_writes_nothing(there: Readers) -> None:
    """What was shown is what is in force, so nothing is written, not even an event."""
    link = there.link(Kind.PREFERENCES, there.person)
    assert "Everything was as you wish already." in post(there, link, filled(there.client.get(link).text))
    with there.db.reading() as session:
        assert session.scalars(select(Consent.source)).all() == ["Import"]
        assert session.scalars(select(OptOut.id)).all() == []
        assert session.scalars(select(Event.id)).all() == []


def test_a_topic_switched_off_and_on(there: Readers) -> None:
    """A row is written, what waits of the topic is cancelled, and switching it on again ends the row."""
    link, news = there.link(Kind.PREFERENCES, there.person), topic(there, "News")
    page = post(there, link, [field for field in filled(there.client.get(link).text) if field != ("topic", news)])
    assert "<li>News</li>" not in page
    assert "<li>Promotions</li>" in page
    assert there.status(there.waiting) == "cancelled"
    post(there, link, [*filled(there.client.get(link).text), ("topic", news)])
    with there.db.reading() as session:
        source, ended = session.execute(select(OptOut.source, OptOut.ended_at)).one()
        assert source == "Preferences page"
        assert ended is not None
        assert session.scalars(select(Event.kind)).all() == [EventKind.PREFERENCES] * 2
        assert session.get_one(Delivery, there.person).unsubscribed_at is not None


def test_consent_switched_off_and_on(there: Readers) -> None:
    """Off is withdrawn, on is consent, each a row with source and time; the page says that ticked topics are only remembered."""
    link = there.link(Kind.PREFERENCES, there.person)
    page = post(there, link, [field for field in filled(there.client.get(link).text) if field[0] != "consent"])
    assert "You will get no more e-mail from us." in page
    assert "We remember the topics you switched on" in page
    assert there.status(there.waiting) == "cancelled"
    post(there, link, [*filled(there.client.get(link).text), ("consent", "on")])
    with there.db.reading() as session:
        told = session.execute(select(Consent.basis, Consent.source).order_by(Consent.id)).all()
        assert told == [(Basis.CONSENT, "Import"), (Basis.WITHDRAWN, "Preferences page"), (Basis.CONSENT, "Preferences page")]


def test_an_old_page_does_not_undo_what_was_done_since(there: Readers) -> None:
    """Two tabs: what the second one changed stays, though the first still shows it otherwise."""
    link, news, offers = there.link(Kind.PREFERENCES, there.person), topic(there, "News"), topic(there, "Promotions")
    old = filled(there.client.get(link).text)
    with there.db.writing() as session:
        opt_out(session, there.owner, int(news), "User")
        withdraw(session, there.owner, "User")
    post(there, link, [field for field in old if field != ("topic", offers)])
    with there.db.reading() as session:
        refused = session.scalars(select(OptOut.topic_id).where(OptOut.ended_at.is_(None)).order_by(OptOut.topic_id)).all()
        assert refused == sorted([int(news), int(offers)])
        assert session.scalars(select(Consent.basis).order_by(Consent.id)).all()[-1] is Basis.WITHDRAWN


@pytest.mark.parametrize("fields", [[], [("topic", "999999")], [("was_refused", "x"), ("topic", "x")], [("language", "xx")]])
def test_forms_nobody_was_shown_change_nothing(there: Readers, fields: list[tuple[str, str]]) -> None:
    """A form without what the page showed, with topics that are none, with a language of nobody."""
    assert "Everything was as you wish already." in post(there, there.link(Kind.PREFERENCES, there.person), fields)


def test_the_language_is_remembered_when_it_is_asked_for(there: Readers) -> None:
    """Choosing a language shows the page in it; only the box below stores it, and later pages come in it."""
    link = there.link(Kind.PREFERENCES, there.person)
    assert 'name="language"' not in there.client.get(link).text
    page = there.client.get(f"{link}?lang=nl").text
    assert "Schrijf mij voortaan in het Nederlands" in page
    post(there, link, [*filled(page), ("language", "nl")])
    with there.db.reading() as session:
        assert session.get_one(Person, there.owner).language == "nl"
    assert "Wat mogen we u sturen?" in there.client.get(link, headers={"accept-language": "de"}).text


@pytest.mark.parametrize("whose", ["company", "bare"])
def test_where_there_is_no_person_there_is_only_the_way_out(there: Readers, whose: str) -> None:
    """An address alone has no topics: its page leads to no more mail at this address, however old the link."""
    page = there.client.get(there.link(Kind.PREFERENCES, getattr(there, whose), days_ago=100)).text
    assert "No more mail to this address" in page
    assert 'name="topic"' not in page
    assert 'action="../u/' in page


@pytest.mark.parametrize("preview", [False, True])
def test_tests_and_previews_change_nothing(there: Readers, preview: bool) -> None:
    """They show a page and say that nothing counts."""
    link = there.preview(Kind.PREFERENCES) if preview else there.link(Kind.PREFERENCES, there.test)
    page = there.client.get(link).text
    assert ("This is a preview of høst-nytt." if preview else "You came here from a test message.") in page
    assert "Everything was as you wish already." in post(there, link, [("was_consent", "on"), ("was_taken", topic(there, "News"))])
    with there.db.reading() as session:
        assert session.scalars(select(OptOut.id)).all() == []
        assert session.scalars(select(Consent.source)).all() == ["Import"]


def test_with_a_strict_list_other_bases_show_as_off(any_db: Database) -> None:
    """What counts as consent is what mailings go by (D4): a legitimate interest is off where only consent counts, until it is given."""
    there = readers(any_db, accepted_bases="consent")
    with any_db.writing() as session:
        session.add(Consent(person_id=there.owner, basis=Basis.LEGITIMATE_INTEREST, source="User", given_at=clock.now()))
    link = there.link(Kind.PREFERENCES, there.person)
    assert ("was_consent", "off") in filled(there.client.get(link).text)
    post(there, link, [("was_consent", "off"), ("consent", "on")])
    assert ("was_consent", "on") in filled(there.client.get(link).text)


def test_no_mailings_shows_as_off_until_its_person_says_otherwise(any_db: Database) -> None:
    """A person nobody writes to is not told that we may: the switch is off, and switching it on ends the note that kept us away."""
    there = readers(any_db)
    with any_db.writing() as session:
        session.get_one(Person, there.owner).no_mailings = True
    link = there.link(Kind.PREFERENCES, there.person)
    assert ("was_consent", "off") in filled(there.client.get(link).text)
    post(there, link, [*filled(there.client.get(link).text), ("consent", "on")])
    assert ("was_consent", "on") in filled(there.client.get(link).text)
    with any_db.reading() as session:
        assert not session.get_one(Person, there.owner).no_mailings


def test_with_the_filter_off_only_a_withdrawal_shows_as_off(any_db: Database) -> None:
    """Who has said nothing is written to (D2), and the page says so; switching it off is a withdrawal."""
    there = readers(any_db, consent_filter=False)
    with any_db.writing() as session:
        session.execute(delete(Consent))
    link = there.link(Kind.PREFERENCES, there.person)
    assert ("was_consent", "on") in filled(there.client.get(link).text)
    post(there, link, [("was_consent", "on")])
    with any_db.reading() as session:
        assert session.scalars(select(Consent.basis)).all() == [Basis.WITHDRAWN]
    assert ("was_consent", "off") in filled(there.client.get(link).text)
