"""Correcting an address changes where a person is written to, and nothing of what is known of the old address."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailings.consent.standing import block_address
from mailings.db import Database
from mailings.errors import BadAddress, NotFound
from mailings.model import Address, AddressStanding
from mailings.people.correcting import correct
from tests.consent.waiting import a_mailing, a_person, queue


def test_a_new_address_in_the_old_ones_place(any_db: Database) -> None:
    """The new address has the old one's rank; the block stays with the old one; messages that wait are counted, not changed."""
    with any_db.writing() as session:
        person = a_person(session, "ase@firma.test", "privat@x.test", name="Åse")
        waits = queue(session, a_mailing(session, "a"), person)
        block_address(session, "other@x.test", "no such mailbox")
        done = correct(session, " ASE@firma.test ", "Åse <ase@nyfirma.test>")
        assert (done.person, done.old, done.new, done.shared_with, done.waiting) == ("Åse", "ase@firma.test", "ase@nyfirma.test", [], 1)
        session.expire_all()
        assert [(a.rank, a.normal) for a in person.addresses] == [(1, "ase@nyfirma.test"), (2, "privat@x.test")]
        assert waits.status == "queued"
        assert session.scalars(select(AddressStanding.normal)).all() == ["other@x.test"]


def test_an_address_known_already_moves_up(any_db: Database) -> None:
    """Where the right address is the person's second one, it takes the first one's place."""
    with any_db.writing() as session:
        person = a_person(session, "wrong@x.test", "right@x.test")
        correct(session, "wrong@x.test", "right@x.test")
        session.expire_all()
        assert [(a.rank, a.normal) for a in person.addresses] == [(1, "right@x.test")]


def test_only_the_spelling(any_db: Database) -> None:
    """The same address in other letters changes what is written, not the key."""
    with any_db.writing() as session:
        person = a_person(session, "ase@x.test")
        done = correct(session, "ase@x.test", "Ase@X.test")
        assert (person.addresses[0].written, done.new, done.waiting) == ("Ase@X.test", "ase@x.test", 0)


def test_somebody_elses_address(any_db: Database) -> None:
    """Two people may share an address; whoever corrects is told so."""
    with any_db.writing() as session:
        a_person(session, "post@x.test", name="Bjørn")
        a_person(session, "ase@x.test")
        assert correct(session, "ase@x.test", "post@x.test").shared_with == ["Bjørn"]
        assert len(session.scalars(select(Address).where(Address.normal == "post@x.test")).all()) == 2


def test_what_cannot_be_corrected(any_db: Database) -> None:
    """A wrong new address, a wrong old one, and one nobody has are each refused in a sentence."""
    with any_db.writing() as session:
        a_person(session, "ase@x.test")
        with pytest.raises(BadAddress, match="'ase' is no e-mail address"):
            correct(session, "ase@x.test", "ase")
        with pytest.raises(BadAddress, match="'nobody' is no e-mail address"):
            correct(session, "nobody", "ase@x.test")
        with pytest.raises(NotFound, match=r"Nobody has the address nobody@x\.test"):
            correct(session, "nobody@x.test", "ase@x.test")
