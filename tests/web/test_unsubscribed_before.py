"""Who has left already is not asked again: the page says that it is done, and shows the way back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailings import clock
from mailings.consent.topics import topic_named
from mailings.consent.withdrawing import opt_out, withdraw
from mailings.db import Database
from mailings.tokens import Kind
from tests.web.readers import Readers, readers

UNDO = 'name="undo"'


@pytest.fixture
def there(any_db: Database) -> Readers:
    """Readers of a mailing that went out."""
    return readers(any_db)


@pytest.mark.parametrize("whose", ["person", "untopical", "company", "bare"])
def test_it_is_done(there: Readers, whose: str) -> None:
    """Opened again after the button, the page says so and can take it back; a day later it leads to the preferences, if there are any."""
    link = there.link(Kind.UNSUBSCRIBE, getattr(there, whose))
    done = there.client.post(link, data={"confirm": "yes"}).text
    assert there.client.get(link).text == done
    assert UNDO in done
    with clock.standing_at(clock.now() + timedelta(days=2)):
        page = there.client.get(link).text
        assert UNDO not in page
        assert 'name="confirm"' not in page
        assert ("../p/" in page) is (whose in ("person", "untopical"))
    there.client.post(link, data={"undo": "yes"})
    assert 'name="confirm"' in there.client.get(link).text


def test_by_whatever_way(there: Readers) -> None:
    """A topic refused elsewhere is done here; with consent withdrawn elsewhere all is, and this link takes neither back."""
    link = there.link(Kind.UNSUBSCRIBE, there.person)
    with there.db.writing() as session:
        opt_out(session, there.owner, topic_named(session, "News").id, "User")
    page = there.client.get(link).text
    assert "We will send you no more messages about “News”." in page
    assert UNDO not in page
    with there.db.writing() as session:
        withdraw(session, there.owner, "User")
    for delivery in (there.person, there.untopical):
        page = there.client.get(there.link(Kind.UNSUBSCRIBE, delivery)).text
        assert "We will send you no more e-mail." in page
        assert UNDO not in page
        assert "../p/" in page


@pytest.mark.parametrize("language", ["en", "nl", "da", "no", "sv", "de"])
def test_in_every_language(there: Readers, language: str) -> None:
    """The page answers in the language it was asked in, as it did when the button was pressed."""
    link = there.link(Kind.UNSUBSCRIBE, there.person) + f"?lang={language}"
    done = there.client.post(link, data={"confirm": "yes"}).text
    page = there.client.get(link).text
    assert page == done
    assert f'<html lang="{language}">' in page
