"""Erasing somebody takes what is known of their mobile number, as of an address (domain.md D30)."""

from __future__ import annotations

from sqlalchemy import select

from mailings import clock
from mailings.consent.standing import STOP, block_address
from mailings.db import Database
from mailings.model import AddressStanding, DeliveryStatus, Event, MailingStatus, Recipient, TextSlot
from mailings.people.deleting import delete
from mailings.people.erasing import erase
from mailings.reported import EventKind
from tests.consent.waiting import a_mailing, a_person, queue, statuses

NOW, FORMER = "+4799887766", "+4799887767"


def standings(any_db: Database) -> list[str]:
    """Every address and number of which it is known how it stands."""
    with any_db.reading() as session:
        return list(session.scalars(select(AddressStanding.normal).order_by(AddressStanding.normal)))


def test_how_a_number_stood_goes(any_db: Database) -> None:
    """A STOP, a block or bounces of their number go with the person, also of the number they had before and were written to at."""
    with any_db.writing() as session:
        ase = a_person(session, "ase@fjord.test", name="Åse", mobile="99887766", mobile_normal=NOW)
        sent = queue(session, a_mailing(session, "høst", status=MailingStatus.SENT), ase, DeliveryStatus.SENT)
        session.get_one(Recipient, sent.recipient_id).address = FORMER
        session.flush()
        for number in (NOW, FORMER):
            block_address(session, number, STOP)
        erase(session, ase.id)
    assert standings(any_db) == []


def test_a_number_somebody_else_has(any_db: Database) -> None:
    """Whoever shares the number, or has it now, keeps its STOP, what was reported of it, and the count of messages it has had."""
    with any_db.writing() as session:
        ase = a_person(session, "ase@fjord.test", name="Åse", mobile="99887766", mobile_normal=NOW)
        a_person(session, "bo@fjord.test", name="Bo", mobile="99887766", mobile_normal=NOW)
        a_person(session, "desiree@fjord.test", name="Désirée van der IJssel", mobile="99887767", mobile_normal=FORMER)
        sent = queue(session, a_mailing(session, "høst", status=MailingStatus.SENT), ase, DeliveryStatus.SENT)
        session.get_one(Recipient, sent.recipient_id).address = FORMER
        for number in (NOW, FORMER):
            block_address(session, number, STOP)
        session.add_all(
            [TextSlot(delivery_id=10_000, number=NOW, at=clock.now()), TextSlot(delivery_id=10_001, number=FORMER, at=clock.now())]
        )
        at = {"at": clock.now(), "received_at": clock.now(), "kind": EventKind.BOUNCED, "source": "twilio"}
        told = Event(**at, address=FORMER, reason="30005")
        session.add(told)
        session.flush()
        erase(session, ase.id)
        assert (told.address, told.reason) == (FORMER, "30005")
        assert session.scalars(select(TextSlot.number).order_by(TextSlot.delivery_id)).all() == [NOW, FORMER]
    assert standings(any_db) == [NOW, FORMER]


def test_a_bare_number_of_theirs(any_db: Database) -> None:
    """What is queued for the person's number where it stands alone on a list is cancelled when they are taken off every list."""
    with any_db.writing() as session:
        ase = a_person(session, "ase@fjord.test", name="Åse", mobile="99887766", mobile_normal=NOW)
        waits = queue(session, a_mailing(session, "høst"), NOW)
        assert delete(session, ase, 14).cancelled == 1
        assert statuses(session, waits) == ["cancelled"]
