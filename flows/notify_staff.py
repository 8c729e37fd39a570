"""Writes to your people when a mailing waits for them or has failed. Started by automations; safe at any time."""

from __future__ import annotations

from prefect import flow
from prefect.logging import get_run_logger

from mailings.readable import counted
from mailings.sending.notifying import What
from tasks.naming import of_run
from tasks.notifying import VARIABLE, who_is_told, write_to_staff
from tasks.parameters import MailingName


@flow(name="notify-staff", flow_run_name=of_run("tell of {mailing}"), persist_result=False)
def notify_staff(mailing: MailingName, what: What = "paused", reason: str = "") -> int:
    """Write to the people whom the variable mailings_notify names; how many were written to. The same trouble is told once an hour.

    Args:
        mailing: Its name, as `mailings list` shows it.
        what: Whether it waits for somebody (paused), did not go out (failed), or is sent and could not be sent again (resend failed).
        reason: Why, as a sentence; addresses in it are left out of the message.
    """
    people = who_is_told()
    if not people:
        get_run_logger().info('%s is %s. Nobody is told: write ["you@your-domain"] into the variable %s.', mailing, what, VARIABLE)
        return 0
    written_to = write_to_staff(mailing, what, reason, people)
    get_run_logger().info("%s is %s: %d of %s written to.", mailing, what, written_to, counted(len(people), "person was", "people were"))
    return written_to
