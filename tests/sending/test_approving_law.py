"""The law of approval: whatever happens before the first message, those sent to are those approved less those who said no."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.audience.populate import populate
from mailings.consent.giving import give
from mailings.consent.standing import block_address, complain, unblock_addresses
from mailings.consent.withdrawing import opt_out, withdraw
from mailings.db import Database
from mailings.model import Basis, Mailing, Person, Recipient, Topic
from mailings.people.correcting import correct
from mailings.people.deleting import delete
from mailings.people.erasing import erase
from mailings.sending.finding import mailing_named
from tests.sending import asking
from tests.sending.asking import NAME

PEOPLE = 12
Deed = Callable[[Session, Person, str], object]


def leaves_topic(session: Session, person: Person, _address: str) -> None:
    """Wants nothing of the mailing's topic any more."""
    opt_out(session, person.id, session.scalars(select(Topic.id)).one(), "User")


def no_mailings(_session: Session, person: Person, _address: str) -> None:
    """Somebody here sets No mailings."""
    person.no_mailings = True


def retires(_session: Session, person: Person, _address: str) -> None:
    """Works there no more."""
    person.retired = True


def is_erased(session: Session, person: Person, _address: str) -> None:
    """Is erased for good at once."""
    delete(session, person, 0)
    erase(session, person.id)


#: what takes a person off the list
NO: list[Deed] = [
    lambda session, person, _: withdraw(session, person.id, "User"),
    leaves_topic,
    lambda session, _, address: block_address(session, address, "a person did"),
    lambda session, _, address: complain(session, address),
    no_mailings,
    retires,
    lambda session, person, _: delete(session, person, 14),
    is_erased,
]


def somebody_new(session: Session) -> None:
    """Comes into the selection, with consent."""
    number = session.query(Person).count()
    asking.join_in(session, f"Ny {number}", f"n{number}@fjord.test")


#: what changes nothing about whom it goes to, and where
NEITHER: list[Deed] = [
    lambda session, person, address: correct(session, address, f"ny-{person.id}@blåbær.test"),
    lambda session, person, _: give(session, person.id, Basis.CONSENT, "User"),
    lambda session, *_: somebody_new(session),
    lambda session, *_: give(session, kept_back(session), Basis.CONSENT, "User"),
    lambda session, *_: unblock_addresses(session, ["sperret@fjord.test"]),
]


def kept_back(session: Session) -> int:
    """Who was not on the list when somebody was asked, for want of consent."""
    return session.scalars(select(Person.id).where(Person.name == "Uspurt")).one()


def world_of(db: Database) -> None:
    """People with a topic, one without consent, one whose address is blocked, two with one address."""
    mailing_id = asking.ready(db, PEOPLE)
    with db.writing() as session:
        session.add(Topic(name="Nyheter"))
        session.flush()
        session.get_one(Mailing, mailing_id).topic_id = session.scalars(select(Topic.id)).one()
        unasked = asking.join_in(session, "Uspurt")
        withdraw(session, unasked.id, "User")
        asking.join_in(session, "Sperret", "sperret@fjord.test")
        block_address(session, "sperret@fjord.test", "a person did")
        asking.join_in(session, "Dobbel", "p0@blåbær.test")


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_between(any_db: Database, seed: int) -> None:
    """After any story those sent to are a subset of those approved, at the same addresses, less exactly those who said no."""
    random = Random(seed)  # the same story each time
    world_of(any_db)
    asking.ask(any_db)
    asked = asking.eligible(any_db)
    assert len(asked) == PEOPLE
    left = dict(asked)
    answered = False
    for _ in range(14):
        answered = happens(any_db, random, left, answered=answered)
    if not answered:
        asking.approve(any_db)
    assert asking.send(any_db) == set(left.items())


def happens(db: Database, random: Random, left: dict[int, str], *, answered: bool) -> bool:
    """One thing happens, and who said no is taken out of `left`; whether somebody has approved by now."""
    if not answered and random.random() < 0.1:
        asking.approve(db)
        return True
    with db.writing() as session:
        if random.random() < 0.2:
            populate(session, mailing_named(session, NAME), launch=True)  # by a run that was killed after it
            return answered
        whom = random.choice(sorted(left))
        person = session.get_one(Person, session.get_one(Recipient, whom).person_id)
        says_no = random.random() < 0.5 and len(left) > 2
        random.choice(NO if says_no else NEITHER)(session, person, left[whom])
        if says_no:
            del left[whom]
    return answered
