"""A reader leaves: opts out of the mailing's topic, or wants no more mail at all; and takes that back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.consent.cancelling import cancel_queued, recipients_at
from mailings.consent.withdrawing import opt_out, subscribe, withdraw
from mailings.db import insert_into
from mailings.model import EMARKETING, AddressStanding, Basis, Consent, Delivery, OptOut, Person, Recipient
from mailings.tracking import tally
from mailings.tracking.readers import Reader, hold

PAGE, ONE_CLICK, UNDONE = "Unsubscribe page", "One-click unsubscribe", "Unsubscribe page, undone"  #: sources of what is written here
HERE = (PAGE, ONE_CLICK)
REGRET = timedelta(days=1)  #: for so long leaving can be taken back by the same link; later the preferences page is the way


def leave(session: Session, reader: Reader, source: str, *, everything: bool = False, at: datetime | None = None) -> bool:
    """The reader takes no more of this mailing's topic; without a topic, or with `everything`, no more mail at all (domain.md F.1, D13).

    In force at once: what is queued for them is cancelled in this transaction. A company or bare address has neither topics nor consent:
    nothing more is sent to the address. `at` = when it was said, where that was not now. False when it was in force already, and for
    tests. Writes no event: a visit or a report, it is kept as it came by whoever heard of it.
    """
    if not reader.counts:
        return False
    hold(session, reader)
    _stamp(session, reader, at or clock.now())
    if reader.person is None:
        return leave_address(session, reader.address, at or clock.now(), source)
    if everything or reader.mailing.topic_id is None:
        return withdraw(session, reader.person.id, source)
    return opt_out(session, reader.person.id, reader.mailing.topic_id, source)


def _stamp(session: Session, reader: Reader, at: datetime) -> None:
    """When the reader first said so on this message; counted once, however often and from where it is said."""
    message = select(Delivery.id).where(Delivery.id == reader.delivery.id)
    session.execute(message.with_for_update(key_share=True))
    first = update(Delivery).where(Delivery.id == reader.delivery.id, Delivery.unsubscribed_at.is_(None))
    with tally.watched(session, [reader.delivery.id]):
        session.execute(first.values(unsubscribed_at=at))


def come_back(session: Session, reader: Reader) -> bool:
    """Take back what this page or the one-click button did within the last day, and only that. False when there is no such thing.

    Consent becomes what it was before, by a row of its own; a complaint or a withdrawal made elsewhere stays. No message comes back.
    """
    hold(session, reader)
    if not can_come_back(session, reader):
        return False
    if reader.person is None:
        back = update(AddressStanding).where(_left_here(reader.address)).values(unsubscribed_at=None, unsubscribed_source=None)
        return bool(session.execute(back.returning(AddressStanding.normal)).all())
    if reader.mailing.topic_id is not None:
        subscribe(session, reader.person.id, reader.mailing.topic_id)
    else:
        before = _withdrawn_here(session, reader.person)
        assert before is not None
        session.add(Consent(person_id=reader.person.id, basis=before, source=UNDONE, given_at=clock.now()))
        session.flush()
    return True


def can_come_back(session: Session, reader: Reader) -> bool:
    """True while `come_back` would change something."""
    since = clock.now() - REGRET
    if not reader.counts:
        return False
    if reader.person is None:
        return session.scalar(select(AddressStanding.normal).where(_left_here(reader.address))) is not None
    if reader.mailing.topic_id is None:
        return _withdrawn_here(session, reader.person) is not None
    refused = select(OptOut.id).where(
        OptOut.person_id == reader.person.id, OptOut.topic_id == reader.mailing.topic_id, OptOut.ended_at.is_(None)
    )
    return session.scalar(refused.where(OptOut.source.in_(HERE), OptOut.since >= since)) is not None


def leave_address(session: Session, normal: str, at: datetime, source: str) -> bool:
    """Nothing more to this address, where no person stands behind it: a company's, a bare one. False when that is in force already.

    Said on our page and elsewhere too, it is elsewhere's: our page cannot take it back.
    """
    if not normal:
        return False
    session.execute(insert_into(session, AddressStanding).values(normal=normal, bounces=0).on_conflict_do_nothing())
    first = update(AddressStanding).where(AddressStanding.normal == normal, AddressStanding.unsubscribed_at.is_(None))
    stamps = {"unsubscribed_at": at, "unsubscribed_source": source, "changed_at": clock.now()}
    new = session.execute(first.values(stamps).returning(AddressStanding.normal)).all()
    if not new and source not in HERE:
        session.execute(update(AddressStanding).where(AddressStanding.normal == normal).values(unsubscribed_source=source))
    theirs = recipients_at(normal).where(Recipient.person_id.is_(None))  # a person at the address has a consent of their own
    cancel_queued(session, theirs, "The reader wants no more mail at this address.")
    return bool(new)


def _left_here(normal: str) -> ColumnElement[bool]:
    """This page or the one click made the address leave, within the last day."""
    within = AddressStanding.unsubscribed_at >= clock.now() - REGRET
    return and_(AddressStanding.normal == normal, AddressStanding.unsubscribed_source.in_(HERE), within)


def _withdrawn_here(session: Session, person: Person) -> Basis | None:
    """The basis before a withdrawal made here. None where nothing was recorded before: there is nothing to give back."""
    said = select(Consent).where(Consent.person_id == person.id, Consent.purpose == EMARKETING)
    newest = session.scalars(said.order_by(Consent.id.desc()).limit(2)).all()
    if len(newest) < 2 or newest[0].basis is not Basis.WITHDRAWN or newest[0].source not in HERE:
        return None
    return newest[1].basis if newest[0].given_at >= clock.now() - REGRET else None
