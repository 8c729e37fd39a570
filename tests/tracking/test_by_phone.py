"""STOP and START by text message, and what Twilio refuses: in force at once for the number, and for nothing else."""

from __future__ import annotations

from itertools import permutations

import pytest
from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from mailings.consent.rules import address_blocked
from mailings.consent.standing import STOP, block_address, stop_number, take_back_stop, unblock_addresses, why_blocked
from mailings.db import Database
from mailings.model import Address, Delivery, DeliveryNote, DeliveryStatus, Mailing, MailingType, Person, Recipient, Verdict
from mailings.sending import lifecycle
from mailings.settings import Settings
from mailings.tracking.refusals import count_refusals
from mailings.tracking.stopped import Asked, behind, page_of
from tests.audience.people import person
from tests.sending import world
from tests.tracking.told import B, K, delivery, events, heard, mark, said, standing

MOBILE, OTHER = "+4799887766", "+31612345678"


def queued(db: Database, name: str, kind: MailingType, *addresses: str, owner: Person | None = None) -> list[int]:
    """A mailing with one queued message to each of these; the first of them to `owner`. Their numbers."""
    mailing_id = world.mailing(db, name, status="populating")
    with db.writing() as session:
        session.get_one(Mailing, mailing_id).type = kind
        for nth, address in enumerate(addresses):
            whose = {"person_id": owner.id} if owner and not nth else {}
            session.add(Recipient(mailing_id=mailing_id, address=address, name="Åse", verdict=Verdict.ELIGIBLE, **whose))
        session.flush()
        lifecycle.begin_sending(session, session.get_one(Mailing, mailing_id))
        return list(session.scalars(select(Delivery.id).where(Delivery.mailing_id == mailing_id).order_by(Delivery.id)))


def desiree(db: Database) -> Person:
    """Somebody with an e-mail address and a mobile."""
    with db.writing() as session:
        made = person(session, "Désirée van der IJssel", "desiree@noord.test", consent=None, mobile_normal=MOBILE)
        session.expunge_all()
        return made


def statuses(db: Database, *numbers: int) -> list[str]:
    """Where these deliveries stand."""
    return [delivery(db, number).status.value for number in numbers]


def test_stop_is_in_force_at_once(any_db: Database) -> None:
    """STOP cancels what is queued for the number in the same transaction, whoever has it; others, and e-mail, go on."""
    reader = desiree(any_db)
    theirs, alone, another = queued(any_db, "sms-1", MailingType.SMS, MOBILE, MOBILE[:-1] + "7", OTHER, owner=reader)
    (bare,) = queued(any_db, "sms-2", MailingType.SMS, MOBILE)
    (letter,) = queued(any_db, "brev", MailingType.EMAIL, "desiree@noord.test", owner=reader)
    assert heard(any_db, said(any_db, None, K.UNSUBSCRIBED, address=MOBILE), source="twilio") == 1
    assert statuses(any_db, theirs, bare, alone, another, letter) == ["cancelled", "cancelled", "queued", "queued", "queued"]
    stands = standing(any_db, MOBILE)
    assert stands is not None
    assert (stands.stopped_at is None, stands.blocked_at) == (False, None)
    assert standing(any_db, "desiree@noord.test") is None
    with any_db.reading() as session:
        (note,) = session.scalars(select(DeliveryNote).where(DeliveryNote.delivery_id == theirs))
        assert note.why == f"The address was blocked: {STOP}"
        (listed,) = behind(session, Asked(5))
        assert (listed.address, listed.name, listed.blocked_why) == (MOBILE, "Désirée van der IJssel", STOP)


def test_told_twice(any_db: Database) -> None:
    """The same STOP told again is one event, and START sent in between stays in force."""
    stop, start = said(any_db, None, K.UNSUBSCRIBED, 1, address=MOBILE), said(any_db, None, K.RESUBSCRIBED, 2, address=MOBILE)
    assert [heard(any_db, one, source="twilio") for one in (stop, start, stop, start)] == [1, 1, 0, 0]
    assert len(events(any_db)) == 2
    stands = standing(any_db, MOBILE)
    assert stands is not None
    assert stands.stopped_at is None


def test_start_takes_back_only_stop(any_db: Database) -> None:
    """A number somebody blocked for another reason stays blocked, whatever is sent from it."""
    with any_db.writing() as session:
        block_address(session, MOBILE, "by hand")
    heard(
        any_db,
        said(any_db, None, K.UNSUBSCRIBED, 1, address=MOBILE),
        said(any_db, None, K.RESUBSCRIBED, 2, address=MOBILE),
        source="twilio",
    )
    stands = standing(any_db, MOBILE)
    assert stands is not None
    assert stands.blocked_why == "by hand"


def test_nobody_else_takes_stop_back(any_db: Database) -> None:
    """Somebody at the desk who allows addresses again allows no number whose owner sent STOP."""
    heard(any_db, said(any_db, None, K.UNSUBSCRIBED, address=MOBILE), source="twilio")
    with any_db.writing() as session:
        block_address(session, OTHER, "by hand")
        assert unblock_addresses(session, [MOBILE, OTHER]) == 1
    stands = standing(any_db, MOBILE)
    assert stands is not None
    assert stands.stopped_at is not None


