"""A run that somebody cancels ends Cancelled: what is in hand was finished first, so Prefect's own way of hearing of it was not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from prefect.client.orchestration import get_client
from prefect.exceptions import Abort, PrefectHTTPStatusError, TerminationSignal
from prefect.runtime import flow_run
from prefect.states import Cancelled

SAID = "Cancelled: what was in hand is finished, the rest is left."


@contextmanager
def ending_cancelled() -> Iterator[None]:
    """Around all that a flow does with a mailing: a run that is told to end because it is cancelled says nothing of a crash.

    Prefect hears of a cancel only while its own handler of SIGTERM is in place, and while a portion is delivered ours is
    (mailings/sending/interruption.py). Unheard, it would call the signal a crash. So the run looks at itself as Prefect's server shows
    it. Aborted it ends without a word, and the worker, which waits for its end, writes Cancelled.
    """
    try:
        yield
    except TerminationSignal as ended:
        if _is_cancelled():
            raise Abort(SAID) from ended
        raise


def _is_cancelled() -> bool:
    """Whether somebody cancels the run, or the one it is part of: a part has nobody else to write down its end."""
    if not (run := flow_run.id) or not (whole := flow_run.root_flow_run_id):
        return False
    try:
        with get_client(sync_client=True) as client:
            state = client.read_flow_run(whole).state
            found = state is not None and (state.is_cancelling() or state.is_cancelled())
            if found and str(run) != str(whole):
                client.set_flow_run_state(run, Cancelled(message=SAID), force=True)
    except (httpx.HTTPError, PrefectHTTPStatusError):  # nobody says that it is cancelled
        return False
    return found
