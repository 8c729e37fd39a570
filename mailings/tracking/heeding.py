"""Heeds what readers told a provider: a complaint, or that they want no more mail (domain.md C.7)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.addresses import is_number
from mailings.consent.standing import complain, stop_number, take_back_stop
from mailings.consent.withdrawing import withdraw, withdraw_many
from mailings.errors import Untrusted
from mailings.model import Address, AddressStanding
from mailings.reported import EventKind
from mailings.tracking.leaving import leave, leave_address
from mailings.tracking.news import News
from mailings.tracking.readers import reader_of


def heed(session: Session, news: Sequence[News], source: str) -> None:
    """Let complaints and unsubscribing have their effect, in force at once.

    Subscribing again has none for an e-mail address: consent that was withdrawn is given by the person to us, on a basis of its own, not
    by a provider's list. A number whose owner sent STOP is let in again by START, which they sent themselves.
    """
    told = sorted(news, key=lambda one: (one.report.at, one.report.content_key))
    for one in told:
        kinds = (one.report.kind, one.report.also)
        if EventKind.COMPLAINED in kinds:
            _complained(session, one)
        if one.address and is_number(one.address):
            _by_phone(session, one.address, kinds)
        elif EventKind.UNSUBSCRIBED in kinds:
            _unsubscribed(session, one, f"Report of {source}")


def _by_phone(session: Session, number: str, kinds: Collection[EventKind | None]) -> None:
    """STOP holds for the number, at once and for every mailing; what its people take by e-mail is another matter (domain.md K)."""
    if EventKind.UNSUBSCRIBED in kinds:
        stop_number(session, number)
    elif EventKind.RESUBSCRIBED in kinds:
        take_back_stop(session, number)


def _complained(session: Session, one: News) -> None:
    """A complaint counts after a test, too: it is its owner's word on the address, whatever made us write. Only figures leave tests out."""
    if one.address:
        complain(session, one.address, one.report.at)
        first = update(AddressStanding).where(AddressStanding.normal == one.address, AddressStanding.complained_at > one.report.at)
        session.execute(first.values(complained_at=one.report.at))
    if one.sent and one.sent.person and not one.test and not one.sent.erased:
        withdraw(session, one.sent.person, "Complaint")  # also when the person has another address by now


def _unsubscribed(session: Session, one: News, said_by: str) -> None:
    """A message of ours says whose it was, and of which topic; else all people at the address want no more mail.

    One of SendGrid's groups means nothing to a message that is not ours.
    """
    if one.test or (one.sent and one.sent.erased):
        return
    if one.sent and one.report.kind is EventKind.UNSUBSCRIBED:
        try:
            reader = reader_of(session, one.sent.delivery)
        except Untrusted:  # deleted meanwhile
            return
        leave(session, reader, said_by, everything=one.report.everything, at=one.report.at)
    elif one.address and one.report.everything:
        _all_at(session, one.address, said_by, one.report.at)


def _all_at(session: Session, normal: str, said_by: str, at: datetime) -> None:
    people = session.scalars(select(Address.person_id).where(Address.normal == normal).distinct()).all()
    if people:
        withdraw_many(session, people, said_by)
    leave_address(session, normal, min(at, clock.now()), said_by)
