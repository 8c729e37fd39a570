"""Telling others what clicks made: each row of the outbox becomes an event of Prefect, for automations to react to (domain.md D24)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import NAMESPACE_URL, UUID, uuid5

from prefect import task
from prefect.events import Event
from prefect.events.clients import RETRYABLE_EXCEPTIONS, get_events_client
from prefect.utilities.asyncutils import run_coro_as_sync

from mailings.db import database
from mailings.errors import Unreachable
from mailings.model import Outbox
from mailings.settings import settings
from mailings.tracking import outbox
from tasks.retrying import STEP

# the flow start_due_mailings calls it every minute; a supervisor that keeps everything running on one machine may call it as well
PORTION = 200
LONGEST = 60  # seconds the server is waited for until it has a portion
MOST = 50  # portions in one run: a flood of clicks must not hold up the mailings that are due

#: what the outbox says -> the event's name, and the noun its resource is named by
NAMES = {"follow_up": "follow-up", "request": "request"}


@task(name="tell others", **STEP)
def tell_others() -> int:
    """Emit an event for each row that nobody has heard of; how many. Each portion is marked once the server has confirmed it.

    A run that dies in between tells the portion again: with the same ids, by which Prefect knows it has them already.
    """
    told = 0
    for _ in range(MOST):
        with database().reading() as session:
            rows = outbox.untold(session, PORTION)
            events, ids = [event_of(row) for row in rows], [row.id for row in rows]
        if not events:
            break
        _emit(events)
        with database().writing() as session:
            outbox.told(session, ids)
        told += len(events)
    return told


def event_of(row: Outbox) -> Event:
    """The event of a row; its id is made of the installation and the row, the same whenever it is told."""
    noun = NAMES.get(row.what, row.what)
    return Event(
        id=_id(row),
        event=f"mailings.{noun}.created",
        occurred=row.created_at,
        resource={"prefect.resource.id": f"mailings.{noun}.{row.subject_id}", "prefect.resource.name": f"{noun} {row.subject_id}"},
        related=[],
        payload=row.payload,
    )


def _id(row: Outbox) -> UUID:
    # the moment too: a database that was made anew counts from one again
    return uuid5(NAMESPACE_URL, f"{settings().public_url}/outbox/{row.id}/{round(row.created_at.timestamp() * 1000)}")


def _emit(events: Sequence[Event]) -> None:
    try:
        run_coro_as_sync(_confirmed(events))
    except RETRYABLE_EXCEPTIONS as error:
        raise Unreachable(f"Prefect's server takes no events ({type(error).__name__}); they are told when it does.") from error


async def _confirmed(events: Sequence[Event]) -> None:
    # not emit_event: that queues, and nobody learns whether the server ever had it. A checkpoint waits for the server's answer
    async with asyncio.timeout(LONGEST), get_events_client(reconnection_attempts=2, checkpoint_every=1) as client:
        for event in events:
            await client.emit(event)