@pytest.mark.parametrize("first", ["stop", "block"])
def test_stop_beside_another_reason(any_db: Database, first: str) -> None:
    """Whichever came first, both stand and either blocks; lists say both, and each is taken back by whoever may, alone."""
    said_no = {"stop": lambda session: stop_number(session, MOBILE), "block": lambda session: block_address(session, MOBILE, "30005 dead")}
    with any_db.writing() as session:
        for which in sorted(said_no, reverse=first == "stop"):
            said_no[which](session)
        (listed,), (rows, _) = behind(session, Asked(5)), page_of(session, Asked(5))
        assert {listed.blocked_why, rows[0].blocked_why} == {f"{STOP}; 30005 dead"}
        assert (unblock_addresses(session, [MOBILE]), blocked_now(session)) == (1, True)
        assert [one.blocked_why for one in behind(session, Asked(5))] == [STOP]
        block_address(session, MOBILE, "30005 dead")
        assert (take_back_stop(session, MOBILE), take_back_stop(session, MOBILE), blocked_now(session)) == (True, False, True)
        assert [one.blocked_why for one in page_of(session, Asked(5))[0]] == ["30005 dead"]
        unblock_addresses(session, [MOBILE])
        assert not blocked_now(session)


def blocked_now(session: Session) -> bool:
    """Whether nothing may go to the number."""
    return bool(session.scalar(select(address_blocked(literal(MOBILE), 5))))


def test_an_address_that_begins_with_a_plus(any_db: Database) -> None:
    """It is no number: a reader of e-mail who unsubscribes is heeded as ever."""
    with any_db.writing() as session:
        reader = person(session, "Åse Ødegård", "")
        reader.addresses.append(Address(written="+47@fjord.test", normal="+47@fjord.test", valid=True))
    heard(any_db, said(any_db, None, K.UNSUBSCRIBED, address="+47@fjord.test"))
    stands = standing(any_db, "+47@fjord.test")
    assert stands is not None
    assert stands.blocked_at is None
    assert stands.unsubscribed_at is not None


def test_any_other_text_is_kept(any_db: Database) -> None:
    """What else a reader writes is an event with its words and its number; nothing follows from it."""
    heard(any_db, said(any_db, None, K.OTHER, address=MOBILE, reason="Takk for sist!"), source="twilio")
    (kept,) = events(any_db)
    assert (kept.address, kept.reason, kept.delivery_id) == (MOBILE, "Takk for sist!", None)
    assert standing(any_db, MOBILE) is None


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_statuses_in_any_order(any_db: Database, order: tuple[int, ...]) -> None:
    """queued, sent and delivered lead to delivered, in whatever order they come, also out of doubt."""
    (one,) = queued(any_db, "sms-1", MailingType.SMS, MOBILE)
    with any_db.writing() as session:
        session.get_one(Delivery, one).status = DeliveryStatus.IN_DOUBT
    told = [said(any_db, one, kind, minute, address=MOBILE) for minute, kind in enumerate((K.PROCESSED, K.PROCESSED, K.DELIVERED))]
    for nth in order:
        heard(any_db, told[nth], source="twilio")
    assert statuses(any_db, one) == ["delivered"]


def test_no_such_number(any_db: Database) -> None:
    """A number that Twilio says is none is blocked at once, with its words; one that carriers filter is not blamed."""
    first, second = queued(any_db, "sms-1", MailingType.SMS, MOBILE, OTHER)
    told = {"bounce": B.INVALID, "code": "21614", "reason": "failed"}
    heard(any_db, said(any_db, first, K.DROPPED, **told), said(any_db, second, K.BOUNCED, bounce=B.POLICY, code="30007"), source="twilio")
    stands = standing(any_db, MOBILE)
    assert stands is not None
    assert stands.blocked_why == "twilio reports: 21614 failed"
    assert standing(any_db, OTHER) is None
    assert statuses(any_db, first, second) == ["failed", "bounced"]


def test_refused_at_hand_over(any_db: Database) -> None:
    """What Twilio refused is read from the history: no such number, and who sent STOP to Twilio, are blocked; a region blames nobody."""
    numbers = [MOBILE, OTHER, "+4799887701"]
    deliveries = queued(any_db, "sms-1", MailingType.SMS, *numbers)
    with any_db.writing() as session:
        for one, code in zip(deliveries, ("400 21614", "400 21610", "400 21408"), strict=True):
            row = session.get_one(Delivery, one)
            row.status, row.code, row.reason = DeliveryStatus.FAILED, code, "Nei."
            session.add(DeliveryNote(delivery_id=one, at=world.START, what="failed", why="Nei."))
    assert count_refusals(any_db, Settings()) == 2
    whys = {number: why_blocked(stands.stopped_at, stands.blocked_why) for number in numbers if (stands := standing(any_db, number))}
    assert whys == {MOBILE: "refused reports: 400 21614 Nei.", OTHER: STOP}
    assert mark(any_db, deliveries[0])
