"""How many messages a limit lets leave now: the arithmetic of reservations, without a database.

A message costs one interval (a minute / the rate). `next_free` is the moment the next one may leave; it runs ahead of the clock by what
is reserved, and a bucket at rest lets it lie `burst - 1` intervals back (GCRA). The law, over any window of any length and whatever
crashes: messages sent <= rate x window + burst + one second's worth, at least one (docs/reference/limits.md).

`now` is ours, in milliseconds. The bucket's own clock is PostgreSQL's, for hosts differ; a State knows how far that is ahead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from mailings.sending.limits import hours
from mailings.sending.limits.hours import Quiet

WORTH = 0.5  # seconds of messages taken at a time, and seconds they hold: few statements at high rates, one message at low ones
AHEAD = 5_000  # milliseconds: who would wait longer for the broadest limit reserves nothing yet, and asks again then
RESTED = 5.0  # seconds they hold where only hours or days are limited


@dataclass(frozen=True, slots=True)
class State:
    """One bucket as read. `rate` = messages a minute that hold now, None where only hours or days are limited."""

    id: int
    name: str
    per_minute: float | None
    burst: int
    quiet: Quiet | None
    zone: str
    ramp: tuple[str, int, float] | None  # first day, messages on that day, growth a day
    next_free: int
    day: str | None
    day_count: int
    rate: float | None
    at: int = 0  # when it was read, by its own clock
    ahead: int = 0  # milliseconds its clock is ahead of ours

    @property
    def interval(self) -> float:
        """Milliseconds a message costs; 0 without a rate."""
        return 60_000 / self.rate if self.rate else 0.0

    @property
    def limits(self) -> bool:
        """True when it holds anything back."""
        return bool(self.rate or self.quiet or self.ramp)

    def at_most(self, rate: float | None) -> State:
        """The same with another limit (messages a minute) beside its own: the smaller holds."""
        return replace(self, rate=min(found)) if (found := [one for one in (self.rate, rate) if one]) else self


def room(state: State, now: int, wanted: int) -> int:
    """How many of `wanted` may leave now: half a second's worth (at least one) or what a rest saved up, and no more than the day allows."""
    own = _own(state, now)
    if _opens(state, own) > own:
        return 0
    if state.rate:
        saved = math.floor((own - _start(state, own)) / state.interval) + 1
        wanted = min(wanted, max(1, int(state.rate / 60 * WORTH), saved))
    allowed = allowance(state, now)
    return wanted if allowed is None else min(wanted, allowed - used(state, now))


def opens(state: State, now: int) -> int:
    """The moment from which at least one may leave: `now` when it may now."""
    own = _own(state, now)
    return now if (at := _opens(state, own)) == own else at - state.ahead


def closes(state: State, now: int) -> float:
    """Until when what is reserved to leave from `now` on may leave: half a second or one interval later, and not within quiet hours."""
    slot = (max(WORTH * 1000, state.interval) if state.rate else RESTED * 1000) - 1  # the clock is read in whole milliseconds
    return min(now + slot, state.quiet.begins(_own(state, now)) - state.ahead) if state.quiet else now + slot


def why(state: State, now: int) -> str:
    """For people: what is waited for."""
    whose, own = f"the {state.name}" if state.name == "installation" else state.name, _own(state, now)
    at = max(own, state.next_free) if state.rate else own
    if state.quiet and state.quiet.until(at) is not None:
        return f"quiet hours of {whose}, {state.quiet.begin} to {state.quiet.end} in {state.zone}"
    if state.rate and state.next_free > own + AHEAD + max(state.interval, WORTH * 1000):
        return f"{whose} takes nothing before then"  # farther ahead than anybody reserves: the other side said until when
    if _spent(state, at):
        return f"the day's {_allowance(state, at)} of {whose} are used up"
    return f"{state.rate or 0:g} a minute of {whose}"


def allowance(state: State, now: int) -> int | None:
    """How many the warm-up allows on the day of `now`; None without one, or once it allows more than the limit does in a day."""
    return _allowance(state, _own(state, now))


def used(state: State, now: int) -> int:
    """How many left on the day of `now`. A day counted that is still to come belongs to it: the clock was turned back."""
    return _used(state, _own(state, now))


def charged(state: State, messages: int, now: int) -> State:
    """The bucket after `messages` leave from `now` on."""
    own = _own(state, now)
    free = math.ceil(_start(state, own)) + cost(state, messages) if state.rate else state.next_free
    if state.ramp is None:
        return replace(state, next_free=free)
    return replace(state, next_free=free, day=hours.day_of(own, state.zone), day_count=_used(state, own) + messages)


def cost(state: State, messages: int) -> int:
    """Milliseconds that `messages` cost: rounded up, so that roundings never add up to a message too many."""
    return math.ceil(messages * state.interval)


def without(after: State, taken: int, unused: int) -> int:
    """The `next_free` of a bucket whose last charge took `taken`, without those of them that were not used."""
    return after.next_free - cost(after, taken) + cost(after, taken - unused)


def _own(state: State, now: int) -> int:
    """`now` by the bucket's own clock; not before it was read, for the one who asks may have waited for it since."""
    return max(state.at, now + state.ahead)


def _start(state: State, own: int) -> float:
    return max(state.next_free, own - (state.burst - 1) * state.interval)


def _opens(state: State, own: int) -> int:
    at = max(own, state.next_free) if state.rate else own
    while (later := _shut_until(state, at)) is not None:
        at = later
    return at


def _shut_until(state: State, own: int) -> int | None:
    """When the quiet hours or the used-up day around `own` end; None when neither holds."""
    if state.quiet and (end := state.quiet.until(own)) is not None:
        return end
    return hours.next_day(own, state.zone) if _spent(state, own) else None


def _spent(state: State, own: int) -> bool:
    allowed = _allowance(state, own)
    return allowed is not None and _used(state, own) >= allowed


def _used(state: State, own: int) -> int:
    return state.day_count if state.day is not None and state.day >= hours.day_of(own, state.zone) else 0


def _allowance(state: State, own: int) -> int | None:
    if state.ramp is None:
        return None
    first, count, growth = state.ramp
    days = max(0, hours.days_since(first, own, state.zone))
    allowed = round(count * growth**days) if days * math.log2(growth) < 60 else 2**60
    return None if state.per_minute and allowed > state.per_minute * 1440 else allowed
