"""What runs are called: in words, whatever was typed around a mailing's name."""

from __future__ import annotations

import pytest
from prefect import Flow
from pydantic import TypeAdapter, ValidationError

from flows.collect_bounces import collect_bounces
from flows.collect_statistics import collect_statistics
from flows.erase_expired import erase_expired
from flows.settle_deliveries import settle_deliveries
from flows.start_due_mailings import start_due_mailings
from flows.sync_suppressions import sync_suppressions
from tasks.naming import LONGEST, named
from tasks.parameters import MailingName

BY_THE_CLOCK = [collect_bounces, collect_statistics, erase_expired, settle_deliveries, start_due_mailings, sync_suppressions]


@pytest.mark.parametrize("flow", BY_THE_CLOCK, ids=lambda flow: flow.name)
def test_the_clocks_runs_are_named_in_words(flow: Flow[..., object]) -> None:
    """A run that the clock starts is called by what it does, not by an adjective and an animal."""
    assert isinstance(flow.flow_run_name, str)
    assert " " in flow.flow_run_name
    assert len(flow.flow_run_name) <= LONGEST


def test_blanks_around_a_name() -> None:
    """A name typed with blanks around it is the name: in the form as in what the run is called. Nothing but blanks is no name."""
    name = TypeAdapter(MailingName)
    assert name.validate_python("  høst-nytt ") == "høst-nytt"
    assert named("send {mailing} again", {"mailing": "  høst-nytt\t"}) == "send høst-nytt again"
    with pytest.raises(ValidationError):
        name.validate_python("   ")
