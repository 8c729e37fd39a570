"""Writes to the staff when a mailing waits for them or has failed: what, why, and what to do. Never who was to get it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Literal, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from mailings.addresses import read_address
from mailings.clock import now
from mailings.db import Database, insert_into
from mailings.errors import TryLater
from mailings.letter import Mailbox
from mailings.message import Offer, Outcome, Receipt
from mailings.model import Mailing, MailingStatus, Notice
from mailings.sending import leases
from mailings.sending.form_responses.system_mailings import sender_of
from mailings.sending.notice_words import Words, letter_of
from mailings.sending.run import ready_transport
from mailings.settings import Settings

AGAIN = timedelta(hours=1)  # who was told of a trouble is not told of the same one sooner
KEPT = timedelta(days=30)  # notices older than this say nothing any more
TAKEN = frozenset({Outcome.ACCEPTED, Outcome.UNKNOWN})  # it has arrived, or may have
PASSES = frozenset({Outcome.TRY_LATER, Outcome.UNTOUCHED})


#: it waits for somebody; it did not go out; it is sent, and did not go out once more
What = Literal["paused", "failed", "resend failed"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the staff should know of a mailing. `reason` = a sentence; what is in it of addresses is left out."""

    mailing: str
    what: What
    reason: str = ""

    @property
    def mark(self) -> str:
        """The same for the same trouble."""
        return sha256(f"{self.what}\0{self.reason}".encode()).hexdigest()


class Told(NamedTuple):
    """What came of it: who took the message, who did not and why; `nobody` = why it went to nobody, as a sentence."""

    to: list[str]
    not_to: dict[str, str]
    nobody: str = ""


def notify(database: Database, trouble: Trouble, people: Sequence[str], settings: Settings) -> Told:
    """Write to these addresses through the installation's transport: one message each, outside every figure. A door of its own.

    Staff are no recipients: nobody's consent is asked, and no limit waited for. A failure about a mailing that is not there is told
    each time: a run was asked for it. Raises Misconfigured where nobody is named as sender, and TransportError; then nothing counts as
    told.
    """
    addresses, wrong = _read(people)
    if not addresses:
        return Told([], wrong, "Nobody is named who could be written to.")
    with database.writing() as session:
        mailing = session.scalar(select(Mailing).where(Mailing.name == trouble.mailing))
        if over := _over(session, mailing, trouble):
            return Told([], wrong, over)
        sender = sender_of(session, settings)
        if mailing is not None and not _claimed(session, mailing, trouble):
            return Told([], wrong, "They were told of this within the hour.")
        mailing_id, what = (mailing.id, trouble.what) if mailing is not None else (None, "unknown")
    words = letter_of(trouble.mailing, what, trouble.reason, settings)
    try:
        receipts = _sent(words, addresses, Mailbox(sender.get("name") or "", sender["address"]), settings)
    except BaseException:
        _take_back(database, mailing_id, trouble)
        raise
    return Told([addresses[i] for i, one in receipts.items() if one.outcome in TAKEN], wrong | _refused(addresses, receipts))


def _read(people: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The addresses, each once, and of what is none the reason."""
    read = {one: read_address(one) for one in people}
    normals = dict.fromkeys(found.normal for found in read.values() if found.normal is not None)
    return list(normals), {one: found.problem or "It is no address." for one, found in read.items() if found.normal is None}


def _over(session: Session, mailing: Mailing | None, trouble: Trouble) -> str:
    """Why nobody need hear of it any more, as a sentence: an event is some seconds old when it gets here."""
    if mailing is None:
        return f"There is no mailing {trouble.mailing} any more." if trouble.what == "paused" else ""
    if trouble.what == "paused":
        return "" if mailing.status is MailingStatus.PAUSED else f"{mailing.name} is {mailing.status} by now."
    if mailing.status is MailingStatus.SENT and trouble.what == "failed":
        return f"{mailing.name} is sent by now."
    # a second run that found the first one at work failed, and the mailing did not
    return f"{mailing.name} is being sent." if leases.conductor_of(session, mailing.id) else ""


def _claimed(session: Session, mailing: Mailing, trouble: Trouble) -> bool:
    """Whether it is ours to tell: nobody has within the hour. One statement, so that of two runs one tells."""
    moment = now()
    session.execute(delete(Notice).where(Notice.mailing_id == mailing.id, Notice.told_at < moment - KEPT))
    made = insert_into(session, Notice).values(mailing_id=mailing.id, trouble=trouble.mark, told_at=moment)
    fresh = made.on_conflict_do_update(
        index_elements=["mailing_id", "trouble"], set_={"told_at": moment}, where=Notice.told_at <= moment - AGAIN
    )
    return session.scalar(fresh.returning(Notice.id)) is not None


def _sent(words: Words, addresses: list[str], sender: Mailbox, settings: Settings) -> dict[int, Receipt]:
    """What the transport answered, by the place in `addresses`. Raises TryLater where it took none, and wants to be asked again."""
    transport = ready_transport(settings.email_transport)
    try:
        # numbers of no delivery: what is in the ledger counts from 1
        offers = [Offer(-1 - i, address, sender.address, words.to(address, sender)) for i, address in enumerate(addresses)]
        receipts = {-1 - receipt.delivery: receipt for receipt in transport.send(iter(offers))}
    finally:
        transport.close()
    if receipts and all(one.outcome in PASSES for one in receipts.values()):
        raise TryLater(f"The staff could not be told yet that {words.subject}: {_why(next(iter(receipts.values())))}")
    return receipts


def _refused(addresses: list[str], receipts: dict[int, Receipt]) -> dict[str, str]:
    return {addresses[i]: _why(one) for i, one in receipts.items() if one.outcome not in TAKEN}


def _why(receipt: Receipt) -> str:
    return " ".join(filter(None, [receipt.code, receipt.reason])) or f"It was {receipt.outcome.replace('_', ' ')}."


def _take_back(database: Database, mailing_id: int | None, trouble: Trouble) -> None:
    with database.writing() as session:
        session.execute(delete(Notice).where(Notice.mailing_id == mailing_id, Notice.trouble == trouble.mark))
