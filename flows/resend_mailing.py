"""Sends a mailing again: to those who have not received it, or once more to chosen recipients. Safe to begin again: it queues once."""

from __future__ import annotations

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from flows.send_mailing import AS_USUAL, send_mailing
from mailings.sending.resending import Resent
from tasks.events import failures_of
from tasks.naming import of_run
from tasks.parameters import HowToSend, MailingName, Whom
from tasks.resending import is_conducted, queue_again

NOBODY_YET = Whom()  # what is to be chosen is refused where it is not


@flow(
    name="resend-mailing",
    flow_run_name=of_run("send {mailing} again"),
    task_runner=ThreadPoolTaskRunner(max_workers=1),  # type: ignore[arg-type]  # as send_mailing
    persist_result=False,
)
def resend_mailing(mailing: MailingName, whom: Whom = NOBODY_YET, how: HowToSend = AS_USUAL) -> Resent:
    """Send a mailing again: reload its list for those who have not received it, or choose whom to send to once more.

    This run begun again (Retry, after a crash) goes on with whom it queued, and queues nobody more. Another run is another decision.

    Args:
        mailing: Its name, as `mailings list` shows it.
        whom: Everybody who has not received it, or some chosen for one more message; one of the two.
        how: How fast, and by how many processes; as it stands it is right for nearly every mailing.
    """
    with failures_of(mailing, again=True):
        again = queue_again(mailing, whom)
        conducted = again.to_be_sent and is_conducted(mailing)
    if not again.to_be_sent:  # nobody is meant who may have it, the mailing is paused, or this run is begun again and all is done
        return again.ending()
    if conducted:
        return again.ending("The run that is at work sends them.")
    sent = send_mailing(mailing, how)
    return again.ending(sent.sentence, status=sent.status)
