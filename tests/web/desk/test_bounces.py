"""What came back, at the desk: shown with its cause, dealt with, gone from the list; blocked addresses and complaints over all mailings."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from mailings import clock
from mailings.consent.standing import block_address, complain
from mailings.db import Database
from mailings.model import Address, AddressStanding, AuditEntry, DeliveryStatus, Mailing, Person, Recipient, Role
from mailings.people.selection_members import how_many
from mailings.people.selections import people_of, selection_named
from mailings.reported import BounceKind, BounceWhy
from tests.web.desk.listed import NAME, message, sent
from tests.web.desk.seated import seated
from web.pages.words import LANGUAGES

AT = f"/mailings/{NAME}/bounces"


def of(db: Database, name: str) -> tuple[int, int, int]:
    """The numbers of a person, of their row on the list, and of their address."""
    with db.reading() as session:
        person = session.scalars(select(Person).where(Person.name == name)).one()
        row = session.scalars(select(Recipient.id).where(Recipient.person_id == person.id)).one()
        return person.id, row, person.addresses[0].id


def stopped(db: Database) -> int:
    """A sent mailing, an address blocked, one that bounced five times, and a complaint. The mailing's id."""
    mailing_id = sent(db)
    with db.writing() as session:
        block_address(session, "bounced@fjord.test", "mailbox reports: 550 no such user")
        complain(session, "complained@fjord.test")
        full = AddressStanding(normal="soft@fjord.test", bounces=5, last_bounce_at=clock.now(), last_bounce_why=BounceWhy.FULL)
        full.last_bounce_code, full.last_bounce_reason = "452 4.2.2", "Over quota"
        session.add(full)
    return mailing_id


def test_the_tab_shows_what_came_back(db: Database) -> None:
    """Type, address, cause, kind, code and the server's words; nobody whose message did not come back."""
    sent(db)
    with seated(db, Role.READER) as seat:
        page = seat.look(AT).text
    for words in ("Åse bounced", "No such mailbox", "550 5.1.1", "No such user", "Mailbox full", "temporary", "still open", "2 of 2"):
        assert words in page
    assert "Åse read" not in page
    assert "formaction" in page
    assert "bounces/clear" not in page  # a reader looks


def test_an_address_is_allowed_again(any_db: Database) -> None:
    """Clearing the flag of a ticked one lets mail go there, takes it off the list and is logged; the others stay (domain.md I)."""
    stopped(any_db)
    _, row, _ = of(any_db, "Åse bounced")
    with seated(any_db) as seat:
        seat.press(f"{AT}/clear", whom="ticked", id=row)
        page, every = seat.look(AT).text, seat.look(f"{AT}?all=1").text
    assert "1 address may be written to again; bounces dealt with: 1." in page
    assert ("Åse bounced" in page, "Åse soft" in page, "Åse bounced" in every) == (False, True, True)
    with any_db.reading() as session:
        assert session.get_one(AddressStanding, "bounced@fjord.test").blocked_at is None
        assert session.get_one(AddressStanding, "soft@fjord.test").bounces == 5
        assert session.scalars(select(AuditEntry.what)).all() == ["clear bounces"]


def test_addresses_are_deleted_and_people_leave(any_db: Database) -> None:
    """All that are shown: their addresses go and they stay, or they are former employees; both off the list."""
    sent(any_db)
    with seated(any_db) as seat:
        seat.press(f"{AT}/delete", whom="all", show="bounced", q="bounced@")
        seat.press(f"{AT}/retire", whom="all", show="bounced", q="soft@")
        assert "Nothing is waiting here" in seat.look(AT).text
    with any_db.reading() as session:
        assert session.scalars(select(Address).where(Address.normal == "bounced@fjord.test")).all() == []
        assert session.scalars(select(Person.retired).where(Person.name.in_(["Åse bounced", "Åse soft"])).order_by(Person.id)).all() == [
            False,
            True,
        ]


def test_nothing_else_can_be_done(db: Database) -> None:
    """An action there is not, nobody ticked, a reader: refused, and nothing is changed."""
    stopped(db)
    with seated(db) as seat:
        assert [seat.press(f"{at}/{do}", whom="all").status_code for at in (AT, "/bounces") for do in ("forget", "")] == [404] * 4
        assert [seat.press(f"{at}/clear").status_code for at in (AT, "/bounces")] == [409, 409]
    with db.writing() as session:
        assert session.scalars(select(AuditEntry)).all() == []


