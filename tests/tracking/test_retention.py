"""What is kept long enough goes, portion by portion; what was counted stays counted, and nothing is counted twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.db import Database
from mailings.model import AddressStanding, AuditEntry, Delivery, Errand, Event, EventReading, Mailing, SignIn, User
from mailings.reported import BounceKind, EventKind
from mailings.settings import Settings
from mailings.staff import auditing
from mailings.tracking.recording import record_visits
from mailings.tracking.retention import Walked, delete_events, delete_log, delete_sign_ins
from tests.tracking.visiting import LATER, SENT, click, record, sent_mailing, visit

DAYS = 90
NOW = LATER + timedelta(days=DAYS + 1)


def _counted(session: Session, mailing_id: int) -> None:
    """Stands in for the counting of figures: says that they stand."""
    session.get_one(Mailing, mailing_id).figures_at = clock.now()


def _events(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Event)) or 0


def test_old_events_go_and_stamps_stay(any_db: Database) -> None:
    """By portions, oldest first; figures are counted before, stamps stay, readings go with their events, and a second run finds nothing."""
    mailing_id, ids = sent_mailing(any_db)
    with clock.standing_at(LATER):
        record(any_db, *(visit(one) for one in ids), *(click(one) for one in ids))
    with clock.standing_at(NOW - timedelta(days=1)):
        record(any_db, visit(ids[0], at=NOW - timedelta(days=1)))
    counted: list[int] = []

    def count(session: Session, mailing: int) -> None:
        """Remembers what was counted."""
        counted.append(mailing)
        _counted(session, mailing)

    with clock.standing_at(NOW):
        walked, deleted, portions = Walked(0, 0, more=True), 0, 0
        while walked.more:
            with any_db.writing() as session:
                walked = delete_events(session, DAYS, count, after=walked.last, portion=4)
            deleted, portions = deleted + walked.deleted, portions + 1
        assert (deleted, portions, counted, _events(any_db)) == (6, 2, [mailing_id] * 2, 1)
        with any_db.writing() as session:
            assert delete_events(session, DAYS, count).deleted == 0
            mailing = session.get_one(Mailing, mailing_id)
            assert mailing.events_deleted_at == NOW
            assert session.scalars(select(Delivery.opened_at).order_by(Delivery.id)).all() == [LATER] * 3
            assert session.scalar(select(func.count()).select_from(EventReading)) == 1


def test_nobody_is_counted_twice(any_db: Database) -> None:
    """Who comes back after their first visits are deleted is no new reader; what was read as a first before stays one."""
    _, (one, new, _) = sent_mailing(any_db)
    march = LATER + timedelta(days=60)
    with clock.standing_at(LATER):
        record(any_db, visit(one), click(one, 1))
    with clock.standing_at(march):
        record(any_db, click(one, 2, at=march))
    with clock.standing_at(NOW), any_db.writing() as session:
        assert delete_events(session, DAYS, _counted).deleted == 2
    with clock.standing_at(NOW):
        record(any_db, visit(one, at=NOW), click(one, 1, at=NOW), visit(new, at=NOW))
        with any_db.reading() as session:
            rows = select(Event.delivery_id, Event.kind, Event.link, EventReading.first).join(
                EventReading, EventReading.event_id == Event.id
            )
            read = [tuple(row) for row in session.execute(rows.order_by(Event.id))]
            stamps = session.execute(
                select(Delivery.opened_at, Delivery.clicked_at).where(Delivery.id.in_([one, new])).order_by(Delivery.id)
            ).all()
    assert read == [
        (one, EventKind.CLICKED, 2, True),
        (one, EventKind.OPENED, None, False),
        (one, EventKind.CLICKED, 1, False),
        (new, EventKind.OPENED, None, True),
    ]
    assert [tuple(row) for row in stamps] == [(LATER, LATER), (NOW, None)]


def test_what_still_tells_stays(any_db: Database) -> None:
    """Reports of an address whose bounces are counted stay, and a click with something still to do; with no days nothing goes."""
    _, ids = sent_mailing(any_db)
    with clock.standing_at(LATER), any_db.writing() as session:
        record_visits(session, [click(ids[0]), visit(ids[1])], Settings(_env_file=None))
        clicked = session.scalars(select(Event.id).where(Event.kind == EventKind.CLICKED)).one()
        session.add(Errand(event_id=clicked, due_at=LATER, mailing_id=1, delivery_id=ids[0], link=1))
        said = {"at": LATER, "received_at": LATER, "kind": EventKind.BOUNCED, "source": "sendgrid", "bounce": BounceKind.HARD}
        session.add_all([Event(**said, address="ase@fjord.test"), Event(**said, address="bo@fjord.test")])
        session.add(AddressStanding(normal="ase@fjord.test", bounces=2))
    with clock.standing_at(NOW), any_db.writing() as session:
        assert delete_events(session, 0, _counted) == Walked(0, 0, more=False)
        assert delete_events(session, DAYS, _counted).deleted == 2
        left = session.execute(select(Event.kind, Event.address).order_by(Event.id)).all()
        assert [tuple(row) for row in left] == [(EventKind.CLICKED, None), (EventKind.BOUNCED, "ase@fjord.test")]


def test_sign_ins_and_the_log(any_db: Database) -> None:
    """A browser whose time is over is forgotten; lines of the log older than the days go, with 0 none does."""
    with any_db.writing() as session, clock.standing_at(SENT):
        user = User(name="åse", created_at=SENT)
        session.add(user)
        session.flush()
        times = {"user_id": user.id, "csrf": "x", "created_at": SENT, "seen_at": SENT}
        session.add_all([SignIn(digest="a", **times, expires_at=SENT), SignIn(digest="b", **times, expires_at=NOW + timedelta(hours=1))])
        auditing.record(session, "åse", "pause", "mailing høst")
    with any_db.writing() as session, clock.standing_at(NOW):
        auditing.record(session, "åse", "resume", "mailing høst")
        session.flush()
        assert (delete_sign_ins(session), delete_log(session, 0), delete_log(session, DAYS)) == (1, 0, 1)
        assert session.scalars(select(SignIn.digest)).all() == ["b"]
        assert session.scalars(select(AuditEntry.what)).all() == ["resume"]


@pytest.mark.parametrize(("keep", "networks"), [(True, ["198.51.100.0/24", "17.58.96.0/24"]), (False, [None, "17.0.0.0/24"])])
def test_networks(db: Database, keep: bool, networks: list[str | None]) -> None:
    """Kept cut, or not at all but for Apple's own, by which its proxies are known for machines."""
    _, ids = sent_mailing(db)
    with db.writing() as session:
        visits = [visit(ids[0]), visit(ids[1], agent="Mozilla/5.0 (Macintosh)", network="17.58.96.0/24")]
        record_visits(session, visits, Settings(_env_file=None, keep_network=keep))
        assert session.scalars(select(Event.network).order_by(Event.id)).all() == networks
        assert session.scalars(select(EventReading.machine).order_by(EventReading.event_id)).all() == [None, "apple privacy"]
