"""Which recipients stand on a page: what few are in is found by an index of its own, what many are in by looking at some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, union_all
from sqlalchemy.orm import Session

from mailings.audience.filters import READ, Filter, Group, Latest, in_groups, is_latest, with_latest
from mailings.audience.search import found
from mailings.model import Recipient, Verdict

WINDOW = 5_000  # recipients looked at one by one before all messages are: a filter that many pass fills a page of few
TROUBLE = or_(Latest.code.is_not(None), Latest.reason.is_not(None), Latest.bounce.is_not(None))
#: groups that may be few among a million; each condition is an index's own words (model/delivery.py)
INDEXED = {Group.COMPLAINED: Latest.complained_at.is_not(None), Group.READ: READ, Group.BOUNCED: TROUBLE, Group.OTHER: TROUBLE}
MOVED = frozenset(Group) - {Group.BLOCKED, Group.NO_ADDRESS}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: after the recipient of that id; `back` = before it, the nearest ones."""

    id: int = 0
    back: bool = False

    def beyond(self, column: Any) -> ColumnElement[bool]:
        """Whether an id lies on that side."""
        near: ColumnElement[bool] = column < self.id if self.back else column > self.id
        return near

    def order(self, column: Any) -> Any:
        """The nearest first."""
        return column.desc() if self.back else column.asc()

    def nearest(self, ids: Sequence[int], most: int) -> list[int]:
        """Of these the nearest."""
        return sorted(set(ids), reverse=self.back)[:most]


def ids_of(session: Session, chosen: Filter, place: Place, most: int) -> list[int]:
    """Up to `most` ids of recipients from `place` on, the nearest first."""
    if chosen.search.strip():
        return list(session.scalars(_near(_searched(chosen), Recipient.id, place, most)))
    parts = [_by_verdict(chosen, verdict, place, most) for verdict in chosen.verdicts]
    if set(chosen.moved) == MOVED:
        parts.append(_by_verdict(chosen, Verdict.ELIGIBLE, place, most))
    elif set(chosen.moved) <= set(INDEXED):
        parts += [_by_index(chosen, group, place, most) for group in chosen.moved]
    else:
        return place.nearest([*_all_of(session, parts), *_walked(session, chosen, place, most)], most)
    return place.nearest(_all_of(session, parts), most)


def count_of(session: Session, chosen: Filter) -> int:
    """How many they are: by their index those who have one, else by a walk over the list."""
    if chosen.search.strip() or chosen.verdicts or not set(chosen.moved) <= set(INDEXED):
        rows = _searched(chosen) if chosen.search.strip() else chosen.chosen()
        return session.scalar(select(func.count()).select_from(rows.subquery())) or 0
    return sum(session.scalar(select(func.count()).select_from(_indexed(chosen, group).subquery())) or 0 for group in chosen.moved)


def _all_of(session: Session, parts: Sequence[Select[int]]) -> list[int]:
    return list(session.scalars(union_all(*(select(part.subquery().c[0]) for part in parts)))) if parts else []


def _near(rows: Select[int], column: Any, place: Place, most: int) -> Select[int]:
    return rows.where(place.beyond(column)).order_by(place.order(column)).limit(most) if place.id else rows.order_by(column).limit(most)


def _searched(chosen: Filter) -> Select[int]:
    ids = found(chosen.mailing_id, chosen.search)
    rows: Select[int] = with_latest(select(Recipient.id)).where(Recipient.id.in_(ids), chosen.wanted())
    return rows


def _by_verdict(chosen: Filter, verdict: Verdict, place: Place, most: int) -> Select[int]:
    theirs = select(Recipient.id).where(Recipient.mailing_id == chosen.mailing_id, Recipient.verdict == verdict)
    return _near(theirs, Recipient.id, place, most)


def _by_index(chosen: Filter, group: Group, place: Place, most: int) -> Select[int]:
    return _near(_indexed(chosen, group), Latest.recipient_id, place, most)


def _indexed(chosen: Filter, group: Group) -> Select[int]:
    """Of somebody's messages only the latest counts, so nobody comes twice."""
    eligible = select(Recipient.id).where(Recipient.id == Latest.recipient_id, Recipient.verdict == Verdict.ELIGIBLE).exists()
    rows: Select[Any] = select(Latest.recipient_id).where(Latest.mailing_id == chosen.mailing_id, INDEXED[group])
    return rows.where(in_groups([group]), *chosen.still_open(), Latest.test.is_(False), eligible, is_latest())


def _walked(session: Session, chosen: Filter, place: Place, most: int) -> list[int]:
    """Of the eligible those in the groups that have no index: the next ones of the list, and where those are too few, of all messages."""
    near = _by_verdict(chosen, Verdict.ELIGIBLE, place, WINDOW)
    among_them = with_latest(select(Recipient.id)).where(Recipient.id.in_(near), in_groups(chosen.moved))
    ids = list(session.scalars(_near(among_them, Recipient.id, place, most)))
    if len(ids) == most or len(session.scalars(near).all()) < WINDOW:
        return ids
    eligible = select(Recipient.id).where(Recipient.id == Latest.recipient_id, Recipient.verdict == Verdict.ELIGIBLE).exists()
    rows = select(Latest.recipient_id).where(Latest.mailing_id == chosen.mailing_id, Latest.test.is_(False), in_groups(chosen.moved))
    return list(session.scalars(_near(rows.where(eligible, is_latest()), Latest.recipient_id, place, most)))  # type: ignore[arg-type]
