"""Lanes: deliveries for a recipient domain with a limit stand in a lane of their own, claimed only as fast as that limit lets them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from mailings import seams
from mailings.db import driver_sql
from mailings.message import Outcome
from mailings.seams import Seam
from mailings.sending.claims import Claimed, Claimer, claim_due, claim_fresh, next_dues
from mailings.sending.limits import buckets
from mailings.sending.limits.buckets import State
from mailings.sending.limits.domains import DOMAIN, Limited, among, limited, provided
from mailings.sending.receipts import Answered

SEEN = 2.0  # seconds a look at the limits holds
AT_ONCE = 8  # lanes served in one transaction, in turn: their buckets are locked meanwhile
AGAIN = 1000  # milliseconds until a lane that gave nothing is asked again

# from lane to lane by the index, never along its rows
LANES = (
    "WITH RECURSIVE lanes(lane) AS (SELECT min(lane) FROM delivery WHERE mailing_id = ? AND lane <> 0"
    " UNION ALL SELECT (SELECT min(lane) FROM delivery WHERE mailing_id = ? AND lane <> 0 AND lane > lanes.lane) FROM lanes"
    " WHERE lanes.lane IS NOT NULL) SELECT lane FROM lanes WHERE lane IS NOT NULL"
)
# as if it had never been claimed; what had been tried before stays due
DIVERT = (
    "UPDATE delivery SET status = 'queued', lane = ?, attempts = attempts - 1, lease_id = NULL,"
    " next_attempt_at = CASE WHEN attempts > 1 THEN claimed_at END, claimed_at = CASE WHEN attempts > 1 THEN claimed_at END"
    " WHERE lease_id = ? AND status = 'sending' AND id "
)


class Lane:
    """What a run knows of one lane of its mailing. Moments in milliseconds."""

    __slots__ = ("fresh", "id", "last", "next_due", "opens", "swept")

    def __init__(self, number: int) -> None:
        self.id = number
        self.last = 0  # the keyset of its fresh claims
        self.fresh = True  # may hold deliveries never tried
        self.swept = False  # looked through from the start in this portion
        self.next_due: int | None = None
        self.opens = 0  # its limit lets nothing leave before

    def ready(self) -> int | None:
        """From when something of it may be claimed; None when nothing is known to be in it."""
        if self.fresh:
            return self.opens
        return None if self.next_due is None else max(self.opens, self.next_due)

    def claim(self, connection: Connection, by: Claimer, room: int, now: int) -> list[Claimed]:
        """Up to `room` deliveries: those due first, then those never tried."""
        taken: list[Claimed] = []
        if self.next_due is not None and self.next_due <= now:
            taken = claim_due(connection, by, room, now)
            self.next_due = next_dues(connection, by.mailing_id).get(self.id)
        if self.fresh and len(taken) < room:
            taken += self._fresh(connection, by, room - len(taken), now)
        return taken

    def _fresh(self, connection: Connection, by: Claimer, room: int, now: int) -> list[Claimed]:
        found = claim_fresh(connection, by, self.last, room, now)
        if not found and self.last and not self.swept:
            # once from the start: rows another transaction held locked when the keyset passed them
            self.swept = True
            found = claim_fresh(connection, by, 0, room, now)
        if found:
            self.last = found[-1].id
        self.fresh = len(found) == room or (self.last > 0 and not self.swept)
        return found


class Lanes:
    """The lanes of one mailing, as one run sees them. Where no recipient domain has a limit it asks once in two seconds, and is empty."""

    def __init__(self) -> None:
        self.lanes: dict[int, Lane] = {}
        self.domains: dict[str, int] = {}  # recipient domain -> its lane
        self.until: dict[int, float] = {}  # delivery in hand -> until when (monotonic) its tokens hold
        self.slowed: list[Limited] = []  # limits that were asked to be less, not only of domains
        self._in_hand: dict[int, int] = {}  # delivery -> its lane, where that has a limit
        self._limited: dict[int, str] = {}
        self._seen: float | None = None

    def look(self, connection: Connection, mailing_id: int, *, anew: bool = False) -> None:
        """Read which domains have a limit and which lanes the mailing has, at most once in two seconds unless `anew`."""
        if not anew and self._seen is not None and time.monotonic() - self._seen < SEEN:
            return
        first, self._seen = self._seen is None, time.monotonic()
        found = limited(connection)
        self.slowed = [one for one in found if one.rate is not None]
        self._limited = {one.id: one.name for one in found if one.name.startswith(DOMAIN)}
        own = {name.removeprefix(DOMAIN): number for number, name in self._limited.items()}
        self.domains = provided(connection) | own if own else {}
        if anew or first or own or self.lanes:
            self._find(connection, mailing_id)

    def forget(self) -> None:
        """What was read is no longer so: look again at the next claim."""
        self._seen = None

    def accepted(self, answers: Sequence[Answered]) -> set[str]:
        """The limits of the lanes that the accepted among these answers came from; each answer is asked for once."""
        if not self._in_hand:
            return set()
        lanes = {self._in_hand.pop(one.claimed.id, 0): one.receipt.outcome for one in answers}
        return {self._limited[lane] for lane, outcome in lanes.items() if outcome is Outcome.ACCEPTED and lane in self._limited}

    def begin(self) -> None:
        """A portion begins: each lane may be looked through from the start once."""
        for lane in self.lanes.values():
            lane.swept = False

    def next_due(self, now: int) -> int | None:
        """When the next retry of a lane that has room is due; None when none waits."""
        return min((lane.next_due for lane in self.lanes.values() if lane.next_due is not None and lane.opens <= now), default=None)

    def note(self, dues: dict[int, int]) -> None:
        """When the next retry of each lane is due."""
        for number, lane in self.lanes.items():
            lane.next_due = dues.get(number)

    def ready(self) -> int | None:
        """The moment (ms) from which something may be claimed from a lane; None when nothing is known to be in any."""
        return min((at for lane in self.lanes.values() if (at := lane.ready()) is not None), default=None)

    def claim(self, connection: Connection, by: Claimer, wanted: int, now: int) -> list[Claimed]:
        """Up to `wanted` deliveries of the lanes that have room now, a few lanes in turn, each charged exactly what was claimed."""
        chosen = [number for number, lane in self.lanes.items() if (at := lane.ready()) is not None and at <= now][:AT_ONCE]
        states = {state.id: state for state in buckets.states_of(connection, self._limited.keys() & chosen, locked=True)} if chosen else {}
        taken: list[Claimed] = []
        for number in chosen:
            taken += self._claimed(connection, by._replace(lane=number), states.get(number), wanted - len(taken), now)
            self.lanes[number] = self.lanes.pop(number)  # to the end of the line
        return taken

    def divert(self, connection: Connection, by: Claimer, claimed: list[Claimed], rows: dict[int, Any]) -> list[Claimed]:
        """Put back into its lane what was claimed from the main lane and whose domain has got a limit meanwhile; what is left."""
        apart: dict[int, list[int]] = {}
        for one in claimed if self.domains else ():
            if one.id in rows and one.id not in self.until and (number := self.domains.get(rows[one.id][1].rpartition("@")[2])):
                apart.setdefault(number, []).append(one.id)
        for number, ids in apart.items():
            _put_back(connection, by, number, ids)
            lane = self.lanes.setdefault(number, Lane(number))
            lane.fresh, lane.last = True, min(lane.last, ids[0] - 1)
        gone = {one for ids in apart.values() for one in ids}
        return [one for one in claimed if one.id not in gone] if gone else claimed

    def _claimed(self, connection: Connection, by: Claimer, state: State | None, wanted: int, now: int) -> list[Claimed]:
        lane = self.lanes[by.lane]
        room = wanted if state is None else buckets.room(state, now, wanted)
        if room <= 0:
            if state is not None:
                lane.opens = max(buckets.opens(state, now), now + 1)
            return []
        found = lane.claim(connection, by, room, now)
        if not found:
            lane.opens = now + AGAIN  # whatever there is, others hold it, or the mailing is being sent no more
        if found and state is not None:
            seams.before(Seam.RESERVE)
            buckets.charge(connection, state, len(found), now)
            seams.after(Seam.RESERVE)
            until = time.monotonic() + (buckets.closes(state, now) - now) / 1000
            self.until.update((one.id, until) for one in found)
            self._in_hand.update((one.id, by.lane) for one in found)
        return found

    def _find(self, connection: Connection, mailing_id: int) -> None:
        found = connection.exec_driver_sql(driver_sql(connection, LANES), (mailing_id, mailing_id)).scalars().all()
        for number in found:
            self.lanes.setdefault(number, Lane(number))
        for lane in self.lanes.values():
            lane.fresh, lane.opens = True, 0  # another sender may have put something there, a person may have raised the limit
        if self.lanes:
            self.note(next_dues(connection, mailing_id))


def _put_back(connection: Connection, by: Claimer, lane: int, ids: list[int]) -> None:
    one_of, mark = among(connection, ids)
    connection.exec_driver_sql(driver_sql(connection, DIVERT + one_of), (lane, by.lease_id, mark))
