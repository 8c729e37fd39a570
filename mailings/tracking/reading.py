"""How visits are read: a person's or a machine's, and why. Pure rules with a version, so that what is kept can be read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from mailings.reported import EventKind
from mailings.tracking.machines import telling

VERSION = 1  #: of the rules here and in machines.py; a new number whenever they read anything differently

TRAP = 0  #: the number of the link that no person sees
SOON = 2_000  # ms; nobody has the message, opens it and follows a link two seconds after a server took it
BURST = 10_000  # ms in which a scanner has looked behind all links; people follow one or two
BURST_LINKS, BURST_SHARE = 3, 0.8  # at least so many links, and so much of all the message has: fewer would be a quick reader's
BURST_GAP = 1_000  # ms; what follows at this pace belongs to the burst
COMPANY = 60_000  # ms; around a visit a machine gave itself away by, the same agent from the same network is that machine
_GIVEN_AWAY = ("trap", "burst")


class Seen(NamedTuple):
    """A visit as the rules see it. `at` in ms; `agent` None = the visitor was erased, and `was` the reading that stays."""

    id: int
    at: int
    kind: EventKind
    link: int | None
    url: str | None
    method: str | None
    agent: str | None
    network: str | None
    was: Reading | None = None


class Reading(NamedTuple):
    """How a visit is read: why it is a machine's (None = a person's), and whether it is the first of a person."""

    machine: str | None
    first: bool


@dataclass(frozen=True, slots=True)
class Message:
    """What the rules know of the message visited: when it left us (ms; None = it is not said), how many numbered links its mailing has."""

    sent_at: int | None
    links: int


def read(visits: Sequence[Seen], message: Message, before: frozenset[object] = frozenset()) -> dict[int, Reading]:
    """The readings of all visits of one message, by event. `visits` in the order of their times.

    A machine is who follows the trap, visits before or within two seconds of sending, follows (nearly) all links within ten
    seconds, tells by its agent (machines.py), or comes with one that did. First is the first open of a person, and the first
    click of each link; `before` holds what (`what_of`) was first among visits that are not given.
    """
    why = {seen.id: _alone(seen, message) for seen in visits}
    for number in _bursts([seen for seen in visits if seen.kind is EventKind.CLICKED and seen.link != TRAP], message.links):
        why[number] = why[number] or "burst"
    _with_company(visits, why)
    readings, known = {}, set(before)
    for seen in visits:
        machine = why[seen.id]
        first = seen.was.first if seen.agent is None and seen.was else what_of(seen) not in known
        readings[seen.id] = Reading(machine, machine is None and first)
        if machine is None:
            known.add(what_of(seen))
    return readings


def what_of(seen: Seen) -> object:
    """What a person can do for the first time: open the message, read it online, click this link of it."""
    return seen.kind, seen.link, seen.url if seen.link is None else None


def _alone(seen: Seen, message: Message) -> str | None:
    if seen.kind is EventKind.CLICKED and seen.link == TRAP:
        return "trap"
    if seen.agent is None:
        return seen.was.machine if seen.was else None
    if message.sent_at is not None and seen.at < message.sent_at + SOON:
        return "too soon"
    return telling(seen.kind, seen.method, seen.agent, seen.network)


def _bursts(clicks: Sequence[Seen], links: int) -> list[int]:
    """Clicks of which at least three, and four fifths of all the message's links, came within ten seconds."""
    enough = max(BURST_LINKS, BURST_SHARE * links)
    found: list[int] = []
    start = 0 if len({what_of(click) for click in clicks}) >= enough else len(clicks)
    while start < len(clicks):
        end = _end_of(clicks, start, enough)
        found += [click.id for click in clicks[start:end]]
        start = max(end, start + 1)
    return found


def _end_of(clicks: Sequence[Seen], start: int, enough: float) -> int:
    """Where the burst that begins at `start` ends; `start` where none does."""
    distinct = set()
    for at in range(start, len(clicks)):
        if clicks[at].at - clicks[start].at > BURST:
            break
        distinct.add(what_of(clicks[at]))
        if len(distinct) >= enough:
            return at + 1 + _more(clicks[at:])
    return start


def _more(clicks: Sequence[Seen]) -> int:
    """How many follow at the pace of a burst."""
    for number, (one, other) in enumerate(pairwise(clicks)):
        if other.at - one.at > BURST_GAP:
            return number
    return len(clicks) - 1


def _with_company(visits: Sequence[Seen], why: dict[int, str | None]) -> None:
    away = [seen for seen in visits if why[seen.id] in _GIVEN_AWAY and seen.agent]
    for seen in visits:
        if why[seen.id] is None and any(_same(seen, other) for other in away):
            why[seen.id] = "company"


def _same(seen: Seen, other: Seen) -> bool:
    return seen.agent == other.agent and seen.network == other.network and abs(seen.at - other.at) <= COMPANY
