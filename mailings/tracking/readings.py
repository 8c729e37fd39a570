"""Keeps how visits are read: loads the visits of messages, applies the rules, writes readings and stamps where they changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, func, select, type_coerce
from sqlalchemy.orm import Session, aliased

from mailings.channels.email.programs import program_of
from mailings.db import among
from mailings.model import VISIT, Delivery, Event, EventReading, Mailing, Recipient, TrackedLink
from mailings.reported import EventKind
from mailings.tracking import clicks, tally
from mailings.tracking.bulk import replace_readings, restamp
from mailings.tracking.reading import VERSION, Message, Reading, Seen, read, what_of

READ = (EventKind.OPENED, EventKind.CLICKED, EventKind.ONLINE)  #: the visits that are read; a person's unsubscribing is one by itself
WINDOW = 400  # visits of one message that are read together when one more comes: who hammers a link must not make each batch dearer


class Stamps(NamedTuple):
    """When a message was first opened and clicked, by people and by machines; ms."""

    opened: int | None
    clicked: int | None
    machine_opened: int | None
    machine_clicked: int | None


class Sent(NamedTuple):
    """A delivery as far as its visits need it. `left_at` = when a server took it, or it was first claimed; ms.

    `known` = all its recipient did is on this message, and none of it is blanked.
    """

    id: int
    mailing_id: int
    recipient_id: int | None
    test: bool
    known: bool
    program: str | None
    left_at: int | None
    stamps: Stamps


def sent_of(session: Session, ids: Collection[int]) -> dict[int, Sent]:
    """The deliveries of these ids that there are, locked in their order: erasing or stamping one meanwhile waits, or we do."""
    other = aliased(Delivery)
    others = select(other.id).where(other.recipient_id == Delivery.recipient_id, other.id != Delivery.id, ~other.test).exists()
    known = ~others & Recipient.erased_at.is_(None)
    columns = (Delivery.opened_at, Delivery.clicked_at, Delivery.machine_opened_at, Delivery.machine_clicked_at)
    left = type_coerce(func.coalesce(Delivery.sent_at, Delivery.claimed_at), BigInteger)
    asked = select(Delivery.id, Delivery.mailing_id, Delivery.recipient_id, Delivery.test, known, Delivery.opened_with, left)
    asked = asked.add_columns(*(type_coerce(column, BigInteger) for column in columns))
    asked = asked.outerjoin(Recipient, Recipient.id == Delivery.recipient_id).where(among(session, Delivery.id, ids))
    found = session.execute(asked.order_by(Delivery.id).with_for_update(key_share=True, of=Delivery))
    return {row[0]: Sent(*row[:7], Stamps._make(row[7:])) for row in found}


class _Renewed(NamedTuple):
    """What reading visits anew changed: readings, stamps of deliveries with the program each was opened with, and clicks."""

    readings: list[tuple[int, int, str | None, bool]]
    stamps: list[tuple[int, Stamps, str | None]]
    clicks: list[clicks.Read]

    def note(self, one: Sent, visits: Sequence[Seen], readings: Mapping[int, Reading], new: Stamps) -> None:
        """Keep what is new about this message."""
        for seen in visits:
            if (now := readings[seen.id]) != seen.was:
                self.readings.append((seen.id, VERSION, *now))
                self.clicks.append(clicks.Read(one.mailing_id, one.recipient_id or 0, seen, now, not one.known))
        program = _program(one, new, visits, readings)
        if (new, program) != (one.stamps, one.program):
            self.stamps.append((one.id, new, program))

    def write(self, session: Session) -> int:
        """Write it, with what it changes in the figures; how many readings changed."""
        stamps = {number: (new, program) for number, new, program in self.stamps}
        with tally.restamping(session, stamps), clicks.watched(session, self.clicks):
            replace_readings(session, self.readings)
            restamp(session, self.stamps)
        return len(self.readings)


def renew(session: Session, sent: Sequence[Sent], agents: Mapping[int, str] | None = None, *, window: int | None = WINDOW) -> int:
    """Read the visits of these deliveries anew; how many readings changed. Tests are not read: what has no reading counts nowhere (D22).

    `agents` of events name what may be looked at and not kept (D30). Of a message with more than `window` visits the last are read.
    """
    counted = {one.id: one for one in sent if not one.test}
    links = _links(session, {one.mailing_id for one in counted.values()})
    floors = _floors(session, counted, window) if window else {}
    thinned = _thinned(session, {one.mailing_id for one in counted.values()})
    renewed = _Renewed([], [], [])
    for delivery_id, visits in _visits(session, counted, floors, agents or {}):
        one = counted[delivery_id]
        before = _firsts(session, delivery_id, floors[delivery_id]) if delivery_id in floors else frozenset()
        before |= _deleted_firsts(visits, one.stamps) if one.mailing_id in thinned else frozenset()
        readings = read(visits, Message(one.left_at, links.get(one.mailing_id, 0)), before)
        new = _stamps(visits, readings)
        if delivery_id in floors or one.mailing_id in thinned:
            new = Stamps._make(_earlier(*pair) for pair in zip(new, one.stamps, strict=True))
        renewed.note(one._replace(known=one.known and delivery_id not in floors), visits, readings, new)
    return renewed.write(session)


def _program(one: Sent, new: Stamps, visits: Sequence[Seen], readings: Mapping[int, Reading]) -> str | None:
    """The program of a person's first open; what it was taken for stays while that open does: its agent may be blanked by now (D30)."""
    if new.opened == one.stamps.opened and (one.program or new.opened is None):
        return one.program
    opens = (seen for seen in visits if seen.at == new.opened and seen.kind is not EventKind.CLICKED and readings[seen.id].machine is None)
    first = next(opens, None)
    return program_of(first.agent) if first is not None and first.agent else None


