"""Which errors Prefect may try again, in one table: only what passes by itself. Trouble with one recipient never gets here."""

from __future__ import annotations

from typing import Any, TypedDict

from prefect.cache_policies import NO_CACHE, CachePolicy
from prefect.tasks import exponential_backoff

from mailings.errors import TryLater, Unreachable

PASSES = (TryLater, Unreachable)  # a transport that asks for time; a database that does not answer


def passes_by_itself(_task: object, _run: object, state: Any) -> bool:
    """True for a failure that a later attempt may not meet."""
    return isinstance(state.result(raise_on_failure=False), PASSES)


class TaskOptions(TypedDict):
    """What every task of ours is declared with."""

    cache_policy: CachePolicy
    persist_result: bool
    retries: int
    retry_delay_seconds: Any
    retry_jitter_factor: float
    retry_condition_fn: Any


#: never cached: a task acts on rows, and "already done" is the database's to say. 2, 4, 8, 16 and 32 seconds between attempts: jitter may
#: shorten each to three fifths, and a database that is gone for 20 s is still waited for (with four it was 19 at the least)
STEP = TaskOptions(
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=5,
    retry_delay_seconds=exponential_backoff(2),
    retry_jitter_factor=0.5,
    retry_condition_fn=passes_by_itself,
)
