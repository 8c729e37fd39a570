"""The Recipients tab: who is shown, in words, and one recipient with why."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import select

from mailings import clock
from mailings.db import Database
from mailings.model import Mailing, MailingStatus, MailingType, Recipient, Role
from tests.sending import world
from tests.web.desk.listed import NAME, more, sent
from tests.web.desk.seated import seated
from web.pages.words import LANGUAGES

LIST = f"/mailings/{NAME}/recipients"


def test_the_tab_shows_everybody_but_those_without_an_address(db: Database) -> None:
    """By default all filters but no_address are on (D26); each row says type, status and why in words."""
    more(db, sent(db))
    with seated(db, Role.READER) as seat:
        page = seat.look(LIST).text
    assert page.count('name="id"') == 12 + 9 + 2
    for words in (
        "Åse bounced",
        "No such mailbox",
        "Recipient complained",
        "Address only",
        "Søn AS",
        "Too many bounces",
        "desiree@ijssel.test",
    ):
        assert words in page
    assert "Øyvind no_address" not in page


def test_filters_are_in_the_address(db: Database) -> None:
    """What is ticked stands in the address and stays ticked; one filter shows its own only."""
    sent(db)
    with seated(db, Role.READER) as seat:
        page = seat.look(f"{LIST}?show=bounced&show=no_address&q=").text
    assert set(re.findall(r"<strong>(\S+ \S+)</strong>", page)) == {"Åse bounced", "Åse soft", "Øyvind no_address"}
    assert re.findall(r'name="show" value="(\w+)" checked', page) == ["bounced", "no_address"]


@pytest.mark.parametrize("kind", [MailingType.SMS, MailingType.DOCUMENT])
def test_nobody_is_asked_for_who_read_what_nobody_is_seen_to_read(db: Database, kind: MailingType) -> None:
    """Of text messages and letters there is no filter by reading or complaints, unless somebody stands there."""
    with db.writing() as session:
        session.add(Mailing(name="regning", type=kind, created_at=clock.now()))
    with seated(db, Role.READER) as seat:
        page = seat.look("/mailings/regning/recipients").text
    assert re.findall(r'type="checkbox" name="show" value="(\w+)"', page) == ["sent", "bounced", "ready", "blocked", "other", "no_address"]


@pytest.mark.parametrize(
    "query", ["show=nobody", "after=9" * 9, "before=-1", "after=å", "q=%ff'--", "show=bounced&after=999999999999999999"]
)
def test_strange_addresses_are_answered(db: Database, query: str) -> None:
    """Whatever stands in the address, the answer is a page."""
    sent(db)
    with seated(db, Role.READER) as seat:
        assert seat.look(f"{LIST}?{query}").status_code == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_recipient_has_a_page(db: Database, language: str) -> None:
    """In every state and every language: the sentence, the rules one by one, the messages and what happened to them."""
    more(db, sent(db))
    with db.reading() as session:
        ids = session.scalars(select(Recipient.id).order_by(Recipient.id)).all()
    with seated(db, Role.READER) as seat:
        pages = [seat.look(f"{LIST}/{number}", **{"accept-language": language}) for number in ids]
    assert {page.status_code for page in pages} == {200}
    assert all(f'<html lang="{language}">' in page.text for page in pages)
    assert "550 5.1.1 No such user" in pages[4].text


def test_nobodys_number(db: Database) -> None:
    """A number of another mailing, or of nobody, is not found."""
    sent(db)
    sent(db, "vinter-nytt")
    with db.reading() as session:
        other = session.scalars(select(Recipient.id).order_by(Recipient.id.desc())).first()
    with seated(db, Role.READER) as seat:
        assert [seat.look(f"{LIST}/{number}").status_code for number in (other, 0, "x", 10**30)] == [404] * 4


def test_why_somebody_does_not_get_it(db: Database) -> None:
    """By address or name, also somebody who is not on the list; whoever is nobody is told so on the page."""
    sent(db)
    with seated(db, Role.READER) as seat:
        assert "Åse bounced" in seat.look(f"/mailings/{NAME}/explain?who=bounced@fjord.test").text
        assert "Nobody has the address" in seat.look(f"/mailings/{NAME}/explain?who=ingen@fjord.test").text


def test_nobody_erased_is_sent_to_again(any_db: Database) -> None:
    """Whoever got a message may get it again, and the page offers it; once they are erased it does not."""
    sent(any_db)
    with any_db.reading() as session:
        number = session.scalars(select(Recipient.id).where(Recipient.address == "read@fjord.test")).one()
    with seated(any_db) as seat:
        assert "Send again" in seat.look(f"{LIST}/{number}").text
        with any_db.writing() as session:
            session.get_one(Recipient, number).erased_at = clock.now()
        assert "Send again" not in seat.look(f"{LIST}/{number}").text


def test_a_hundred_on_a_page(any_db: Database) -> None:
    """A page has 100 recipients, the next one the rest; nobody is on both (domain.md C.10)."""
    mailing_id = world.mailing(any_db, NAME, recipients=101)
    with any_db.reading() as session:
        ids = [
            str(number) for number in session.scalars(select(Recipient.id).where(Recipient.mailing_id == mailing_id).order_by(Recipient.id))
        ]
    with seated(any_db, Role.READER) as seat:
        first = seat.look(LIST).text
        (after,) = re.findall(r'rel="next" href="/desk(/[^"]+)"', first)
        second = seat.look(unescape(after)).text
    assert [re.findall(r'name="id" value="(\d+)"', page) for page in (first, second)] == [ids[:100], ids[100:]]


@pytest.mark.parametrize("status", [MailingStatus.DRAFT, MailingStatus.SCHEDULED])
def test_sending_again_is_offered_once_it_was_sent(db: Database, status: MailingStatus) -> None:
    """Of a mailing nobody has got yet the list has no button that could only be refused; of a sent one it has."""
    mailing_id = sent(db)
    with seated(db) as seat:
        assert f"{LIST}/again" in seat.look(LIST).text
        with db.writing() as session:
            mailing = session.get_one(Mailing, mailing_id)
            mailing.status, mailing.started_at, mailing.scheduled_at = status, None, clock.now()
        page = seat.look(LIST).text
    assert (f"{LIST}/add" in page, f"{LIST}/again" in page) == (True, False)
