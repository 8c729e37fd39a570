"""How often links were clicked since they were reset, people and machines apart (domain.md E.4, E.6). Tests count nowhere (D22)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from mailings.errors import NotFound
from mailings.model import Delivery, Event, EventReading, Mailing, Recipient, RegisteredLink, TrackedLink
from mailings.reported import EventKind
from mailings.tracking.registered import link_named


@dataclass(frozen=True, slots=True)
class Counted:
    """A link with its figures since it was last reset. `clicks` are people's, `clickers` the people; machines' stand apart."""

    name: str
    url: str
    clicks: int
    clickers: int
    machine_clicks: int
    number: int | None = None  # in its mailing
    registered: bool = True
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """A link that was asked for: a registered one in all its mailings, or one link of one mailing."""

    where: ColumnElement[bool]
    registered: RegisteredLink | None
    tracked: TrackedLink | None


def choose(session: Session, name: str, mailing: Mailing | None = None) -> Chosen:
    """The link of that name; in a mailing also by its number or address. Raises NotFound."""
    if mailing is None:
        link = link_named(session, name)
        return Chosen(TrackedLink.registered_id == link.id, link, None)
    same = [TrackedLink.name == name, TrackedLink.url == name]
    if name.isdecimal() and len(name) < 10:
        same.append(TrackedLink.number == int(name))
    alive_first = (TrackedLink.deleted_at.is_not(None), TrackedLink.number.desc())
    rows = select(TrackedLink).where(TrackedLink.mailing_id == mailing.id, or_(*same)).order_by(*alive_first)
    found = session.scalars(rows.limit(1)).first()
    if found is None:
        raise NotFound(f"{mailing.name} has no link {name!r}; see them all: mailings links list --mailing {mailing.name}")
    registered = session.get(RegisteredLink, found.registered_id) if found.registered_id is not None else None
    return Chosen(TrackedLink.id == found.id, registered, found)


def links_of_mailing(session: Session, mailing: Mailing) -> list[Counted]:
    """Every link of a mailing, as its numbers go."""
    figures = _figures(TrackedLink.id, TrackedLink.mailing_id == mailing.id, in_one_mailing=True)
    link = TrackedLink
    rows = select(link, figures.c.clicks, figures.c.clickers, figures.c.machine).outerjoin(figures, figures.c.link == link.id)
    found = session.execute(rows.where(link.mailing_id == mailing.id).order_by(link.number))
    return [
        Counted(
            row.name or "",
            row.url,
            clicks or 0,
            clickers or 0,
            machine or 0,
            row.number,
            row.registered_id is not None,
            bool(row.deleted_at),
        )
        for row, clicks, clickers, machine in found
    ]


def registered_links(session: Session) -> list[Counted]:
    """Every registered link by name, counted over all mailings."""
    figures = _figures(TrackedLink.registered_id, TrackedLink.registered_id.is_not(None))
    link = RegisteredLink
    rows = select(link, figures.c.clicks, figures.c.clickers, figures.c.machine).outerjoin(figures, figures.c.link == link.id)
    return [
        Counted(row.name, row.url, clicks or 0, clickers or 0, machine or 0, deleted=bool(row.deleted_at))
        for row, clicks, clickers, machine in session.execute(rows.order_by(link.name))
    ]


def counted(session: Session, chosen: Chosen) -> tuple[int, int, int]:
    """Clicks of people, people, clicks of machines."""
    if chosen.tracked is None:
        figures = _figures(TrackedLink.registered_id, chosen.where)
    else:
        figures = _figures(TrackedLink.id, chosen.where, in_one_mailing=True)
    row = session.execute(select(figures.c.clicks, figures.c.clickers, figures.c.machine)).one_or_none()
    return (row[0], row[1], row[2]) if row else (0, 0, 0)


def counting_clicks(columns: Any, where: ColumnElement[bool]) -> Any:
    """Clicks on tracked links that count: no test's, none before a reset."""
    here = (Event.mailing_id == TrackedLink.mailing_id) & (Event.link == TrackedLink.number)
    rows = columns.select_from(TrackedLink).outerjoin(RegisteredLink, RegisteredLink.id == TrackedLink.registered_id)
    rows = rows.join(Event, here).join(EventReading, EventReading.event_id == Event.id)
    rows = rows.join(Delivery, Delivery.id == Event.delivery_id)
    since = [or_(reset.is_(None), Event.at > reset) for reset in (TrackedLink.reset_at, RegisteredLink.reset_at)]
    return rows.where(where, Event.kind == EventKind.CLICKED, Event.link.is_not(None), Delivery.test.is_(False), *since)


def _figures(by: Any, where: ColumnElement[bool], *, in_one_mailing: bool = False) -> Any:
    """Figures by link. A person counts once over all mailings, a stranger once for each; in one mailing a recipient is both."""
    human = EventReading.machine.is_(None)
    who = Delivery.recipient_id if in_one_mailing else func.coalesce(Recipient.person_id, -Recipient.id)
    columns = select(
        by.label("link"),
        func.count(case((human, 1))).label("clicks"),
        func.count(func.distinct(case((human, who)))).label("clickers"),
        func.count(case((~human, 1))).label("machine"),
    )
    rows = counting_clicks(columns, where)
    return (rows if in_one_mailing else rows.join(Recipient, Recipient.id == Delivery.recipient_id)).group_by(by).subquery()
