"""The rules of consent as SQL: what is in force for a person, a topic, an address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, false, func, or_, select
from sqlalchemy.orm import aliased

from mailings.errors import NotAllowed
from mailings.model import EMARKETING, Address, AddressStanding, Basis, Consent, OptOut, Person

#: domain.md C.7: withdrawn counts as no, every other basis as consent (D4)
ALL_BASES = frozenset(Basis) - {Basis.WITHDRAWN}


def accepted_bases(setting: str) -> frozenset[Basis]:
    """The bases that count as consent, read from the setting `accepted_bases`: empty = all but withdrawn (D4). Else raises NotAllowed."""
    words = [word.strip() for word in setting.split(",") if word.strip()]
    unknown = [word for word in words if word not in ALL_BASES]
    if unknown:
        may = ", ".join(sorted(ALL_BASES))
        raise NotAllowed(f"MAILINGS_ACCEPTED_BASES names {', '.join(unknown)}; the legal bases are {may}.")
    return frozenset(Basis(word) for word in words) or ALL_BASES


def basis_in_force(person_id: ColumnElement[int]) -> ScalarSelect[Basis]:
    """The basis of the person's newest row for electronic marketing, as a correlated subquery; NULL when nothing is recorded (C.7)."""
    row = aliased(Consent)
    newest = select(row.basis).where(row.person_id == person_id, row.purpose == EMARKETING)
    return newest.order_by(row.id.desc()).limit(1).correlate_except(row).scalar_subquery()


def consent_in_force(person_id: ColumnElement[int], bases: Iterable[Basis] = ALL_BASES) -> ColumnElement[bool]:
    """True for people who may be written to: the newest row has an accepted basis (C.7, D3, D4). Never NULL."""
    return func.coalesce(basis_in_force(person_id).in_(sorted(bases)), false())


def withdrawn(person_id: ColumnElement[int]) -> ColumnElement[bool]:
    """True for people whose newest row says Withdrawn: all that the filter blocks when it is off (D2). Never NULL."""
    return func.coalesce(basis_in_force(person_id) == Basis.WITHDRAWN, false())


def opted_out(person_id: ColumnElement[int], topic_id: ColumnElement[int] | int) -> ColumnElement[bool]:
    """True for people who do not take the topic; no row means subscribed (C.7)."""
    row = aliased(OptOut)
    return select(row.id).where(row.person_id == person_id, row.topic_id == topic_id, row.ended_at.is_(None)).correlate_except(row).exists()


def standing_blocked(standing: type[AddressStanding], threshold: int) -> ColumnElement[bool]:
    """True when a standing, joined by the address, says blocked: by a person, provider or bounces (D6, D7), or STOP. NULL without a row."""
    return or_(standing.blocked_at.is_not(None), standing.stopped_at.is_not(None), standing.bounces >= threshold)


def address_blocked(normal: ColumnElement[str], threshold: int) -> ColumnElement[bool]:
    """True for addresses nobody may write to: blocked, or `threshold` consecutive bounces (D6, D7; never overridden, D19)."""
    row = aliased(AddressStanding)
    return select(row.normal).where(row.normal == normal, standing_blocked(row, threshold)).correlate_except(row).exists()


def address_complained(normal: ColumnElement[str]) -> ColumnElement[bool]:
    """True for addresses whose owner reported us as spam (D19: never overridden, D26)."""
    row = aliased(AddressStanding)
    return select(row.normal).where(row.normal == normal, row.complained_at.is_not(None)).correlate_except(row).exists()


def address_left(normal: ColumnElement[str]) -> ColumnElement[bool]:
    """True for addresses whose reader wants no more mail. It binds where no person stands behind it: people have consent of their own."""
    row = aliased(AddressStanding)
    return select(row.normal).where(row.normal == normal, row.unsubscribed_at.is_not(None)).correlate_except(row).exists()


def being_erased(person_id: ColumnElement[Any], normal: ColumnElement[Any]) -> ColumnElement[bool]:
    """True for a recipient who is deleted and not yet erased for good (F.4), and for a bare address that such a person has."""
    person, owner, address = aliased(Person), aliased(Person), aliased(Address)
    theirs = select(person.id).where(person.id == person_id, person.deleted_at.is_not(None)).correlate_except(person).exists()
    has = select(address.id).join(owner, owner.id == address.person_id).where(address.normal == normal, owner.deleted_at.is_not(None))
    return or_(theirs, and_(person_id.is_(None), has.correlate_except(address, owner).exists()))
