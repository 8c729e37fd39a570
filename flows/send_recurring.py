"""Sends a recurring mailing: a template is copied for the day, once, and the copy is sent. Safe to run again."""

from __future__ import annotations

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from flows.send_mailing import AS_USUAL, send_mailing
from mailings.audience.recurring import Recurred
from mailings.model import MailingStatus
from tasks.events import failures_of
from tasks.naming import of_run
from tasks.parameters import HowToSend, MailingName, Occasion
from tasks.recurring import copy_for, find_occasion, let_a_run_ask
from tasks.resending import is_conducted

AS_SCHEDULED = Occasion()


@flow(
    name="send-recurring",
    flow_run_name=of_run("send {mailing} for its day"),
    task_runner=ThreadPoolTaskRunner(max_workers=1),  # type: ignore[arg-type]  # as send_mailing
    persist_result=False,
)
def send_recurring(mailing: MailingName, occasion: Occasion = AS_SCHEDULED, how: HowToSend = AS_USUAL) -> Recurred:
    """Copy a template under the day this run was scheduled for, and send the copy. Never twice for the same day.

    Interrupted after the copy is made, a run of send-mailing sends it: copying and scheduling are one step.

    Args:
        mailing: The name of a template: a mailing whose folder says `template: true`.
        occasion: Which day it is for; a schedule leaves this as it is.
        how: How fast, and by how many processes; as it stands it is right for nearly every mailing.
    """
    with failures_of(mailing):
        made = copy_for(mailing, find_occasion(mailing, occasion))
    if not made.to_be_sent:  # done already, too late, or somebody stopped it: the sentence says so
        return made
    with failures_of(made.mailing):
        conducted = is_conducted(made.mailing)
    if conducted:
        return Recurred(made.mailing, made.status, f"{made.sentence} The run that is at work sends it.")
    sent = send_mailing(made.mailing, how)
    if sent.status is MailingStatus.PAUSED:
        with failures_of(made.mailing):
            let_a_run_ask(made.mailing)  # a run within a run cannot be suspended
    return Recurred(made.mailing, sent.status, sent.sentence)
