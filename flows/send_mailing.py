"""Sends a mailing: who gets it, is it fit to go, hand it over, close the books. Safe to run again after any interruption."""

from __future__ import annotations

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from mailings.model import MailingStatus
from mailings.sending.closing import Ending
from tasks.approval import answered, held_for_approval
from tasks.audience import resolve_recipients
from tasks.content import check_mailing, compile_content
from tasks.events import started
from tasks.naming import of_run
from tasks.opening import unfit_to_open
from tasks.parameters import HowToSend, MailingName
from tasks.sending import (
    at_work,
    begin_sending,
    close,
    collect_figures,
    deliver_portion,
    pick_up,
    print_letters,
    refuse,
)
from tasks.sharding import ask_for_shards, others_at_work, watch_shards

AS_USUAL = HowToSend()


@flow(
    name="send-mailing",
    flow_run_name=of_run("send {mailing}"),
    task_runner=ThreadPoolTaskRunner(max_workers=1),  # type: ignore[arg-type]  # portions follow one another; its default is unbounded
    persist_result=False,
)
def send_mailing(mailing: MailingName, how: HowToSend = AS_USUAL) -> Ending:
    """Send the mailing to everyone who should have it and does not. Safe to run again after any interruption.

    Args:
        mailing: Its name, as `mailings list` shows it.
        how: How fast, and by how many processes; as it stands it is right for nearly every mailing.
    """
    ending = answered(mailing) or run_through(mailing, how)
    if ending.status is MailingStatus.PAUSED:
        return answered(mailing) or ending  # awaiting approval the run is suspended here; its leases have ended
    return ending


def run_through(mailing: str, how: HowToSend) -> Ending:
    """All the steps, as the only run at work on the mailing."""
    with at_work(mailing, how):
        if unfit := unfit_to_open(mailing):  # of a form response; from here on it answers whoever sends a form that names it
            return unfit
        status = pick_up(mailing)
        if status is MailingStatus.POPULATING and (held := begin(mailing)):
            return held
        if status is not MailingStatus.SENT:
            started(mailing)
            compile_content(mailing)  # once: the skeleton, its size, its links
            asked = ask_for_shards(mailing, how) if how.shards > 1 else 0
            deliver(mailing, asked)
            print_letters(mailing)  # of a document mailing; nothing for the others
        ending = close(mailing)  # sent, paused with its reason, or still sending until the next retry
        collect_figures(ending)  # the run's page and tables; what others are told
        return ending


def begin(mailing: str) -> Ending | None:
    """Make the list, look everything over, have it approved where somebody must, and queue. How the run ends where it is not sent now."""
    resolve_recipients(mailing)  # sources -> recipients with verdicts
    found = check_mailing(mailing)  # needs the list: empty variables, nobody to send to
    if found.problems:
        return refuse(mailing, found.problems)
    if waiting := held_for_approval(mailing, found.warnings):  # from here on the list is frozen
        collect_figures(waiting)
        return waiting
    changed = begin_sending(mailing)  # nothing, unless what was approved has changed
    return refuse(mailing, changed) if changed else None


def deliver(mailing: str, asked: int) -> None:
    """Send what can be sent now. While shards do, this run watches them; what they leave it sends itself, and it waits for retries."""
    others = asked > 0
    while True:
        if others:
            watch_shards(mailing, asked)
        while deliver_portion(mailing).more:
            pass  # trouble is a value in a portion, not an exception; the run's bar moves by itself
        if not (others := others_at_work(mailing)):
            return
