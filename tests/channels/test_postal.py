"""Where a letter goes: one line for the list, lines for the envelope, and the order letters lie in; on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.channels.document.letter_rows import Asked, letter_row
from mailings.channels.document.postal import address_of, lines_of
from mailings.clock import now
from mailings.content.names import Used
from mailings.db import Database
from mailings.model import Company, Mailing, MailingType, Person, Recipient
from mailings.settings import Settings
from tests.audience.people import company, person

HOME = {"street": "Storgata 1", "zip": "0184", "city": "Oslo", "country": "NO"}
POSTAL = {"postal_street": "Postboks 7", "postal_zip": "5003", "postal_city": "Bergen"}
STREET = {"street": "Havnegate 2\nBygg C", "zip": "5004", "city": "Bergen", "country": "NO"}
OURS = Settings(default_country="NO", language="no")


def _letters(session: Session, *whom: Person | Company, **document: Any) -> Mailing:
    """A mailing of letters to these."""
    mailing = Mailing(
        name=f"brev-{session.scalar(select(func.count(Mailing.id)))}",
        type=MailingType.DOCUMENT,
        created_at=now(),
        more={"document": document},
    )
    session.add(mailing)
    session.flush()
    for one in whom:
        session.add(Recipient(mailing_id=mailing.id, **{"person_id" if isinstance(one, Person) else "company_id": one.id}, address="x"))
    session.flush()
    return mailing


def _envelope(session: Session, whom: Person | Company, settings: Settings = OURS, **document: Any) -> tuple[str, ...]:
    """The lines of one envelope."""
    mailing = _letters(session, whom, **document)
    row = letter_row(mailing, Asked(Used()), settings)
    recipient = session.scalars(select(Recipient).where(Recipient.mailing_id == mailing.id)).one()
    return row.lines(session.execute(row.of_recipient(recipient.id)).one())


def _in_the_list(session: Session, whom: Person | Company) -> str | None:
    """The address in one line, as the list asks for it."""
    where = address_of()
    if isinstance(whom, Company):
        return session.scalar(select(where.company).select_from(Company).where(Company.id == whom.id))
    joined = select(where.person).select_from(Person).outerjoin(Company, Company.id == Person.company_id)
    return session.scalar(joined.where(Person.id == whom.id))


@pytest.mark.parametrize(
    ("own", "firm", "line"),
    [
        (HOME | {"use_as_postal": True}, POSTAL | STREET, "Storgata 1, 0184 Oslo, NO"),
        (HOME, POSTAL | STREET, "Postboks 7, 5003 Bergen, NO"),
        (HOME, STREET, "Havnegate 2, Bygg C, 5004 Bergen, NO"),
        (HOME, {}, "Storgata 1, 0184 Oslo, NO"),
        (HOME, None, "Storgata 1, 0184 Oslo, NO"),
        ({"use_as_postal": True}, POSTAL | STREET, "Postboks 7, 5003 Bergen, NO"),  # nothing of their own to use
        ({}, {"postal_street": "Postboks 7"} | STREET, "Havnegate 2, Bygg C, 5004 Bergen, NO"),  # a postal address without a town is none
        ({"city": "Ålesund", "zip": "6002"}, None, "6002 Ålesund"),
        ({"city": "Ålesund"}, None, None),
        ({"street": "Storgata 1"}, {}, None),
        ({}, None, None),
    ],
)
def test_the_smart_order(any_db: Database, own: dict[str, Any], firm: dict[str, Any] | None, line: str | None) -> None:
    """Their own address where it is to be used, else the company's for post, else its street, else their own; else there is none."""
    with any_db.writing() as session:
        firm_id = company(session, "Ærlig & Sønner AS", **firm).id if firm is not None else None
        found = _in_the_list(session, person(session, "Åse Ødegård", company_id=firm_id, **own))
        assert found == line


def test_a_company_is_written_to_where_its_post_goes(any_db: Database) -> None:
    """A company has its postal address, else its street; a country told for post alone is that of the post."""
    with any_db.writing() as session:
        assert _in_the_list(session, company(session, "A", **POSTAL, **STREET, postal_country="SE")) == "Postboks 7, 5003 Bergen, SE"
        assert _in_the_list(session, company(session, "B", **STREET)) == "Havnegate 2, Bygg C, 5004 Bergen, NO"
        assert _in_the_list(session, company(session, "C")) is None


def test_an_envelope(any_db: Database) -> None:
    """For whom, the company unless it goes to their home, each line of the street, the town; our own country is not written."""
    with any_db.writing() as session:
        firm = company(session, "Ærlig & Sønner AS", **STREET)
        at_work = person(session, "Åse Ødegård", company_id=firm.id)
        at_home = person(session, "Bjørn Å", company_id=firm.id, use_as_postal=True, **HOME)
        alone = person(session, "Désirée van der IJssel", street="Gracht 7", zip="1012 AB", city="Amsterdam", country="NL")
        assert _envelope(session, at_work) == ("Åse Ødegård", "Ærlig & Sønner AS", "Havnegate 2", "Bygg C", "5004 Bergen")
        assert _envelope(session, at_home) == ("Bjørn Å", "Storgata 1", "0184 Oslo")
        assert _envelope(session, alone) == ("Désirée van der IJssel", "Gracht 7", "1012 AB Amsterdam", "NEDERLAND")
        assert _envelope(session, firm) == ("Ærlig & Sønner AS", "Havnegate 2", "Bygg C", "5004 Bergen")


def test_attention(any_db: Database) -> None:
    """`if_none`: the name, else the typed text; `always`: the typed text over any name (domain.md B.4)."""
    with any_db.writing() as session:
        firm = company(session, "Ærlig AS", **STREET)
        somebody = person(session, "Åse Ødegård", company_id=firm.id)
        typed = {"text": "Innkjøp", "use": "if_none"}
        assert _envelope(session, firm, attention=typed)[:2] == ("Innkjøp", "Ærlig AS")
        assert _envelope(session, somebody, attention=typed)[:2] == ("Åse Ødegård", "Ærlig AS")
        assert _envelope(session, somebody, attention=typed | {"use": "always"})[:2] == ("Innkjøp", "Ærlig AS")
        assert _envelope(session, somebody, attention={"text": "", "use": "always"})[0] == "Åse Ødegård"


@pytest.mark.parametrize(
    ("country", "lines"),
    [
        ("GB", ("Å", "1 Elm Row", "London", "SW1A 2AA", "STORBRITANNIA")),
        ("US", ("Å", "1 Elm Row", "London SW1A 2AA", "USA")),
        ("SE", ("Å", "1 Elm Row", "SW1A 2AA London", "SVERIGE")),
        ("NO", ("Å", "1 Elm Row", "SW1A 2AA London")),
        ("", ("Å", "1 Elm Row", "SW1A 2AA London")),
    ],
)
def test_countries(country: str, lines: tuple[str, ...]) -> None:
    """The postal code stands where the country it goes to has it, and that country's name is in our language and in capitals."""
    assert lines_of(("Å", "", "1 Elm Row", "SW1A 2AA", "London", country), OURS) == lines


def test_no_line_is_empty_or_twice() -> None:
    """A company known by its own name alone is named once, and no line is empty."""
    assert lines_of(("Ærlig AS", "Ærlig AS", "\n Vei  1 \n", "", "Oslo", ""), OURS) == ("Ærlig AS", "Vei 1", "Oslo")
