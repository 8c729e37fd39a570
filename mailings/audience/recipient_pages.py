"""A page of a mailing's recipients, by filter, forwards or backwards from any of them: a million of them as quickly as ten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from mailings.audience.filters import GROUP_OF, Filter, Group, Latest, with_latest
from mailings.audience.labels import VERDICT_LABELS
from mailings.audience.recipient_ids import Place, ids_of
from mailings.db import among
from mailings.model import Company, Person, Recipient
from mailings.reported import BounceKind

PAGE = 100  # domain.md C.10


@dataclass(frozen=True, slots=True)
class Row:
    """A recipient as the list shows it, with the latest message. Columns of that are None while there is none."""

    id: int
    person_id: int | None
    company_id: int | None
    name: str | None
    email: str | None
    company: str | None
    verdict: str
    overridden: bool
    erased_at: datetime | None
    source_id: int | None
    delivery_id: int | None
    status: str | None
    sent_at: datetime | None
    code: str | None
    reason: str | None
    bounce: str | None
    bounce_why: str | None
    opened_at: datetime | None
    clicked_at: datetime | None
    complained_at: datetime | None
    unsubscribed_at: datetime | None
    cleaned_at: datetime | None
    next_attempt_at: datetime | None
    group: str  #: the filter that shows them

    @property
    def word(self) -> str:
        """The one word for it (domain.md C.8), as `mailings.reports.saying.label` says it in every language."""
        if self.group in (Group.BLOCKED, Group.NO_ADDRESS):
            return VERDICT_LABELS[self.verdict]
        if self.group == Group.BOUNCED:
            return "soft_bounced" if self.bounce == BounceKind.SOFT else "bounced"
        if self.group == Group.READ:
            return "clicked" if self.clicked_at else "read"
        if self.group == Group.READY:
            return "sending" if self.status == "sending" else "waiting" if self.next_attempt_at else "ready"
        return self.group if self.group == Group.COMPLAINED else str(self.status)


@dataclass(frozen=True, slots=True)
class Page:
    """Recipients in the order of the list; whether there are more before the first and after the last of them."""

    rows: list[Row]
    before: bool
    after: bool


def page_of(session: Session, chosen: Filter, place: Place = Place(), size: int = PAGE) -> Page:  # noqa: B008  frozen
    """The page that begins at `place`; of nobody where there is nobody."""
    ids = ids_of(session, chosen, place, size + 1)
    more, shown = len(ids) > size, sorted(ids[:size])
    rows = rows_of(session, shown)
    return Page(rows, more if place.back else place.id > 0, True if place.back else more)


def rows_of(session: Session, ids: Sequence[int]) -> list[Row]:
    """These recipients with their latest messages, in the order of the list."""
    rows = with_latest(select(*_COLUMNS)).outerjoin(Person, Person.id == Recipient.person_id)
    rows = rows.outerjoin(Company, Company.id == func.coalesce(Recipient.company_id, Person.company_id))
    return [Row(*row) for row in session.execute(rows.where(among(session, Recipient.id, ids)).order_by(Recipient.id))]


def walk(session: Session, ids: Select[int], step: int = 2_000) -> Iterator[list[Row]]:
    """The recipients a select names, in the order of the list, some at a time: memory does not grow with their number."""
    named = ids.subquery()
    span = session.execute(select(func.min(named.c[0]), func.max(named.c[0]))).one()
    for low in range(span[0] or 1, (span[1] or 0) + 1, step):
        part = session.scalars(ids.where(Recipient.id >= low, Recipient.id < low + step)).all()
        if part:
            yield rows_of(session, part)


_THERE = Person.deleted_at.is_(None)  # who is to be erased is on no page by name
_COLUMNS = (
    Recipient.id,
    case((_THERE, Recipient.person_id)),
    Recipient.company_id,
    case((_THERE, case((Recipient.person_id.is_not(None), Person.name), else_=func.coalesce(Company.name, Recipient.name)))),
    case((_THERE, func.coalesce(Recipient.address, Latest.address))),
    case((_THERE, Company.name)),
    Recipient.verdict,
    Recipient.overridden,
    Recipient.erased_at,
    Recipient.source_id,
    Latest.id,
    Latest.status,
    Latest.sent_at,
    Latest.code,
    case((_THERE, Latest.reason)),  # servers repeat addresses
    Latest.bounce,
    Latest.bounce_why,
    Latest.opened_at,
    Latest.clicked_at,
    Latest.complained_at,
    Latest.unsubscribed_at,
    Latest.cleaned_at,
    Latest.next_attempt_at,
    GROUP_OF,
)
