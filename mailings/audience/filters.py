"""Recipients by what became of them: the filters of the Recipients tab, as conditions over a recipient and the latest message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from mailings.audience.search import found
from mailings.model import Delivery, DeliveryStatus, Recipient, Verdict


class Group(StrEnum):
    """A filter (domain.md C.10); everybody on a list is in exactly one."""

    SENT = "sent"  #: taken by a server; nobody has opened it as far as we know
    BOUNCED = "bounced"
    READ = "read"  #: opened or clicked by a person
    READY = "ready"  #: to be sent, or in a sender's hands
    BLOCKED = "blocked"  #: kept back by a rule, whichever
    COMPLAINED = "complained"
    OTHER = "other"  #: failed, in doubt, cancelled
    NO_ADDRESS = "no_address"  #: only under its own filter (D26)


SHOWN = frozenset(Group) - {Group.NO_ADDRESS}  #: on by default
BLOCKING = tuple(verdict for verdict in Verdict if verdict not in (Verdict.ELIGIBLE, Verdict.NO_ADDRESS))

Latest = aliased(Delivery, name="latest")
_Any = aliased(Delivery, name="anyone")

READ = or_(Latest.opened_at.is_not(None), Latest.clicked_at.is_not(None))
#: which group somebody eligible is in, by the latest message
GROUP: ColumnElement[str] = case(
    (Latest.id.is_(None), Group.READY.value),
    (Latest.complained_at.is_not(None), Group.COMPLAINED.value),
    (Latest.status == DeliveryStatus.BOUNCED, Group.BOUNCED.value),
    (READ, Group.READ.value),
    (Latest.status.in_((DeliveryStatus.SENT, DeliveryStatus.DELIVERED)), Group.SENT.value),
    (Latest.status.in_((DeliveryStatus.QUEUED, DeliveryStatus.SENDING)), Group.READY.value),
    else_=Group.OTHER.value,
)
#: the same of anybody on a list
GROUP_OF: ColumnElement[str] = case(
    (Recipient.verdict == Verdict.NO_ADDRESS, Group.NO_ADDRESS.value),
    (Recipient.verdict != Verdict.ELIGIBLE, Group.BLOCKED.value),
    else_=GROUP,
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Some of a mailing's recipients: those of `groups`, whose name or address begins with `search` where that is given.

    `open` = of bounces only those nobody has dealt with yet.
    """

    mailing_id: int
    groups: frozenset[Group] = field(default=SHOWN)
    search: str = ""
    open: bool = False

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Verdicts that are wanted whatever became of a message."""
        wanted = BLOCKING if Group.BLOCKED in self.groups else ()
        return (*wanted, Verdict.NO_ADDRESS) if Group.NO_ADDRESS in self.groups else wanted

    @property
    def moved(self) -> tuple[Group, ...]:
        """Groups of those who are eligible."""
        return tuple(group for group in Group if group in self.groups and group not in (Group.BLOCKED, Group.NO_ADDRESS))

    def chosen(self) -> Select[int]:
        """All their ids, in no order: for statements over rows."""
        rows: Select[int] = with_latest(select(Recipient.id)).where(Recipient.mailing_id == self.mailing_id, self.wanted())
        return rows.where(Recipient.id.in_(found(self.mailing_id, self.search))) if self.search.strip() else rows

    def wanted(self) -> ColumnElement[bool]:
        """Whether a recipient, with the latest message beside it, is one of them."""
        eligible = and_(Recipient.verdict == Verdict.ELIGIBLE, in_groups(self.moved), *self.still_open())
        return or_(Recipient.verdict.in_(self.verdicts), eligible)

    def still_open(self) -> list[ColumnElement[bool]]:
        """What `open` asks of the latest message."""
        return [Latest.cleaned_at.is_(None)] if self.open else []


def in_groups(groups: Iterable[Group]) -> ColumnElement[bool]:
    """Whether somebody eligible is in one of these groups."""
    return GROUP.in_([group.value for group in groups])


def with_latest(rows: Any) -> Any:
    """The rows, each recipient with the latest message that is no test (D11), or none."""
    # without the "+ 0" PostgreSQL walks the primary key backwards for each (3 ms each at 20,000)
    newest = select(func.max(_Any.id + 0)).where(_Any.recipient_id == Recipient.id, _Any.test.is_(False)).scalar_subquery()
    return rows.select_from(Recipient).outerjoin(Latest, Latest.id == newest)


def is_latest() -> ColumnElement[bool]:
    """Whether no later message, tests aside, follows this one."""
    return ~exists().where(_Any.recipient_id == Latest.recipient_id, _Any.id > Latest.id, _Any.test.is_(False))


def those(mailing_id: int, ids: Iterable[int]) -> Select[int]:
    """These recipients, as far as they are on the mailing: what somebody ticked on a page of a hundred."""
    return select(Recipient.id).where(Recipient.mailing_id == mailing_id, Recipient.id.in_(sorted(set(ids))))
