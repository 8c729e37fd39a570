"""Addresses and numbers people have or once had: what was corrected or deleted is still said by what was sent there (domain.md D30)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CompoundSelect, Select, select, union
from sqlalchemy.orm import aliased

from mailings.model import Address, Company, Delivery, Event, Person, Recipient


def ever_theirs(people: Select[int]) -> CompoundSelect[str]:
    """Every address and mobile number these people have, and each they were written to at that nobody else and no company has now."""
    return union(_has(people), _called(people), *(_former(rows, column, people) for rows, column in _written_to(people)))


def only_of_the_deleted() -> CompoundSelect[str]:
    """Addresses and numbers of people who are to be erased for good, without those somebody else or a company has: on no list (F.4)."""
    people = select(Person.id).where(Person.deleted_at.is_not(None)).correlate(None)
    now = [(_has(people), Address.normal), (_called(people), Person.mobile_normal)]
    return union(*(_former(rows, column, people) for rows, column in (*now, *_written_to(people))))


def _has(people: Select[int]) -> Select[Any]:
    return select(Address.normal).where(Address.person_id.in_(people), Address.normal.is_not(None)).correlate(None)


def _called(people: Select[int]) -> Select[Any]:
    return select(Person.mobile_normal).where(Person.id.in_(people), Person.mobile_normal.is_not(None)).correlate(None)


def _written_to(people: Select[int]) -> list[tuple[Select[Any], Any]]:
    theirs = Recipient.person_id.in_(people)
    messages = select(Delivery.address).join(Recipient, Recipient.id == Delivery.recipient_id).where(theirs, Delivery.address.is_not(None))
    reports = select(Event.address).join(Delivery, Delivery.id == Event.delivery_id).join(Recipient, Recipient.id == Delivery.recipient_id)
    return [
        (select(Recipient.address).where(theirs, Recipient.address.is_not(None)), Recipient.address),
        (messages, Delivery.address),
        (reports.where(theirs, Event.address.is_not(None)), Event.address),
    ]


def _former(rows: Select[Any], address: Any, people: Select[int]) -> Select[Any]:
    """Those of the rows whose address nobody else has: it may have gone to somebody else since."""
    other = aliased(Address)
    others = select(other.id).where(other.normal == address, other.person_id.not_in(people)).exists()
    called = aliased(Person)
    callers = select(called.id).where(called.mobile_normal == address, called.id.not_in(people)).exists()
    rows = rows.correlate(None)  # whatever they stand in
    return rows.where(~others, ~callers, ~select(Company.id).where(Company.email_normal == address).exists())
