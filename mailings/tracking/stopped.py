"""Addresses that nothing is sent to, and those that complained, over all mailings: searched, sorted, by the page (domain.md I)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from mailings.consent.rules import standing_blocked
from mailings.consent.standing import why_blocked
from mailings.db import among
from mailings.model import Address, AddressStanding, Company, Person
from mailings.people.former import only_of_the_deleted
from mailings.people.searching import as_kept
from mailings.reported import BounceWhy

PAGE = 100  # rows, as the original's lists have (domain.md C.10)


class Stopped(NamedTuple):
    """An address with whoever has it, known longest: a person before a company.

    `since` = blocked, or bounced for the last time; of who complained, when. `blocked_at` STOP's moment, too; `blocked_why` = what
    whoever blocked it says, STOP first, and empty where its bounces did. The last bounce's moment, code, reason and cause follow.
    """

    address: str
    person_id: int | None
    name: str
    company: str
    bounces: int
    since: datetime | None
    blocked_at: datetime | None
    blocked_why: str
    complained_at: datetime | None
    last_bounce_at: datetime | None
    code: str
    reason: str
    why: BounceWhy | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which addresses: that complained, or that nothing is sent to (`threshold` bounces in a row stop one, too). `why` = '' any cause."""

    threshold: int
    complained: bool = False
    search: str = ""
    why: str = ""
    latest: bool = False  # sorted by when it happened, the latest first; else by address

    def rule(self) -> ColumnElement[bool]:
        """Over address_standing."""
        standing = AddressStanding
        rule = standing.complained_at.is_not(None) if self.complained else standing_blocked(standing, self.threshold)
        rule = rule & standing.normal.not_in(only_of_the_deleted())
        if self.why in set(BounceWhy):
            rule = rule & (standing.last_bounce_why == BounceWhy(self.why))
        beginning = as_kept(self.search.strip())
        return rule & standing.normal.startswith(beginning, autoescape=True) if beginning else rule

    @property
    def since(self) -> ColumnElement[datetime | None]:
        """When it happened."""
        standing = AddressStanding
        no = (standing.blocked_at, standing.stopped_at, standing.last_bounce_at)
        return func.coalesce(*(standing.complained_at,) if self.complained else no, 0)


def page_of(session: Session, asked: Asked, page: int = 1) -> tuple[list[Stopped], int]:
    """The `page`-th PAGE of them, counted from 1, and how many there are in all."""
    total = session.scalar(select(func.count()).select_from(AddressStanding).where(asked.rule())) or 0
    order = [asked.since.desc(), AddressStanding.normal] if asked.latest else [AddressStanding.normal]
    rows = _rows(asked).where(asked.rule()).order_by(*order).offset((max(page, 1) - 1) * PAGE).limit(PAGE)
    return [_stopped(row) for row in session.execute(rows)], total


def behind(session: Session, asked: Asked, after: str = "", limit: int = PAGE) -> list[Stopped]:
    """The next ones after the address `after`, by address."""
    rows = _rows(asked).where(asked.rule(), AddressStanding.normal > after).order_by(AddressStanding.normal).limit(limit)
    return [_stopped(row) for row in session.execute(rows)]


def walk(session: Session, asked: Asked, ticked: Collection[str]) -> Iterator[Stopped]:
    """The ticked ones, or all that are asked for, by address; fetched as they are walked."""
    rows = _rows(asked).where(asked.rule()).order_by(AddressStanding.normal)
    rows = rows.where(among(session, AddressStanding.normal, ticked)) if ticked else rows
    for row in session.execute(rows.execution_options(yield_per=1_000)):
        yield _stopped(row)


def addresses(asked: Asked) -> Select[str]:
    """All of them."""
    return select(AddressStanding.normal).where(asked.rule())


def people_at(session: Session, asked: Asked, ticked: Collection[str]) -> Select[int]:
    """People who have one of the addresses: the ticked ones, or all that are asked for."""
    which = among(session, Address.normal, ticked) if ticked else Address.normal.in_(addresses(asked))
    return select(Person.id).join(Address, Address.person_id == Person.id).where(which, Person.deleted_at.is_(None))


def _stopped(row: Any) -> Stopped:
    standing: AddressStanding = row.AddressStanding
    return Stopped(
        standing.normal, row.person_id, row.person or "", row.company or "", standing.bounces, row.since,
        standing.blocked_at or standing.stopped_at, why_blocked(standing.stopped_at, standing.blocked_why), standing.complained_at,
        standing.last_bounce_at, standing.last_bounce_code or "", standing.last_bounce_reason or "", standing.last_bounce_why,
    )  # fmt: skip


def _rows(asked: Asked) -> Any:
    standing = AddressStanding
    there, known = aliased(Person), aliased(Company)
    owner = select(func.min(Address.person_id)).join(there, there.id == Address.person_id)
    owned = owner.where(Address.normal == standing.normal, there.deleted_at.is_(None)).scalar_subquery()
    called = select(func.min(there.id)).where(there.mobile_normal == standing.normal, there.deleted_at.is_(None)).scalar_subquery()
    firm = select(func.min(known.id)).where(known.email_normal == standing.normal, known.deleted_at.is_(None)).scalar_subquery()
    whose = (Person.id.label("person_id"), Person.name.label("person"), Company.name.label("company"))
    rows = select(standing, *whose, asked.since.label("since")).select_from(standing)
    rows = rows.outerjoin(Person, Person.id == func.coalesce(owned, called))
    return rows.outerjoin(Company, Company.id == func.coalesce(Person.company_id, firm))
