"""Erases a person for good: what was sent stays counted, but nothing says any more to whom (domain.md D30)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, case, delete, exists, or_, select, union, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.consent.cancelling import cancel_queued
from mailings.model import (
    Address,
    AddressStanding,
    Company,
    Delivery,
    DeliveryNote,
    DeliveryStatus,
    Evidence,
    ImportedRow,
    Mailing,
    MailingStatus,
    Person,
    Recipient,
    Source,
    TextSlot,
    Verdict,
)
from mailings.people.forgetting import forget_events, forget_untold
from mailings.people.former import ever_theirs
from mailings.people.keeping_domains import domains_kept
from mailings.people.submitted import forget_submissions

REASON = "The person was erased."
_NOTHING_LEFT = (DeliveryStatus.QUEUED, DeliveryStatus.CANCELLED)  # statuses in which nothing was handed over


@dataclass(frozen=True, slots=True)
class Erased:
    """What erasing touched: recipient rows that stay without a name, and deliveries that were cancelled."""

    recipients: int
    cancelled: int


def erase(session: Session, person_id: int) -> Erased:
    """Erase the person and everything about them; recipient and delivery rows stay, nameless, so that totals do (domain.md D30, F.4)."""
    normals = sorted(session.scalars(ever_theirs(select(Person.id).where(Person.id == person_id))))  # where messages of any kind went
    recipients = session.scalars(recipients_of_person(person_id, normals)).all()
    with domains_kept(session, recipients, normals):
        forget_events(session, recipients, normals)
        _blank_deliveries(session, recipients, normals)
        cancelled = cancel_queued(session, select(Recipient.id).where(Recipient.id.in_(recipients)), REASON)
        _blank_recipients(session, recipients)
    _forget_lists(session, person_id, normals)
    forget_submissions(session, person_id, normals)
    session.execute(update(Company).where(Company.primary_contact_id == person_id).values(primary_contact_id=None))
    forget_untold(session, person_id)
    # addresses, consents, opt-outs, interests, memberships, follow-ups and requests go with the person, by their foreign keys
    session.execute(delete(Person).where(Person.id == person_id))
    _forget_standings(session, normals)
    _forget_texts(session, recipients, normals)
    session.expire_all()
    return Erased(len(recipients), cancelled)


def recipients_of_person(person_id: int, normals: Sequence[str]) -> Select[int]:
    """The person's own rows, and rows of bare addresses that are theirs."""
    bare = Recipient.mailing_id.in_(select(Mailing.id)) & Recipient.person_id.is_(None) & Recipient.company_id.is_(None)
    return select(Recipient.id).where(or_(Recipient.person_id == person_id, bare & Recipient.address.in_(normals)))


def _blank_deliveries(session: Session, recipients: Sequence[int], normals: Sequence[str]) -> None:
    """Servers repeat addresses in their answers, so reasons and histories go too; the code stays."""
    theirs: ColumnElement[bool] = or_(Delivery.recipient_id.in_(recipients), Delivery.address.in_(normals))
    tests = update(Delivery).where(theirs, Delivery.test, Delivery.status == DeliveryStatus.QUEUED)
    session.execute(tests.values(status=DeliveryStatus.CANCELLED, next_attempt_at=None))
    session.execute(update(DeliveryNote).where(DeliveryNote.delivery_id.in_(select(Delivery.id).where(theirs))).values(why=REASON, by=None))
    session.execute(delete(Evidence).where(Evidence.delivery_id.in_(select(Delivery.id).where(theirs))))
    told = case((Delivery.reason.is_not(None), REASON))  # that there was trouble stays known: lists of it are found by its reason
    session.execute(update(Delivery).where(theirs).values(address=None, reason=told, provider_id=None))


def _blank_recipients(session: Session, recipients: Sequence[int]) -> None:
    """Where nothing was handed over yet the verdict becomes erased; the figures of mailings that are sent do not move."""
    handed_over = exists().where(Delivery.recipient_id == Recipient.id, Delivery.test.is_(False), Delivery.status.not_in(_NOTHING_LEFT))
    finished = Recipient.mailing_id.in_(select(Mailing.id).where(Mailing.status == MailingStatus.SENT))
    verdict = case((or_(finished, handed_over), Recipient.verdict), else_=Verdict.ERASED)
    blanked = update(Recipient).where(Recipient.id.in_(recipients))
    session.execute(blanked.values(verdict=verdict, person_id=None, name=None, address=None, erased_at=clock.now()))


def _forget_texts(session: Session, recipients: Sequence[int], normals: Sequence[str]) -> None:
    """The places of their text messages under caps stay taken, for those messages have left; to which number is forgotten.

    Not where somebody else has the number: it has had so many.
    """
    sent = select(Delivery.id).where(Delivery.recipient_id.in_(recipients))
    theirs = or_(TextSlot.number.in_(normals), TextSlot.delivery_id.in_(sent))
    session.execute(update(TextSlot).where(theirs, TextSlot.number.not_in(_shared(normals))).values(number=""))


def _forget_lists(session: Session, person_id: int, normals: Sequence[str]) -> None:
    """Rows of lists copied for mailings, and sources that name the person."""
    session.execute(delete(ImportedRow).where(or_(ImportedRow.normal.in_(normals), ImportedRow.mobile_normal.in_(normals))))
    session.execute(update(Source).where(Source.person_id == person_id).values(label="(erased)", person_id=None))


def _forget_standings(session: Session, normals: Sequence[str]) -> None:
    """How the addresses and numbers stood, unless somebody else has them too."""
    theirs = AddressStanding.normal.in_(normals)
    session.execute(delete(AddressStanding).where(theirs, AddressStanding.normal.not_in(_shared(normals))))


def _shared(normals: Sequence[str]) -> CompoundSelect[Any]:
    """Those of the addresses and numbers that somebody has, now that the person is gone."""
    columns = (Address.normal, Company.email_normal, Person.mobile_normal)
    return union(*(select(column).where(column.in_(normals)) for column in columns))
