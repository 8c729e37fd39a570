"""A selection's condition finds the people it says, alike on SQLite and PostgreSQL, and a wrong one is told with its place."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.clock import now
from mailings.db import Database
from mailings.errors import Unreadable
from mailings.model import (
    Basis,
    Consent,
    Delivery,
    DeliveryStatus,
    Interest,
    Mailing,
    MailingType,
    OptOut,
    Person,
    PersonInterest,
    Recipient,
)
from mailings.people.conditions import condition
from tests.audience.people import company, person, project, topic


def who(session: Session, text: str) -> set[str]:
    """First names of the people the condition finds."""
    return {name.split()[0] for name in session.scalars(select(Person.name).where(condition(text)))}


def four_people(session: Session) -> None:
    """Åse (NO, Fjord AS, shoe 42, likes ski), Bjørn (NO, no consent), IJsbrand (NL, opted out of News), Çelik (retired, no address)."""
    fjord = company(session, "Fjord Reiser AS", "post@fjord.test", city="Ålesund", stop=True)
    born = datetime(2026, 3, 1, 12, tzinfo=UTC)
    ase = person(
        session, "Åse Nordmann", country="NO", language="nb", company_id=fjord.id, custom={"Sko": "42", "vip": True, "sist": "2026-02-01"}
    )
    person(session, "Bjørn Ås", consent=None, country="NO", language="nn", custom={"Sko": 39.5})
    ijs = person(session, "IJsbrand", country="NL", language="nl", custom={"Sko": "ukjent"})
    celik = person(session, "Çelik", "", Basis.LEGITIMATE_INTEREST, retired=True)
    session.add(Consent(person_id=celik.id, basis=Basis.WITHDRAWN, source="User", given_at=now()))
    ase.created_at = born
    ski, news = Interest(name="Ski"), topic(session, "News")
    session.add(ski)
    session.flush()
    session.add(PersonInterest(person_id=ase.id, interest_id=ski.id))
    session.add(OptOut(person_id=ijs.id, topic_id=news.id, since=now(), source="User"))
    session.add(OptOut(person_id=ase.id, topic_id=news.id, since=now(), source="User", ended_at=now()))
    project(session, "Messe", ase, ijs)
    session.flush()


ALL = {"Åse", "Bjørn", "IJsbrand", "Çelik"}
FOUND = [
    ("", ALL),
    ('country = "NO"', {"Åse", "Bjørn"}),
    ('Country = "no"', {"Åse", "Bjørn"}),
    ('country != "NO"', {"IJsbrand", "Çelik"}),
    ('not country = "NO"', {"IJsbrand", "Çelik"}),
    ('country in ("NO", "NL") and language in ("nb", "nl")', {"Åse", "IJsbrand"}),
    ('language not in ("nb", "nl")', {"Bjørn", "Çelik"}),
    ('name like "åse%"', {"Åse"}),
    ('name like "%ÅS"', {"Bjørn"}),
    ('name not like "%nordmann"', {"Bjørn", "IJsbrand", "Çelik"}),
    ("language is empty", {"Çelik"}),
    ("language is not empty", {"Åse", "Bjørn", "IJsbrand"}),
    ('company.name like "Fjord%"', {"Åse"}),
    ('company = "fjord reiser as" and company.city = "ålesund"', {"Åse"}),
    ('company.name != "Fjord Reiser AS"', {"Bjørn", "IJsbrand", "Çelik"}),
    ("company.stop", {"Åse"}),
    ("has company", {"Åse"}),
    ("not has company", {"Bjørn", "IJsbrand", "Çelik"}),
    ('interest = "Ski"', {"Åse"}),
    ('interest != "Ski"', {"Bjørn", "IJsbrand", "Çelik"}),
    ('opted_out = "News"', {"IJsbrand"}),
    ('project = "Messe" and not opted_out = "News"', {"Åse"}),
    ('consent = "consent"', {"Åse", "IJsbrand"}),
    ("has consent", {"Åse", "IJsbrand"}),
    ("not has consent", {"Bjørn", "Çelik"}),
    ('consent.source = "Import"', {"Åse", "IJsbrand"}),
    ("retired", {"Çelik"}),
    ("retired = false", {"Åse", "Bjørn", "IJsbrand"}),
    ("has email", {"Åse", "Bjørn", "IJsbrand"}),
    ('email = "ASE@blåbær.no" or email like "%@blåbær.test"', {"Åse", "Bjørn", "IJsbrand"}),
    ('email = "Bjrn@Blåbær.test"', {"Bjørn"}),
    ("custom.Sko > 40", {"Åse"}),
    ("custom.Sko < 40", {"Bjørn"}),
    ("custom.Sko >= 39.5 or custom.Sko = 42", {"Åse", "Bjørn"}),
    ("custom.Sko != 42", {"Bjørn", "IJsbrand", "Çelik"}),
    ('custom."Sko" = "UKJENT"', {"IJsbrand"}),
    ("custom.vip", {"Åse"}),
    ("custom.sist < 2026-03-01", {"Åse"}),
    ("custom.mangler is empty", ALL),
    ("created = 2026-03-01", {"Åse"}),
    ("created < 2026-03-02", {"Åse"}),
    ("created > 2026-03-01", {"Bjørn", "IJsbrand", "Çelik"}),
    ('created <= "2026-03-01"', {"Åse"}),
    ('(country = "NO" or country = "NL") and (has interest or opted_out = "News")', {"Åse", "IJsbrand"}),
    ('country = "NO" or country = "NL" and retired', {"Åse", "Bjørn"}),
    ("received", set()),
    ("not received", ALL),
]


def test_each_test_finds_the_people_it_says(any_db: Database) -> None:
    """Every kind of field and comparison finds exactly its people; capitals do not matter, also with å, and NULL hides nobody."""
    with any_db.writing() as session:
        four_people(session)
        found = {text: who(session, text) for text, _ in FOUND}
    assert found == dict(FOUND)


def test_what_was_received(any_db: Database) -> None:
    """`received` means a message went out; failed ones, tests and other mailings do not count."""
    with any_db.writing() as session:
        four_people(session)
        ids = {name.split()[0]: key for key, name in session.execute(select(Person.id, Person.name))}
        mailing = Mailing(name="høst", type=MailingType.EMAIL, created_at=now())
        session.add(mailing)
        session.flush()
        fates = [("Åse", DeliveryStatus.SENT, False), ("Bjørn", DeliveryStatus.FAILED, False), ("IJsbrand", DeliveryStatus.SENT, True)]
        for name, status, test in fates:
            row = Recipient(mailing_id=mailing.id, person_id=ids[name], address=f"{ids[name]}@x.test")
            session.add(row)
            session.flush()
            session.add(Delivery(mailing_id=mailing.id, recipient_id=row.id, status=status, test=test))
            session.flush()
        assert who(session, 'received "høst"') == {"Åse"}
        assert who(session, 'not received "høst"') == ALL - {"Åse"}
        assert who(session, 'received "vår"') == set()


WRONG = [
    ('contry = "NO"', r"no field 'contry' \(character 1\); did you mean country"),
    ('has consent and contry = "NO"', r"no field 'contry' \(character 17\)"),
    ('has consent\nand contry = "NO"', r"line 2, character 5"),
    ("country =", "ends too early, after 'country ='"),
    ('country "NO"', "character 9"),
    ('country = "NO', "character 11 and does not end"),
    ('country = "NO" AND AND retired', "character 24"),
    ('name < "M"', r"compares name .*character 8"),
    ("country = 47", r"compares country .*character 11"),
    ("created = 2026-02-30", "2026-02-30 .*a day that exists"),
    ('created like "2026%"', "created with like"),
    ('retired = "yes"', "it is true or false"),
    ("country", "needs a comparison after country"),
    ('opened "høst"', "opened a mailing .*not known yet"),
    ("clicked", "clicked a mailing .*not known yet"),
    ("(retired or (retired and " * 20 + "retired" + "))" * 20, "more than 30 brackets inside one another"),
    ("not " * 900 + "retired", "more than 30 brackets inside one another"),
    ("x" * 5000, "5000 characters long"),
    ("country = 'NO'; drop table person", "cannot be read at character 15"),
]


@pytest.mark.parametrize(("text", "told"), WRONG)
def test_a_wrong_condition_is_told_with_its_place(text: str, told: str) -> None:
    """Whatever is wrong comes back as one sentence that names the place, and for an unknown field the nearest names."""
    with pytest.raises(Unreadable, match=told) as raised:
        condition(text)
    assert "\n" not in str(raised.value)


def refusal(text: str) -> str:
    """What is said about the text; for one that can be read, that it can."""
    try:
        condition(text)
    except Unreadable as error:
        return str(error)
    return "The condition can be read."


def test_brackets_around_brackets_cost_nothing(db: Database) -> None:
    """Brackets that say nothing may be as many as there is room for."""
    with db.writing() as session:
        four_people(session)
        assert who(session, "(" * 1000 + "retired" + ")" * 1000) == {"Çelik"}


def test_values_are_bound_never_spliced(any_db: Database) -> None:
    """What a person writes in quotes stays a value, whatever it holds."""
    with any_db.writing() as session:
        four_people(session)
        assert who(session, 'name = "x\' OR 1=1 --"') == set()
        assert who(session, """name = 'x" OR 1=1 --'""") == set()
        assert "1=1" not in str(condition('name = "x\' OR 1=1 --"'))


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from('()"=<>!,.%_ aonditrcvespøå\n1290-'), max_size=60))
def test_rubbish_is_read_or_refused(text: str) -> None:
    """No text makes the reader fail in any way but its one sentence."""
    assert refusal(text).startswith("The condition")
