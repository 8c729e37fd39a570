"""Every night: erases for good who was deleted long enough ago, and lets go of what was kept long enough. Safe at any time."""

from __future__ import annotations

from prefect import flow
from prefect.logging import get_run_logger

from tasks.privacy import delete_ended, delete_events, delete_letters, erase_people


@flow(name="erase-expired", flow_run_name="erase who is due", persist_result=False)
def erase_expired() -> list[str]:
    """Erase people whose days are over, and delete old visits, reports, letters, sign-ins and lines of the log, as the settings say.

    Portion by portion, each in one transaction: a run that is killed leaves nothing half done, and the next goes on.
    """
    people = events = after = 0
    while portion := erase_people():
        people += portion
    while (walked := delete_events(after)).more:
        events, after = events + walked.deleted, walked.last
    events += walked.deleted
    ended = 0
    while portion := delete_ended():
        ended += portion
    said = (
        (people, "people erased for good"),
        (events, "visits and reports deleted"),
        (delete_letters(), "files of printed letters deleted"),
        (ended, "ended sign-ins, uploads and lines of the log deleted"),
    )
    sentences = [f"{n} {what}." for n, what in said if n]
    for sentence in sentences:
        get_run_logger().info(sentence)
    return sentences