def _thinned(session: Session, mailings: Collection[int]) -> set[int]:
    """Those of the mailings whose old events are deleted (retention.py)."""
    return set(session.scalars(select(Mailing.id).where(among(session, Mailing.id, mailings), Mailing.events_deleted_at.is_not(None))))


def _deleted_firsts(visits: Sequence[Seen], stamps: Stamps) -> frozenset[object]:
    """What can be no first any more, for an older stamp tells of visits that are gone. What was read as a first before that stays one.

    Of a click only that there was one is known, not on which link: a later one on another link is not counted as somebody new's.
    """
    done = {
        what_of(seen)
        for seen in visits
        if ((stamps.clicked if seen.kind is EventKind.CLICKED else stamps.opened) or seen.at) < visits[0].at
    }
    return frozenset(done - {what_of(seen) for seen in visits if seen.was is not None and seen.was.first})


def _links(session: Session, mailings: Collection[int]) -> dict[int, int]:
    counted = select(TrackedLink.mailing_id, func.count()).where(among(session, TrackedLink.mailing_id, mailings))
    return dict(session.execute(counted.group_by(TrackedLink.mailing_id)).all())


def _floors(session: Session, ids: Collection[int], window: int) -> dict[int, int]:
    """Of messages with more visits than the window: the last event before it."""
    mine = among(session, Event.delivery_id, ids)
    many = select(Event.delivery_id).where(mine).group_by(Event.delivery_id).having(func.count() > window)
    floors = {}
    for delivery_id in filter(None, session.scalars(many).all()):
        # + 0: without it PostgreSQL walks the primary key backwards through everybody's visits
        last = select(Event.id).where(Event.delivery_id == delivery_id).order_by((Event.id + 0).desc()).limit(1).offset(window)
        floors[delivery_id] = session.scalars(last).one()
    return floors


def _visits(session: Session, ids: Collection[int], floors: Mapping[int, int], agents: Mapping[int, str]) -> list[tuple[int, list[Seen]]]:
    """The visits of each delivery, in the order of their times."""
    asked = _asked(session).order_by(Event.delivery_id, Event.at, Event.id)
    rows = list(session.execute(asked.where(among(session, Event.delivery_id, ids - floors.keys()))))
    for delivery_id, floor in floors.items():
        rows += session.execute(asked.where(Event.delivery_id == delivery_id, Event.id > floor))
    return [(delivery_id, [_seen(row, agents) for row in of_one]) for delivery_id, of_one in groupby(rows, key=lambda row: row[0])]


def _asked(session: Session) -> Any:
    columns = (Event.delivery_id, Event.id, type_coerce(Event.at, BigInteger), Event.kind, Event.link, Event.url, Event.method)
    read_as = (EventReading.version, EventReading.machine, EventReading.first)
    joined = select(*columns, Event.agent, Event.network, *read_as).outerjoin(EventReading, EventReading.event_id == Event.id)
    return joined.where(Event.source == VISIT, Event.kind.in_(READ))


def _seen(row: Any, agents: Mapping[int, str]) -> Seen:
    _, number, at, kind, link, url, method, agent, network, version, machine, first = row
    was = None if version is None else Reading(machine, first)
    return Seen(number, at, kind, link, url, method, agents.get(number, agent), network, was)


def _firsts(session: Session, delivery_id: int, floor: int) -> frozenset[object]:
    """What was first among the visits up to the floor."""
    asked = _asked(session).where(Event.delivery_id == delivery_id, Event.id <= floor, EventReading.first)
    return frozenset(what_of(_seen(row, {})) for row in session.execute(asked))


def _stamps(visits: Sequence[Seen], readings: Mapping[int, Reading]) -> Stamps:
    first: dict[tuple[bool, bool], int] = {}
    for seen in visits:
        first.setdefault((readings[seen.id].machine is not None, seen.kind is EventKind.CLICKED), seen.at)
    return Stamps(first.get((False, False)), first.get((False, True)), first.get((True, False)), first.get((True, True)))


def _earlier(one: int | None, other: int | None) -> int | None:
    return min((at for at in (one, other) if at is not None), default=None)
