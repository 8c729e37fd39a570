"""What is done with a mailing at the desk: it happens whole and stands in the log, or a sentence says why not and nothing has changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from mailings import clock
from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus, MailingStatus, Recipient, Role, User
from tests.consent.waiting import a_mailing, queue
from tests.sending.fit import written
from tests.web.desk.fitting import FIT, logged, stands
from tests.web.desk.seated import seated

NAME = "høst-nytt"
NOVEMBER = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_scheduled_in_the_zone_of_whoever_asks(db: Database) -> None:
    """Half past nine in Oslo is 8:30 UTC in winter and 7:30 in summer; the log says who did it."""
    written(db)
    with clock.standing_at(NOVEMBER), seated(db, **FIT) as seat:
        answer = seat.press(f"/mailings/{NAME}/schedule", at="2026-11-24T09:30", zone="Europe/Oslo")
        assert answer.status_code == 303
        assert stands(db).scheduled_at == datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
        assert stands(db).status is MailingStatus.SCHEDULED
        assert "Scheduled for 24 Nov 2026 08:30 UTC" in seat.look(f"/mailings/{NAME}").text
        seat.press(f"/mailings/{NAME}/schedule", at="2027-07-01T09:30", zone="Europe/Oslo")
        assert stands(db).scheduled_at == datetime(2027, 7, 1, 7, 30, tzinfo=UTC)
        seat.press(f"/mailings/{NAME}/schedule", at="2026-11-24T09:30", zone="")
        assert stands(db).scheduled_at == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    assert logged(db) == [("åse", "schedule", f"mailing {NAME}")] * 3


@pytest.mark.parametrize("fields", [{}, {"at": "i morgen"}, {"at": "2026-11-24T09:30", "zone": "Fjord/Nord"}, {"at": "2206-11-24T09:30"}])
def test_what_is_no_moment_schedules_nothing(db: Database, fields: dict[str, str]) -> None:
    """Nothing, words, a zone nobody knows, a year mistyped: the sentence stands on the page, with what was filled in."""
    written(db)
    with seated(db, **FIT) as seat:
        answer = seat.press(f"/mailings/{NAME}/schedule", **fields)
    assert answer.status_code == 400
    assert 'class="trouble"' in answer.text
    assert stands(db).status is MailingStatus.DRAFT
    assert logged(db) == []


def test_sent_now_is_picked_up_by_what_starts_due_mailings(db: Database) -> None:
    """Send now, or a time that is past: scheduled for a moment that has come, and the page says when it begins."""
    written(db)
    with clock.standing_at(NOVEMBER), seated(db, **FIT) as seat:
        seat.press(f"/mailings/{NAME}/send")
        assert stands(db).scheduled_at == NOVEMBER
        assert "sending begins within a minute" in seat.look(f"/mailings/{NAME}").text
        seat.press(f"/mailings/{NAME}/schedule", at="2026-11-20T09:30", zone="Europe/Amsterdam")
        assert stands(db).scheduled_at == NOVEMBER - timedelta(days=2, hours=3, minutes=30)


def test_what_is_to_be_mended_blocks(db: Database) -> None:
    """A mailing without a subject goes nowhere: every problem in its own sentence, no list left behind, still a draft."""
    written(db, subject="", sources=False)
    with seated(db, **FIT) as seat:
        answer = seat.press(f"/mailings/{NAME}/send")
    assert answer.status_code == 409
    assert "To be mended first" in answer.text
    assert "Its sources name nobody" in answer.text
    assert answer.text.count("<li>") >= 2
    assert stands(db).status is MailingStatus.DRAFT
    assert logged(db) == []


def test_checking_tells_and_makes_the_list(db: Database) -> None:
    """Check only: what stands in the way or that nothing does; the list is there, the log says by whom, and nothing is scheduled."""
    written(db)
    with seated(db, **FIT) as seat:
        answer = seat.press(f"/mailings/{NAME}/check")
    assert answer.status_code == 200
    assert "Nothing stands in its way." in answer.text
    assert stands(db).status is MailingStatus.DRAFT
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Recipient)) == 1
    assert logged(db) == [("åse", "check", f"mailing {NAME}")]


@pytest.mark.parametrize("status", [MailingStatus.SENDING, MailingStatus.PAUSED, MailingStatus.SENT, MailingStatus.CANCELLED])
def test_what_has_begun_is_not_scheduled(db: Database, status: MailingStatus) -> None:
    """Not for what is started, stopped or finished (B.8): no form offers it, and who asks all the same is told what can be done."""
    written(db, status=status, started_at=clock.now())
    with seated(db, **FIT) as seat:
        assert "/schedule" not in seat.look(f"/mailings/{NAME}").text
        answer = seat.press(f"/mailings/{NAME}/schedule", at="2026-11-24T09:30")
    assert answer.status_code == 409
    assert f"{NAME} is {status}" in answer.text
    assert stands(db).status is status


def test_overriding_consent_takes_the_right_to(db: Database) -> None:
    """V14: a sender may prepare such a mailing, and sees no button that sends it; with the role it goes."""
    written(db, override_consent=True)
    with seated(db, Role.SENDER, **FIT) as seat:
        assert "/schedule" not in seat.look(f"/mailings/{NAME}").text
        answer = seat.press(f"/mailings/{NAME}/send")
        assert answer.status_code == 409
        assert "people without consent" in answer.text
        assert stands(db).status is MailingStatus.DRAFT
    with db.writing() as session:
        session.scalars(select(User)).one().roles = [str(Role.SENDER), str(Role.OVERRIDE_CONSENT)]
    with seated(db, **FIT) as seat:
        assert seat.press(f"/mailings/{NAME}/send").status_code == 303
        assert stands(db).status is MailingStatus.SCHEDULED


def test_what_overrides_consent_goes_on_by_that_right_alone(db: Database) -> None:
    """A sender may pause such a mailing and not let it go on, whatever is posted; whoever has the role may."""
    written(db, override_consent=True, status=MailingStatus.PAUSED)
    with seated(db, Role.SENDER, **FIT) as seat:
        refused = seat.press(f"/mailings/{NAME}/resume")
    assert (refused.status_code, "people without consent" in refused.text) == (409, True)
    assert stands(db).status is MailingStatus.PAUSED
    assert logged(db) == []
    with db.writing() as session:
        session.scalars(select(User)).one().roles = [str(Role.SENDER), str(Role.OVERRIDE_CONSENT)]
    with seated(db, **FIT) as seat:
        assert seat.press(f"/mailings/{NAME}/resume").status_code == 303
    assert stands(db).status is MailingStatus.SENDING


def test_a_reader_changes_nothing(db: Database) -> None:
    """No button, and what is posted all the same is refused: to a reader, and to a page that is not ours."""
    written(db)
    with seated(db, Role.READER, **FIT) as seat:
        assert f'action="/desk/mailings/{NAME}/' not in seat.look(f"/mailings/{NAME}").text
        for what in ("schedule", "send", "check", "unschedule", "pause", "resume", "cancel", "move", "copy", "delete"):
            assert seat.press(f"/mailings/{NAME}/{what}", new="kopi", at="2026-11-24T09:30").status_code == 403, what
    with seated(db, Role.READER, **FIT) as seat:
        assert seat.press(f"/mailings/{NAME}/send", csrf="x").status_code == 403
    assert stands(db).status is MailingStatus.DRAFT
    assert logged(db) == []


def under_way(db: Database, **more: Any) -> None:
    """A mailing of which one message has left and one waits."""
    with db.writing() as session:
        mailing = a_mailing(session, NAME, **more)
        queue(session, mailing, "åse@fjord.test", DeliveryStatus.SENT).claimed_at = clock.now()
        queue(session, mailing, "désirée@ijssel.test")


def test_stopped_and_let_go_on(db: Database) -> None:
    """Pause, resume, pause, stop for good: what waits is cancelled, what left stays sent, each stands in the log."""
    under_way(db)
    with seated(db) as seat:
        for what, status in (("pause", "paused"), ("resume", "sending"), ("pause", "paused"), ("cancel", "cancelled")):
            assert seat.press(f"/mailings/{NAME}/{what}").status_code == 303
            assert stands(db).status == status
        refused = seat.press(f"/mailings/{NAME}/resume")
        assert refused.status_code == 409
        assert f"{NAME} is cancelled" in refused.text
    with db.reading() as session:
        assert sorted(session.scalars(select(Delivery.status))) == [DeliveryStatus.CANCELLED, DeliveryStatus.SENT]
    assert [what for _, what, _ in logged(db)] == ["pause", "resume", "pause", "cancel"]


def test_copied_moved_and_deleted(db: Database) -> None:
    """A copy belongs to whoever made it; it is moved into a folder made for it; and deleted, which what was sent is not."""
    under_way(db)
    with seated(db) as seat:
        answer = seat.press(f"/mailings/{NAME}/copy", new="vår-nytt")
        assert answer.headers["location"] == "/desk/mailings/v%C3%A5r-nytt"
        assert stands(db, "vår-nytt").created_by == "åse"
        again = seat.press(f"/mailings/{NAME}/copy", new="vår-nytt")
        assert again.status_code == 409
        assert "There is a mailing named" in again.text
        seat.press("/mailings/vår-nytt/move", folder="", new="2026/vår")
        assert "2026/vår" in seat.look("/mailings/vår-nytt").text
        assert seat.press("/mailings/vår-nytt/delete").headers["location"] == "/desk/mailings"
        assert "vår-nytt is deleted" in seat.look("/mailings").text
        assert seat.look("/mailings/vår-nytt").status_code == 404
        seat.press(f"/mailings/{NAME}/cancel")
        kept = seat.press(f"/mailings/{NAME}/delete")
        assert kept.status_code == 409
        assert "was sent to some" in kept.text
    assert [what for _, what, _ in logged(db)] == ["copy", "move", "delete", "cancel"]
