"""What stands in a form before anybody writes in it, and whose name may stand there."""

from __future__ import annotations

import yaml
from sqlalchemy import select

from mailings import clock
from mailings.db import Database
from mailings.forms.definition import FormPart
from mailings.forms.prefilling import LONGEST, prefilled
from mailings.model import Delivery, DeliveryStatus, Person
from tests.consent.waiting import a_mailing, a_person, queue

FIELDS = """
- {kind: name}
- {kind: first_name}
- {kind: email}
- {kind: mobile}
- {kind: text, identifier: closed, prefill: false, default: lukket}
- {kind: checkbox, identifier: days, choices: [man, tir, ons]}
- {kind: hidden, identifier: source, default: nettside}
- {kind: upload, identifier: cv}
- {kind: consent}
- {kind: topics, topics: [News]}
"""
PART = FormPart(name="skjema", title="Skjema", fields=yaml.safe_load(FIELDS))


def a_reader(db: Database, **more: object) -> int:
    """Désirée's message; the delivery's id."""
    with db.writing() as session:
        mailing = a_mailing(session, "høst-nytt")
        person = a_person(session, "desiree@ijssel.test", name="Désirée van der IJssel", first_name="Désirée", mobile="+4799887766", **more)
        return queue(session, mailing, person, DeliveryStatus.SENT).id


def filled(db: Database, *said: tuple[str, str], delivery: int | None = None) -> dict[str, list[str]]:
    """What stands in the fields, without the defaults."""
    with db.reading() as session:
        values = prefilled(session, PART, said, delivery)
    return {name: value for name, value in values.items() if value not in (["nettside"], ["lukket"])}


def test_a_reader_finds_the_name_and_address_the_message_shows(any_db: Database) -> None:
    """And nothing else that we know of them: messages are forwarded."""
    reader = a_reader(any_db)
    assert filled(any_db, delivery=reader) == {
        "name": ["Désirée van der IJssel"],
        "first_name": ["Désirée"],
        "email": ["desiree@ijssel.test"],
    }


def test_nothing_is_shown_of_who_is_deleted_of_tests_and_of_messages_that_are_gone(db: Database) -> None:
    """Then the form is empty, as for everybody."""
    reader = a_reader(db)
    with db.writing() as session:
        session.get_one(Delivery, reader).test = True
    assert filled(db, delivery=reader) == {}
    with db.writing() as session:
        session.get_one(Delivery, reader).test = False
        session.scalars(select(Person)).one().deleted_at = clock.now()
    assert filled(db, delivery=reader) == {}
    assert filled(db, delivery=reader + 99) == {}


def test_a_link_fills_in_what_may_be(db: Database) -> None:
    """Its words go before what we know; ticked boxes as a list or one by one; defaults stand where it says nothing."""
    said = [("name", "Åse"), ("days", '["man", "ons"]'), ("days", "tir"), ("source", "annonse"), ("mobile", "")]
    assert filled(db, *said, delivery=a_reader(db)) | {"name": ["Åse"], "days": ["man", "ons", "tir"], "source": ["annonse"]} == filled(
        db, *said, delivery=1
    )
    assert filled(db, *said)["source"] == ["annonse"]
    assert "mobile" not in filled(db, *said)


def test_a_link_ticks_no_consent_and_opens_nothing(db: Database) -> None:
    """No consent, no topic, no file, no field that says no, none that is not there; and what is written is bounded."""
    said = [("consent", "yes"), ("topics", "News"), ("cv", "a.pdf"), ("closed", "x"), ("nobody", "x"), ("name", "x" * 9_999)]
    assert filled(db, *said) == {"name": ["x" * LONGEST]}
    for odd in ("[", "[" * 50_000, '[{"a": 1}]', "[1, null]"):
        assert filled(db, ("days", odd)).get("days", []) == []
