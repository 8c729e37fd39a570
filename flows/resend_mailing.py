"""Sends a mailing again: to those who have not received it, or once more to chosen recipients. Safe to run again."""

from __future__ import annotations

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from flows.send_mailing import AS_USUAL, send_mailing
from mailings.sending.resending import Resent
from tasks.forms import HowToSend, MailingName, Whom
from tasks.naming import of_run
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

    Interrupted after they are queued, a run of send-mailing goes on with them. Two at once are one.

    Args:
        mailing: Its name, as `mailings list` shows it.
        whom: Everybody who has not received it, or some chosen for one more message; one of the two.
        how: How fast, and by how many processes; as it stands it is right for nearly every mailing.
    """
    again = queue_again(mailing, whom)
    if not again.to_be_sent:  # nobody is meant who may have it, or the mailing is paused
        return again.outcome()
    if is_conducted(mailing):
        return again.outcome("The run that is at work sends them.")
    sent = send_mailing(mailing, how)
    return again.outcome(sent.sentence, status=sent.status)
