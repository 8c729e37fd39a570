"""What becomes of a mailing, told as events of Prefect: started, paused, finished, failed. Automations react to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prefect.events import emit_event
from prefect.logging import get_run_logger

from mailings.db import database
from mailings.errors import AtWork, BadAddress, MailingsError
from mailings.model import MailingStatus
from mailings.reports.figures import status_of
from mailings.sending.closing import Ending
from mailings.sending.finding import mailing_named
from tasks.artifacts import run_id
from tasks.words import unnamed

NAMES = {MailingStatus.PAUSED: "paused", MailingStatus.SENT: "finished"}
UNFORESEEN = "The run of {mailing} failed ({kind}); its log says why."

Figures = dict[str, Any]  #: the status document of cli.md


def started(mailing: str) -> None:
    """A run begins, or goes on, to send the mailing. Does nothing outside a flow run; nor do the others."""
    _tell("started", Ending(mailing, MailingStatus.SENDING, f"{mailing} is being sent."), _figures(mailing))


def ended(ending: Ending, figures: Figures) -> None:
    """A run left the mailing paused or sent; one that stays sending, for retries, is told when it ends."""
    if ending.status in NAMES:
        _tell(NAMES[ending.status], ending, figures)


def refused(ending: Ending, figures: Figures) -> None:
    """Preflight found problems, and the mailing is a draft again."""
    _tell("failed", ending, figures)


@contextmanager
def failures_of(mailing: str, *, again: bool = False) -> Iterator[None]:
    """An error that ends the block is told as the mailing's failure, unless it is that another run is at work on it.

    `again` = a resend failed: the staff has to hear of it though the mailing is sent. A block around a run of send_mailing would tell its
    failure a second time. Only our own words are told: others' may hold anything, and a BadAddress repeats what somebody wrote.
    """
    try:
        yield
    except AtWork:
        raise
    except Exception as error:
        ours = isinstance(error, MailingsError) and not isinstance(error, BadAddress)
        sentence = str(error) if ours else UNFORESEEN.format(mailing=mailing, kind=type(error).__name__)
        figures = _figures(mailing)
        _tell("failed", Ending(mailing, MailingStatus(figures.get("status", MailingStatus.SENDING)), sentence), figures, again=again)
        raise


def _figures(mailing: str) -> Figures:
    if run_id() is None:
        return {}
    try:
        with database().reading() as session:
            return status_of(session, mailing_named(session, mailing))
    except MailingsError:  # the database is what failed: the event is told without
        return {}


def _tell(what: str, ending: Ending, figures: Figures, *, again: bool = False) -> None:
    if run_id() is None:
        return
    payload = {
        "mailing": ending.mailing,
        "status": str(ending.status),
        "again": again,
        "sentence": unnamed(ending.sentence),
        "reason": unnamed(figures.get("reason", "")),
        "problems": [unnamed(problem) for problem in ending.problems],
        "figures": figures | ({"reason": unnamed(figures["reason"])} if "reason" in figures else {}),
    }
    resource = {"prefect.resource.id": f"mailings.mailing.{ending.mailing}", "prefect.resource.name": ending.mailing}
    # queued: Prefect's own thread takes it to the server, and what is queued when the process ends is sent before it does
    if emit_event(f"mailings.mailing.{what}", resource=resource, payload=payload) is None:
        get_run_logger().debug("Prefect takes no events here; %s is not told.", what)
