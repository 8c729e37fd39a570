"""How often links were clicked since they were reset, people and machines apart (domain.md E.4, E.6). Tests count nowhere (D22)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from mailings.content.links import Utm, with_words
from mailings.errors import NotFound
from mailings.model import VISIT, Delivery, Event, EventReading, Mailing, Recipient, RegisteredLink, TrackedLink
from mailings.reported import EventKind
from mailings.tracking.clicks import kept_clicks, kept_clicks_on
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
    """A link that was asked for: a registered one in all its mailings, one link of one mailing, or an address without a number."""

    where: ColumnElement[bool]
    registered: RegisteredLink | None = None
    tracked: TrackedLink | None = None
    url: str = ""  # the address, where neither link stands for it

    def clicks(self, columns: Any) -> Any:
        """The clicks on it that count, people's and machines'."""
        return _clicks_on_addresses(columns, self.where) if self.url else counting_clicks(columns, self.where)


def choose(session: Session, name: str, mailing: Mailing | None = None) -> Chosen:
    """The link of that name; in a mailing also by its number or address. Raises NotFound."""
    if mailing is None:
        link = link_named(session, name)
        return Chosen(TrackedLink.registered_id == link.id, link)
    same = [TrackedLink.name == name, TrackedLink.url == name]
    if name.isdecimal() and len(name) < 10:
        same.append(TrackedLink.number == int(name))
    alive_first = (TrackedLink.deleted_at.is_not(None), TrackedLink.number.desc())
    rows = select(TrackedLink).where(TrackedLink.mailing_id == mailing.id, or_(*same)).order_by(*alive_first)
    found = session.scalars(rows.limit(1)).first()
    if found is None and (single := _single(session, name, mailing)):
        return single
    if found is None:
        raise NotFound(f"{mailing.name} has no link {name!r}; see them all: mailings links list --mailing {mailing.name}")
    registered = session.get(RegisteredLink, found.registered_id) if found.registered_id is not None else None
    return Chosen(TrackedLink.id == found.id, registered, found)


def links_of_mailing(session: Session, mailing: Mailing) -> list[Counted]:
    """Every link of a mailing, as its numbers go. Kept figures are added up; where they do not hold its clicks are walked."""
    figures = kept_clicks(session, mailing)
    if figures is None:
        rows = _figures(TrackedLink.number, TrackedLink.mailing_id == mailing.id, in_one_mailing=True)
        figures = {number: tuple(counts) for number, *counts in session.execute(select(rows))}
    links = session.scalars(select(TrackedLink).where(TrackedLink.mailing_id == mailing.id).order_by(TrackedLink.number))
    return [
        Counted(
            link.name or "",
            link.url,
            *figures.get(link.number, (0, 0, 0)),
            link.number,
            link.registered_id is not None,
            bool(link.deleted_at),
        )
        for link in links
    ]


def addresses_of_single_recipients(session: Session, mailing: Mailing) -> tuple[int, int, int]:
    """Clicks on addresses that one recipient's message has alone, so that they have no number: clicks of people, people, of machines."""
    return counted(session, Chosen(Delivery.mailing_id == mailing.id, url="all"))


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
    if chosen.url:
        told = session.execute(chosen.clicks(select(*_columns(Delivery.recipient_id)))).one()
        return told[0], told[1], told[2]
    if chosen.tracked is None:
        figures = _figures(TrackedLink.registered_id, chosen.where)
    elif (kept := kept_clicks_on(session, chosen.tracked)) is not None:
        return kept
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


def _clicks_on_addresses(columns: Any, where: ColumnElement[bool]) -> Any:
    """Clicks on addresses without a number that count: no test's, an erased person's without the address.

    By way of the messages that were clicked, which are few.
    """
    rows = columns.select_from(Delivery).join(Event, Event.delivery_id == Delivery.id)
    rows = rows.join(EventReading, EventReading.event_id == Event.id)
    clicked = or_(Delivery.clicked_at.is_not(None), Delivery.machine_clicked_at.is_not(None))
    visits = (Event.kind == EventKind.CLICKED, Event.source == VISIT, Event.link.is_(None))
    return rows.where(where, clicked, Delivery.test.is_(False), *visits)


def _single(session: Session, url: str, mailing: Mailing) -> Chosen | None:
    """An address without a number that was clicked, asked for with or without the mailing's UTM words."""
    utm = mailing.tracking.get("utm") or {}
    same = (url, with_words(url, Utm(utm.get("source", ""), utm.get("campaign", "")).words))
    chosen = Chosen((Delivery.mailing_id == mailing.id) & Event.url.in_(same), url=url)
    return None if session.execute(chosen.clicks(select(Event.id)).limit(1)).first() is None else chosen


def _figures(by: Any, where: ColumnElement[bool], *, in_one_mailing: bool = False) -> Any:
    """Figures by link. A person counts once over all mailings, a stranger once for each; in one mailing a recipient is both."""
    who = Delivery.recipient_id if in_one_mailing else func.coalesce(Recipient.person_id, -Recipient.id)
    rows = counting_clicks(select(by.label("link"), *_columns(who)), where)
    return (rows if in_one_mailing else rows.join(Recipient, Recipient.id == Delivery.recipient_id)).group_by(by).subquery()


def _columns(who: Any) -> tuple[Any, ...]:
    human = EventReading.machine.is_(None)
    return (
        func.count(case((human, 1))).label("clicks"),
        func.count(func.distinct(case((human, who)))).label("clickers"),
        func.count(case((~human, 1))).label("machine"),
    )
