"""The status document: exactly the fields promised to users, and balanced when it says so."""

from __future__ import annotations

from datetime import timedelta

from mailings import clock
from mailings.db import Database
from mailings.message import Outcome
from mailings.model import Mailing, Verdict
from mailings.reports.figures import report_of, status_of
from mailings.reports.progress import Progress
from mailings.sending import lifecycle
from tests.sending import world
from tests.sending.test_lifecycle import answer, close


def document(db: Database, mailing_id: int) -> dict[str, object]:
    """The status document as `mailings status --json` prints it."""
    with db.reading() as session:
        return status_of(session, session.get_one(Mailing, mailing_id))


def test_a_finished_mailing(any_db: Database) -> None:
    """A sent mailing's document is the one of cli.md, field by field."""
    mailing_id = world.sending(any_db, "autumn-news", recipients=3)
    with any_db.writing() as session:
        world.add_recipients(session, mailing_id, 2, Verdict.NO_CONSENT, "ørjan")
    answer(any_db, mailing_id, Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.REFUSED)
    close(any_db, mailing_id)
    assert document(any_db, mailing_id) == {
        "name": "autumn-news",
        "status": "sent",
        "recipients": {"total": 5, "eligible": 3, "excluded": {"no_consent": 2}},
        "deliveries": {
            "queued": 0,
            "sending": 0,
            "sent": 2,
            "delivered": 0,
            "bounced": 0,
            "failed": 1,
            "in_doubt": 0,
            "cancelled": 0,
        },
        "balanced": True,
    }
    with any_db.reading() as session:
        assert report_of(session, session.get_one(Mailing, mailing_id)) == {"sent": 2, "failed": 1}


def test_waiting_held_and_planned(any_db: Database) -> None:
    """While retries wait the document says how many and until when; a held mailing its reason, a planned one its time."""
    mailing_id = world.sending(any_db, recipients=2)
    answer(any_db, mailing_id, Outcome.ACCEPTED, Outcome.TRY_LATER)
    found = document(any_db, mailing_id)
    assert (found["waiting"], found["balanced"], found["status"]) == (1, True, "sending")
    assert clock.datetime.fromisoformat(found["next_attempt"]) > clock.now() + timedelta(seconds=50)
    with any_db.writing() as session:
        lifecycle.pause(session.get_one(Mailing, mailing_id), "Nobody answers at port 25.")
    assert document(any_db, mailing_id)["reason"] == "Nobody answers at port 25."
    planned = world.mailing(any_db, "vår-nytt", recipients=1)
    with any_db.writing() as session:
        lifecycle.schedule(session.get_one(Mailing, planned), world.START)
    assert document(any_db, planned)["scheduled_at"] == "2026-11-21T09:00:00.000+00:00"


def test_a_draft_is_balanced_and_a_lost_recipient_is_not(any_db: Database) -> None:
    """Before the start nobody can be missing; after it a recipient without delivery shows at once."""
    draft = world.mailing(any_db, "utkast", recipients=3)
    assert document(any_db, draft)["balanced"]
    mailing_id = world.sending(any_db, recipients=2)
    with any_db.writing() as session:
        world.add_recipients(session, mailing_id, 1, word="borte")
    assert not document(any_db, mailing_id)["balanced"]


def test_progress_moves_with_receipts(any_db: Database) -> None:
    """Counting on from the start of a run gives the figures the database has afterwards."""
    mailing_id = world.sending(any_db, recipients=4)
    progress = Progress(document(any_db, mailing_id))
    answer(any_db, mailing_id, Outcome.ACCEPTED, Outcome.REFUSED, Outcome.UNKNOWN, Outcome.UNTOUCHED)
    counts = {Outcome.ACCEPTED: 1, Outcome.REFUSED: 1, Outcome.UNKNOWN: 1, Outcome.UNTOUCHED: 1}
    assert progress.after(counts) == document(any_db, mailing_id)
