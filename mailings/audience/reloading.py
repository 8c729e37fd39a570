"""A list that has been sent to, looked at again: reloaded from its sources, or some of it judged anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import ColumnElement, Index, Select, Table, and_, delete, exists, select, true, update
from sqlalchemy.orm import Session

from mailings.audience.populate import RECIPIENTS, change, decided, expansion, step, write_differences
from mailings.audience.sources import Candidates, on_the_list
from mailings.audience.verdicts import mark_duplicates
from mailings.clock import now
from mailings.model import Delivery, DeliveryStatus, Mailing, Recipient, Verdict

#: has received it, may have, or is about to: nobody in one of these is sent to by a reload (domain.md G.6)
SERVED = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.IN_DOUBT, DeliveryStatus.SENDING, DeliveryStatus.QUEUED)


@contextmanager
def reloaded(session: Session, mailing: Mailing) -> Iterator[Table]:
    """The list recomputed from the same sources (domain.md G.6); for the block, a table of those named who are not served.

    Newcomers are added (`recipient_id` NULL), changed addresses overwritten, verdicts decided anew; whoever is no longer named and was
    never tried goes. Everybody who is served keeps row, address and verdict, and an address they were served at is nobody else's.
    """
    with expansion(session, mailing) as candidates, decided(session, mailing, candidates) as wanted:
        step(session, delete(wanted).where(_served(wanted.c.recipient_id)))
        _mark_duplicates(session, mailing, wanted)
        _keep_addresses(session, wanted)
        write_differences(session, mailing, wanted)
        mailing.populated_at = now()
        session.flush()
        yield wanted


@contextmanager
def judged_again(session: Session, mailing: Mailing, chosen: Table) -> Iterator[Table]:
    """The chosen recipients as the rules see them today, beside the list, for the block; the list itself is not changed.

    Without those who were erased: there is nobody to ask about. Address and verdict are what would be written.
    """
    theirs = Recipient.id.in_(select(chosen.c.recipient_id))
    everyone = on_the_list(mailing)
    companies, bare = (rows if rows is None else rows.where(theirs) for rows in (everyone.companies, everyone.bare))
    with decided(session, mailing, Candidates(everyone.people.where(theirs), companies, bare)) as wanted:
        _mark_duplicates(session, mailing, wanted)
        yield wanted


def admit(session: Session, wanted: Table) -> None:
    """Write today's address and verdict to those of `wanted` who are eligible; the others are taken out of it and stay as they were."""
    step(session, delete(wanted).where(wanted.c.verdict != Verdict.ELIGIBLE))
    _keep_addresses(session, wanted)
    change(session, wanted)


def _served(recipient_id: ColumnElement[int]) -> ColumnElement[bool]:
    return exists().where(Delivery.recipient_id == recipient_id, Delivery.status.in_(SERVED), Delivery.test.is_(False))


def _mark_duplicates(session: Session, mailing: Mailing, wanted: Table) -> None:
    """Among the wanted as in any list; and no address is wanted that another recipient is served at."""
    # without it PostgreSQL, whose figures of a list just made are old, compares all with all: 16 s at 1,600 of 16,000
    Index("ix_recipient_wanted_address", wanted.c.address).create(session.connection())
    taken = _taken(mailing, wanted)
    eligible = wanted.c.verdict == Verdict.ELIGIBLE
    step(session, update(wanted).values(verdict=Verdict.DUPLICATE, overridden=False).where(eligible, wanted.c.address.in_(taken)))
    if mailing.one_per_address:
        mark_duplicates(session, mailing, wanted)


def _taken(mailing: Mailing, wanted: Table) -> Select[str]:
    """Addresses of `wanted` that a recipient outside it is served at."""
    other, asked, inside = RECIPIENTS.alias("other"), wanted.alias("asked"), wanted.alias("inside")
    common = other.c.address.in_(select(asked.c.address).where(asked.c.verdict == Verdict.ELIGIBLE))
    outside = ~exists().where(inside.c.recipient_id == other.c.id)
    # somebody imported since is the person whom the bare row meant (C.4), so one message even where each of two people gets one
    nobody = and_(other.c.person_id.is_(None), other.c.company_id.is_(None))
    counts = true() if mailing.one_per_address else nobody
    return select(other.c.address).where(
        other.c.mailing_id == mailing.id, other.c.verdict == Verdict.ELIGIBLE, common, outside, counts, _served(other.c.id)
    )


def _keep_addresses(session: Session, wanted: Table) -> None:
    """Attempts made so far keep the address they went to, before it is overwritten."""
    other = and_(RECIPIENTS.c.id == wanted.c.recipient_id, RECIPIENTS.c.address.is_distinct_from(wanted.c.address))
    kept = update(Delivery).values(address=RECIPIENTS.c.address)
    step(session, kept.where(Delivery.recipient_id == RECIPIENTS.c.id, other, Delivery.address.is_(None), Delivery.test.is_(False)))
