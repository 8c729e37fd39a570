"""From when on a run has something to claim: what was never tried, what is due again, what stands in lanes with room."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from mailings.clock import milliseconds
from mailings.sending.claims import next_dues, something_is_left
from mailings.sending.limits import buckets
from mailings.sending.limits.domains import DOMAIN
from mailings.sending.run import Run


def claimable_from(connection: Connection, run: Run) -> int | None:
    """The moment (ms) from which this run could claim something, not later than now when it could now; None when nothing is queued.

    Rows the run has passed are not walked again: a portion does that, once, when nothing else is left.
    """
    now, mailing_id = milliseconds(), run.by.mailing_id
    run.next_due = next_dues(connection, mailing_id).get(0)
    run.lanes.look(connection, mailing_id, anew=True)
    if something_is_left(connection, run.by, run.last, now):
        return now
    moments = list(_of_lanes(connection, run, now)) if run.lanes.lanes else []
    return min(moments if run.next_due is None else [*moments, run.next_due], default=None)


def _of_lanes(connection: Connection, run: Run, now: int) -> Iterator[int]:
    states = buckets.states_of(connection, run.lanes.lanes.keys(), locked=False)
    opens = {state.id: buckets.opens(state, now) for state in states if state.name.startswith(DOMAIN)}
    for number, lane in run.lanes.lanes.items():
        left = something_is_left(connection, run.by._replace(lane=number), lane.last, now)
        if left or lane.next_due is not None:
            yield max(now if left else lane.next_due or now, opens.get(number, now))
