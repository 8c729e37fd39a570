"""Sends a mailing: who gets it, is it fit to go, hand it over, close the books. Safe to run again after any interruption."""

from __future__ import annotations

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from mailings.model import MailingStatus
from mailings.sending.closing import Outcome
from tasks.audience import resolve_recipients
from tasks.content import check_mailing, compile_content
from tasks.forms import HowToSend, MailingName
from tasks.sending import (
    at_work,
    begin_sending,
    close,
    collect_figures,
    deliver_portion,
    pick_up,
    progress_of,
    refuse,
    show_progress,
)
from tasks.sharding import ask_for_shards, others_at_work, watch_shards

AS_USUAL = HowToSend()


@flow(
    name="send-mailing",
    flow_run_name="send-{mailing}",
    task_runner=ThreadPoolTaskRunner(max_workers=1),  # type: ignore[arg-type]  # portions follow one another; its default is unbounded
    persist_result=False,
)
def send_mailing(mailing: MailingName, how: HowToSend = AS_USUAL) -> Outcome:
    """Send the mailing to everyone who should have it and does not. Safe to run again after any interruption.

    Args:
        mailing: Its name, as `mailings list` shows it.
        how: How fast, and by how many processes; as it stands it is right for nearly every mailing.
    """
    with at_work(mailing, how):
        status = pick_up(mailing)
        if status is MailingStatus.POPULATING:
            resolve_recipients(mailing)  # sources -> recipients with verdicts
            if problems := check_mailing(mailing):  # needs the list: empty variables, nobody to send to
                return refuse(mailing, problems)
            begin_sending(mailing)
        if status is not MailingStatus.SENT:
            compile_content(mailing)  # once: the skeleton, its size, its links
            asked = ask_for_shards(mailing, how) if how.shards > 1 else 0
            deliver(mailing, asked)
        outcome = close(mailing)  # sent, paused with its reason, or still sending until the next retry
        collect_figures(mailing)
        return outcome


def deliver(mailing: str, asked: int) -> None:
    """Send what can be sent now. While shards do, this run watches them; what they leave it sends itself, and it waits for retries."""
    others = asked > 0
    while True:
        if others:
            watch_shards(mailing, asked)
        progress = progress_of(mailing)
        while (portion := deliver_portion(mailing)).more:
            show_progress(progress, portion)  # trouble is a value in a portion, not an exception
        if not (others := others_at_work(mailing)):
            return
