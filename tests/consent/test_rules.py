"""The rules of consent as SQL say what the history, the opt-outs and the standings say."""

from __future__ import annotations

import pytest
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.consent.rules import (
    accepted_bases,
    address_blocked,
    address_complained,
    consent_in_force,
    opted_out,
    withdrawn,
)
from mailings.consent.standing import block_address, complain
from mailings.consent.withdrawing import opt_out, subscribe, withdraw
from mailings.db import Database
from mailings.errors import NotAllowed
from mailings.model import Address, AddressStanding, Basis, Consent, Person
from tests.consent.waiting import a_person, a_topic


def _who(session: Session, condition: ColumnElement[bool]) -> list[str]:
    rows = session.execute(select(Address.normal, condition.label("answer")).join(Person).order_by(Address.normal)).all()
    assert all(row.answer is not None for row in rows)
    return [row.normal for row in rows if row.answer]


def test_consent_is_the_newest_row(any_db: Database) -> None:
    """No row and Withdrawn are no consent, every other basis is, other purposes do not count, and an accepted list narrows it."""
    with any_db.writing() as session:
        a_person(session, "a@x.test")
        a_person(session, "b@x.test", basis=Basis.LEGITIMATE_INTEREST)
        a_person(session, "c@x.test", basis=None)
        gone, back = a_person(session, "d@x.test"), a_person(session, "e@x.test", basis=Basis.WITHDRAWN)
        withdraw(session, gone.id, "User")
        session.add(Consent(person_id=back.id, basis=Basis.CONTRACT, source="User", given_at=clock.now()))
        session.add(Consent(person_id=gone.id, basis=Basis.CONSENT, purpose="sales-and-service", source="User", given_at=clock.now()))
        session.flush()
        assert _who(session, consent_in_force(Person.id)) == ["a@x.test", "b@x.test", "e@x.test"]
        assert _who(session, consent_in_force(Person.id, accepted_bases("consent, contract"))) == ["a@x.test", "e@x.test"]
        assert _who(session, withdrawn(Person.id)) == ["d@x.test"]


def test_opting_out(any_db: Database) -> None:
    """Only an opt-out of that topic, and only while it is in force."""
    with any_db.writing() as session:
        news, offers = a_topic(session, "News"), a_topic(session, "Promotions")
        one, two = a_person(session, "a@x.test"), a_person(session, "b@x.test")
        for person in (one, two):
            opt_out(session, person.id, news.id, "User")
        subscribe(session, two.id, news.id)
        assert _who(session, opted_out(Person.id, news.id)) == ["a@x.test"]
        assert _who(session, opted_out(Person.id, offers.id)) == []


def test_standings(any_db: Database) -> None:
    """Blocked by hand or by reaching the threshold of bounces (D6); complained apart from it (D19)."""
    with any_db.writing() as session:
        for letter in "abcd":
            a_person(session, f"{letter}@x.test")
        block_address(session, "a@x.test", "by hand")
        session.add(AddressStanding(normal="b@x.test", bounces=5))
        session.add(AddressStanding(normal="c@x.test", bounces=4))
        complain(session, "d@x.test")
        session.flush()
        assert _who(session, address_blocked(Address.normal, 5)) == ["a@x.test", "b@x.test"]
        assert _who(session, address_complained(Address.normal)) == ["d@x.test"]


def test_accepted_bases() -> None:
    """Empty means every basis but Withdrawn (D4); a wrong word is refused with the words there are."""
    assert accepted_bases("") == frozenset(Basis) - {Basis.WITHDRAWN}
    assert accepted_bases(" consent ") == {Basis.CONSENT}
    for wrong in ("konsent", "withdrawn"):
        with pytest.raises(NotAllowed, match=f"names {wrong}; the legal bases are"):
            accepted_bases(wrong)
