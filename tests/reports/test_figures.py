"""The status document: exactly the fields promised to users, and balanced when it says so."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from mailings import clock
from mailings.db import Database
from mailings.message import Outcome
from mailings.model import Delivery, Mailing, Verdict
from mailings.reports.figures import report_of, status_of
from mailings.sending import lifecycle
from tests.sending import world
from tests.sending.test_lifecycle import answer, close
from tests.tracking.visiting import LATER, click, record, sent_mailing, visit


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
        report = report_of(session, session.get_one(Mailing, mailing_id))
    told = {name: n for name, n in report.items() if isinstance(n, int | float) and n}
    assert told == {"sent": 2, "delivered": 2, "failed": 1}
    assert report["recipients_by_status"] == {"no_consent": 2, "sent": 2, "failed": 1}


def test_people_and_machines_are_reported_apart(any_db: Database) -> None:
    """Recipients count once, by the latest message; a click is an open; clicks are people's since the link's reset; tests nowhere."""
    mailing_id, deliveries = sent_mailing(any_db, recipients=6)
    one, two, three, four, five, six = deliveries
    record(any_db, visit(one), click(one, 1), click(one, 1), click(one, 2), click(two, 3), visit(three, agent="Mozilla/5.0"))
    record(any_db, visit(three), click(four, 1, agent="Mimecast"), visit(five), click(six, 1))
    with any_db.writing() as session:
        session.execute(text("UPDATE tracked_link SET reset_at = :at WHERE number = 3"), {"at": int(LATER.timestamp() * 1000) + 1})
        session.get_one(Delivery, six).test = True
        session.get_one(Delivery, two).complained_at = session.get_one(Delivery, two).unsubscribed_at = LATER
        # five opened the first message, and not the one that was sent again
        session.add(
            Delivery(mailing_id=mailing_id, recipient_id=session.get_one(Delivery, five).recipient_id, status="sent", again_of=five)
        )
    with any_db.reading() as session:
        report = report_of(session, session.get_one(Mailing, mailing_id))
    people = {"opened": 3, "clicked": 2, "clicks": 3, "unsubscribed": 1, "complained": 1}
    expected = {"sent": 5, "failed": 0, "machine_opened": 1, "machine_clicked": 1} | people
    assert {name: report[name] for name in expected} == expected


def test_waiting_held_and_planned(any_db: Database) -> None:
    """While retries wait the document says how many and until when; a held mailing its reason, a planned one its time."""
    mailing_id, begun = world.sending(any_db, recipients=2), clock.now()
    answer(any_db, mailing_id, Outcome.ACCEPTED, Outcome.TRY_LATER)
    found = document(any_db, mailing_id)
    assert (found["waiting"], found["balanced"], found["status"]) == (1, True, "sending")
    assert clock.datetime.fromisoformat(found["next_attempt"]) > begun + timedelta(seconds=50)
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
