"""What bounces say of addresses: an invalid one is blocked at once, others count in a row, policy never (domain.md I, D6, D7)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from mailings import clock
from mailings.consent.standing import block_address, unblock_addresses
from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus
from mailings.reported import Report
from mailings.tracking.bouncing import recount
from tests.sending import world
from tests.tracking.told import B, K, delivery, heard, minutes, out, said, standing

ASE = "åse-0000@fjord.test"
DAY = 24 * 60


def mailings(db: Database, count: int) -> list[int]:
    """So many mailings to åse-0000, one delivery each."""
    return [out(db, name=f"brev-{n}")[0] for n in range(count)]


def bounce(db: Database, number: int, minute: float, kind: B = B.HARD) -> Report:
    """A bounce of that delivery."""
    return said(db, number, K.BOUNCED, minute, bounce=kind, code="550 5.1.1", reason=f"550 ukjent {minute}")


def count(db: Database) -> int:
    """Bounces in a row of åse-0000; -1 where nothing stands against the address."""
    found = standing(db, ASE)
    return found.bounces if found else -1


def test_an_invalid_address(any_db: Database) -> None:
    """One report that there is no such address blocks it, says why, and cancels what is queued for it in the same transaction."""
    first, _ = out(any_db, 2)
    (waiting,) = out(any_db, status="queued", name="vår-nytt")
    heard(any_db, bounce(any_db, first, 3, B.INVALID))
    found = standing(any_db, ASE)
    assert found is not None
    assert (found.blocked_why, found.bounces, minutes(found.last_bounce_at)) == ("sendgrid reports: 550 5.1.1 550 ukjent 3", 1, 3)
    stopped = delivery(any_db, waiting)
    assert (stopped.status, stopped.reason) == (DeliveryStatus.CANCELLED, f"The address was blocked: {found.blocked_why}")
    assert standing(any_db, "åse-0001@fjord.test") is None


def test_dropped_for_its_address(any_db: Database) -> None:
    """What the provider will not even try any more is blocked here too; a message dropped for another reason blames nobody."""
    first, second = out(any_db, 2)
    heard(
        any_db,
        said(any_db, first, K.DROPPED, bounce=B.INVALID, reason="Bounced Address"),
        said(any_db, second, K.DROPPED, reason="Spam Content"),
    )
    found = standing(any_db, ASE)
    assert found is not None
    assert (found.blocked_why, found.bounces) == ("sendgrid reports: Bounced Address", 0)
    assert standing(any_db, "åse-0001@fjord.test") is None


def test_five_in_a_row(any_db: Database) -> None:
    """Hard and soft bounces count, whatever order they are told in; with the fifth nothing more goes to the address (D6)."""
    numbers = mailings(any_db, 6)
    (waiting,) = out(any_db, status="queued", name="vår-nytt")
    told = [bounce(any_db, one, n, B.SOFT if n % 2 else B.HARD) for n, one in enumerate(numbers, 1)]
    heard(any_db, *told[3::-1])
    assert (count(any_db), delivery(any_db, waiting).status) == (4, DeliveryStatus.QUEUED)
    heard(any_db, told[5])
    found = standing(any_db, ASE)
    assert found is not None
    assert (found.bounces, found.blocked_at, minutes(found.last_bounce_at)) == (5, None, 6)
    assert delivery(any_db, waiting).reason == "The address is blocked: 5 bounces in a row."
    heard(any_db, told[4])
    assert count(any_db) == 6


def test_policy_never_blames_the_address(any_db: Database) -> None:
    """Whatever is blocked or refused for content, volume or reputation leaves the address as it was (D7)."""
    heard(any_db, *(bounce(any_db, one, n, B.POLICY) for n, one in enumerate(mailings(any_db, 6))))
    assert count(any_db) == -1


def test_a_success_begins_anew(any_db: Database) -> None:
    """Bounces before a delivery, an open or a click by a person, or a message that stayed quiet for five days, count no more (D6)."""
    numbers = mailings(any_db, 7)
    heard(any_db, bounce(any_db, numbers[0], 1), bounce(any_db, numbers[1], 2))
    assert count(any_db) == 2
    heard(any_db, said(any_db, numbers[2], K.DELIVERED, 3))
    assert count(any_db) == 0
    heard(any_db, bounce(any_db, numbers[3], 4))
    assert count(any_db) == 1
    heard(any_db, said(any_db, numbers[2], K.OPENED, 5))
    assert count(any_db) == 1  # the provider's opens are never counted
    with any_db.writing() as session:
        session.execute(update(Delivery).where(Delivery.id == numbers[2]).values(opened_at=world.START + timedelta(minutes=6)))
        recount(session, [ASE], 5)
    assert count(any_db) == 0
    with clock.standing_at(world.START + timedelta(minutes=7, days=5, seconds=-1)):
        heard(any_db, bounce(any_db, numbers[4], 6.5), said(any_db, numbers[5], K.PROCESSED, 7))
    assert count(any_db) == 1
    with clock.standing_at(world.START + timedelta(minutes=7, days=5)):
        heard(any_db, bounce(any_db, numbers[6], 7 + 5 * DAY + 1))
    assert count(any_db) == 1


def test_taken_and_returned_is_no_success(any_db: Database) -> None:
    """A server that takes a message and returns it later has not delivered it: such bounces stay in a row, in any order."""
    for n, one in enumerate(mailings(any_db, 3)):
        told = [said(any_db, one, K.DELIVERED, n * 10), bounce(any_db, one, n * 10 + 5)]
        heard(any_db, *told[:: (-1) ** n][:1])
        heard(any_db, *told[:: (-1) ** n][1:])
    assert count(any_db) == 3


def test_one_message_bounces_once(any_db: Database) -> None:
    """Two bounces of one message count as one."""
    (one,) = mailings(any_db, 1)
    heard(any_db, bounce(any_db, one, 1, B.SOFT), bounce(any_db, one, 2))
    assert count(any_db) == 1


def test_allowed_again_by_a_person(any_db: Database) -> None:
    """When a person allows an address again, what bounced before is forgotten: told late or once more, it neither counts nor blocks."""
    numbers = mailings(any_db, 3)
    heard(any_db, bounce(any_db, numbers[0], 1), bounce(any_db, numbers[1], 2, B.INVALID))
    with clock.standing_at(world.START + timedelta(minutes=10)), any_db.writing() as session:
        unblock_addresses(session, [ASE])
    heard(any_db, bounce(any_db, numbers[2], 9, B.INVALID), bounce(any_db, numbers[0], 1))
    found = standing(any_db, ASE)
    assert found is not None
    assert (found.bounces, found.blocked_at) == (0, None)
    heard(any_db, bounce(any_db, numbers[2], 11, B.INVALID))
    found = standing(any_db, ASE)
    assert found is not None
    assert (found.bounces, found.blocked_at is not None) == (1, True)


def test_a_first_reason_is_kept(any_db: Database) -> None:
    """An address that a person blocked stays blocked for that person's reason."""
    (one,) = mailings(any_db, 1)
    with any_db.writing() as session:
        block_address(session, ASE, "asked by telephone")
    heard(any_db, bounce(any_db, one, 1, B.INVALID))
    found = standing(any_db, ASE)
    assert found is not None
    assert found.blocked_why == "asked by telephone"


@pytest.mark.parametrize("address", ["PER@BLÅBÆR.NO", " per@xn--blbr-roah.no "])
def test_an_address_is_one_however_it_is_written(any_db: Database, address: str) -> None:
    """The standing is that of the normal address, its domain in ASCII, also of an address we never wrote to."""
    heard(any_db, said(any_db, None, K.BOUNCED, bounce=B.HARD, address=address))
    found = standing(any_db, "per@xn--blbr-roah.no")
    assert found is not None
    assert found.bounces == 1
