"""A signal that ends a run: only a cancel takes it for one (on a real server: tests/deployments/test_runs.py)."""

from __future__ import annotations

import signal

import pytest
from prefect.exceptions import TerminationSignal

from tasks.stopping import ending_cancelled


def test_a_signal_that_is_no_cancel_passes() -> None:
    """Where no run is that somebody could cancel, the signal ends the block as it would have without it."""
    with pytest.raises(TerminationSignal), ending_cancelled():
        raise TerminationSignal(signal.SIGTERM)