def test_blocked_addresses_of_all_mailings(any_db: Database) -> None:
    """Blocked and often bounced ones with who has them and why; searched, by cause, the latest first."""
    stopped(any_db)
    with seated(any_db) as seat:
        page = seat.look("/bounces").text
        assert all(
            words in page for words in ("bounced@fjord.test", "soft@fjord.test", "Åse soft", "Mailbox full", "Over quota", "no such user")
        )
        assert "complained@fjord.test" not in page
        assert "soft@" not in seat.look("/bounces?q=BOUN").text
        assert "bounced@" not in seat.look("/bounces?why=full&sort=latest").text
        assert "bounced@" in seat.look("/bounces?why=strange&page=x").text
        assert "nobody" in seat.look("/bounces?q=%25").text.lower()


def test_what_is_done_with_blocked_addresses(any_db: Database) -> None:
    """Their people into a selection, allowed again, deleted; of the ticked ones or of all, and logged without an address."""
    stopped(any_db)
    with seated(any_db) as seat:
        assert seat.press("/bounces/add", whom="all").status_code == 200
        seat.press("/bounces/put", whom="all", into="new_selection", new="Opprydding")
        seat.press("/bounces/clear", whom="ticked", address="bounced@fjord.test")
        seat.press("/bounces/delete", whom="all")
    with any_db.reading() as session:
        assert how_many(session, people_of(session, selection_named(session, "Opprydding"))) == 2
        left = session.scalars(select(Address.normal).where(Address.normal.in_(["bounced@fjord.test", "soft@fjord.test"]))).all()
        log = [(entry.what, entry.details) for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert left == ["bounced@fjord.test"]
    assert [what for what, _ in log] == ["add people", "clear bounces", "delete addresses"]
    assert "@" not in str(log)


def test_complaints_can_only_be_taken_along(db: Database) -> None:
    """Who complained is listed and exported; nothing lets mail go there again (domain.md I, D19)."""
    stopped(db)
    with seated(db) as seat:
        page = seat.look("/bounces/complaints").text
        file = seat.press("/bounces/export/csv", whom="all", complained="1").text
        done = [seat.press(f"/bounces/{do}", whom="all", complained="1").status_code for do in ("clear", "delete", "retire", "add", "put")]
    assert "complained@fjord.test" in page
    assert "bounces/clear" not in page
    assert "complained@fjord.test;Åse complained" in file
    assert done == [409] * 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_in_every_language(db: Database, language: str) -> None:
    """All pages of bounces, of correcting and what stands between are there in every language."""
    stopped(db)
    person, row, _ = of(db, "Åse bounced")
    with seated(db) as seat:
        heads: dict[str, Any] = {"accept-language": language}
        looked = [seat.look(page, **heads) for page in (AT, "/bounces", "/bounces/complaints", f"/people/{person}/correct")]
        asked = [seat.press(f"/mailings/{NAME}/recipients/{do}", headers=heads, whom="ticked", id=row) for do in ("add", "again")]
        asked.append(seat.press("/bounces/add", headers=heads, whom="ticked", address="bounced@fjord.test"))
    assert {page.status_code for page in looked + asked} == {200}
    assert all(f'lang="{language}"' in page.text for page in looked + asked)


def test_a_company_and_a_bare_address_bounce_too(db: Database) -> None:
    """Both are on the list; clearing them works as for people."""
    mailing_id = sent(db)
    with db.writing() as session:
        facts = {"status": DeliveryStatus.BOUNCED, "bounce": BounceKind.INVALID, "reason": "gone"}
        message(session, session.get_one(Mailing, mailing_id), "los@fugl.test", **facts)
        block_address(session, "los@fugl.test", "gone")
    with seated(db) as seat:
        assert "los@fugl.test" in seat.look(AT).text
        seat.press(f"{AT}/clear", whom="all", show="bounced", q="los@")
        assert "los@fugl.test" not in seat.look(AT).text
