"""The end of a run: sent only when the books balance, else paused with its reason, or still sending until the next retry."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from mailings import seams
from mailings.clock import now
from mailings.errors import Unfinished
from mailings.model import Mailing, MailingStatus, MailingType
from mailings.model.figure import stale
from mailings.readable import counted, spoken
from mailings.seams import Seam
from mailings.sending import lifecycle
from mailings.sending.books import Books, books_of
from mailings.sending.claims import next_due
from mailings.sending.recovery import recover
from mailings.sending.soonest import waits


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run left a mailing: its status, a sentence for people, and preflight's problems when it was refused."""

    mailing: str
    status: MailingStatus
    sentence: str
    problems: list[str] = field(default_factory=list)


def close(session: Session, mailing: Mailing) -> Ending:
    """Call the mailing sent when the conservation law holds (house.md 4). Raises Unfinished when the books do not balance."""
    recover(session, mailing.id)
    lifecycle.stay_cancelled(session, mailing)
    if mailing.status is not MailingStatus.SENDING:
        return Ending(mailing.name, mailing.status, _stands(mailing))
    books = books_of(session, mailing.id)
    if books.deliveries["sending"]:
        sentence = f"{mailing.name}: {counted(books.deliveries['sending'], 'is', 'are')} in another sender's hands; it stays sending."
        return Ending(mailing.name, mailing.status, sentence)
    if books.deliveries["queued"]:
        return Ending(mailing.name, mailing.status, _waits(session, mailing, books))
    if mailing.type is MailingType.FORM_RESPONSE:
        return Ending(mailing.name, mailing.status, f"{mailing.name} stays open: everybody who asked for it so far is served.")
    if not books.balanced:
        raise Unfinished(
            f"{mailing.name} cannot be called sent: {counted(books.total, 'recipient')}, but {books.accounted:,} accounted for."
        )
    seams.before(Seam.CLOSE)
    mailing.move("finish")
    mailing.finished_at = now()
    session.flush()
    stale(session, [mailing.id])  # while it was sent statuses moved without additions
    seams.after(Seam.CLOSE)
    return Ending(mailing.name, mailing.status, finished(mailing, books))


def finished(mailing: Mailing, books: Books) -> str:
    """One sentence on a mailing that is sent (domain.md D12)."""
    wrong = [f"{n:,} {word.replace('_', ' ')}" for word in ("failed", "in_doubt") if (n := books.deliveries[word])]
    if not wrong:
        return f"{mailing.name} is sent."
    return f"{mailing.name} is finished with errors: {', '.join(wrong)}."


def _stands(mailing: Mailing) -> str:
    if mailing.status is MailingStatus.PAUSED:
        return f"{mailing.name} is paused: {mailing.held_reason or 'by a person'}"
    return f"{mailing.name} is {mailing.status}."


def _waits(session: Session, mailing: Mailing, books: Books) -> str:
    if limit := waits(session, mailing):
        return f"{mailing.name} waits {spoken(limit)}."
    due = next_due(session.connection(), mailing.id)
    if due is None or not books.waiting:
        return f"{mailing.name} is not finished: {counted(books.deliveries['queued'], 'is', 'are')} still to be sent; run it again."
    at = datetime.fromtimestamp(due / 1000, UTC).astimezone()
    return f"{mailing.name} waits: {books.waiting} to be tried later, the next at {at:%Y-%m-%d %H:%M:%S}."
