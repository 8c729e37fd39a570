"""Test messages: to given addresses, flagged test, outside every figure and of no run (domain.md D11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.addresses import read_address
from mailings.audience.populate import populate
from mailings.audience.type_features import must_have
from mailings.clock import milliseconds, now
from mailings.db import Database
from mailings.errors import BadAddress, TransportError
from mailings.message import Offer, Outcome, Receipt
from mailings.model import Delivery, DeliveryStatus, LeaseRole, Mailing, MailingStatus, MailingType, Recipient, Verdict
from mailings.sending import leases
from mailings.sending.claims import Claimed
from mailings.sending.finding import mailing_named
from mailings.sending.preparing import compiled
from mailings.sending.receipts import Answered, RetryPolicy, record
from mailings.sending.run import ready_transport
from mailings.settings import Settings


class Tried(NamedTuple):
    """A test message: where it went, and what the transport answered."""

    address: str
    receipt: Receipt


def send_test(database: Database, name: str, addresses: Sequence[str], settings: Settings) -> list[Tried]:
    """Send the mailing to each address once, filled with the data of the first recipient who should get it.

    Raises BadAddress, BadTemplate and TransportError, and NotAllowed for a type that has no tests; nothing is tried a second time.
    """
    with database.reading() as session:
        must_have(mailing_named(session, name), "test")
    normals = [_normal(address) for address in addresses]
    transport = ready_transport(settings.email_transport, rehearsing=True)
    with database.writing() as session:
        mailing = mailing_named(session, name, locked=True)
        lease = leases.take(session, mailing, LeaseRole.SENDER).id
        made = _deliveries(session, mailing, normals, lease)
        offers = _offers(session, mailing, made, settings)
    receipts: list[Receipt] = []
    try:
        receipts += transport.send(iter(offers))
    except TransportError as error:  # raised before anything was begun
        receipts = [Receipt(delivery, Outcome.REFUSED, reason=str(error)) for delivery in made]
        raise
    finally:
        transport.close()
        _record(database, lease, made, receipts)
    answers = {receipt.delivery: receipt for receipt in receipts}
    return [Tried(address, answers.get(delivery, _unknown(delivery))) for delivery, address in made.items()]


def _normal(address: str) -> str:
    read = read_address(address)
    if read.normal is None:
        raise BadAddress(f"{address!r} is no address a test could go to: {read.problem}")
    return read.normal


def _deliveries(session: Session, mailing: Mailing, addresses: Sequence[str], lease: int) -> dict[int, str]:
    whose = _example_of(session, mailing)
    made = [
        Delivery(
            mailing_id=mailing.id,
            recipient_id=whose,
            status=DeliveryStatus.SENDING,
            test=True,
            attempts=1,
            lease_id=lease,
            claimed_at=now(),
            address=address,
        )
        for address in addresses
    ]
    session.add_all(made)
    session.flush()
    return {delivery.id: address for delivery, address in zip(made, addresses, strict=True)}


def _example_of(session: Session, mailing: Mailing) -> int | None:
    if mailing.status is MailingStatus.DRAFT and mailing.type is not MailingType.FORM_RESPONSE:
        populate(session, mailing, launch=False)
    first = select(Recipient.id).where(Recipient.mailing_id == mailing.id, Recipient.verdict == Verdict.ELIGIBLE)
    return session.scalar(first.order_by(Recipient.id).limit(1))


def _offers(session: Session, mailing: Mailing, made: dict[int, str], settings: Settings) -> list[Offer]:
    content = compiled(session, mailing, settings)
    marks = {"mailing_id": mailing.id, "low": min(made), "high": max(made)}
    return [content.offer(row) for row in session.connection().execute(content.select, marks).fetchall() if row[0] in made]


def _record(database: Database, lease: int, made: dict[int, str], receipts: list[Receipt]) -> None:
    """What has no answer is unknown; what should be tried later is not: a person sends a test again."""
    answers = {delivery: _unknown(delivery) for delivery in made} | {receipt.delivery: receipt for receipt in receipts}
    final = [replace(r, outcome=Outcome.REFUSED) if r.outcome in LATER else r for r in answers.values()]
    with database.writing() as session:
        answered = [Answered(receipt, Claimed(receipt.delivery, 1, milliseconds())) for receipt in final]
        record(session.connection(), lease, answered, RetryPolicy(0, 0), milliseconds())
        leases.end(session, lease)


LATER = (Outcome.TRY_LATER, Outcome.UNTOUCHED)


def _unknown(delivery: int) -> Receipt:
    return Receipt(delivery, Outcome.UNKNOWN)
