"""What SendGrid counted is compared every night; differences are told, and bounces we never heard of are taken in once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from prefect.client.orchestration import get_client
from sqlalchemy import select, text

from flows.collect_statistics import collect_statistics
from mailings import clock
from mailings.channels.email.identity import mark_of
from mailings.db import Database
from mailings.errors import NotFound
from mailings.model import Delivery, Event, Mailing
from mailings.reported import EventKind, Report
from mailings.settings import Settings
from mailings.tracking.absorb import absorb
from tests.doubles.sendgrid import KEY, Double, sendgrid
from tests.sending import world
from tests.transports.test_sendgrid_statistics import message

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

BEGUN = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)
NOW = BEGUN + timedelta(days=3)
REQUEST = "00000000000001.dfd.64b469"


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch, configured: Settings) -> Iterator[Double]:
    """SendGrid on loopback, set as the account of this installation."""
    with sendgrid() as double:
        monkeypatch.setenv("MAILINGS_SENDGRID_API_KEY", KEY)
        monkeypatch.setenv("MAILINGS_SENDGRID_HOST", f"http://127.0.0.1:{double.port}")
        yield double


def carried(db: Database, name: str, recipients: int, delivered: int) -> int:
    """A mailing that SendGrid took, of which the webhook told that so many messages arrived; its id."""
    mailing_id = world.sending(db, name, recipients)
    with db.writing() as session:
        session.execute(
            text("UPDATE delivery SET status = 'sent', sent_at = :at, provider_id = :request WHERE mailing_id = :id"),
            {"at": int(BEGUN.timestamp() * 1000), "request": REQUEST, "id": mailing_id},
        )
        mailing = session.get_one(Mailing, mailing_id)
        mailing.started_at = BEGUN
        session.flush()
        session.execute(text("UPDATE mailing SET status = 'sent' WHERE id = :id"), {"id": mailing_id})
        ids = session.scalars(select(Delivery.id).where(Delivery.mailing_id == mailing_id).order_by(Delivery.id)).all()
        told = [Report(EventKind.DELIVERED, BEGUN, one, mark_of(mailing), f"webhook {one}", {}) for one in ids[:delivered]]
        absorb(session, told, "sendgrid", Settings())
    return mailing_id


def lost(db: Database, mailing_id: int, number: int) -> dict[str, object]:
    """The feed's message for one of the recipients, which came back, and of which no webhook told."""
    with db.reading() as session:
        mark = mark_of(session.get_one(Mailing, mailing_id))
        ids = session.scalars(select(Delivery.id).where(Delivery.mailing_id == mailing_id).order_by(Delivery.id)).all()
    named = f'{{"mailings_delivery": "{ids[number]}.{mark}"}}'
    return message(f"{REQUEST}.filter{number}.1", f"åse-{number:04}@fjord.test", after=timedelta(days=-2)) | {"unique_args": named}


def test_differences_are_told(db: Database, double: Double) -> None:
    """Where both agree nothing is said; where they differ each number stands beside the other, and ours stay as they are."""
    carried(db, "høst-nytt", 5, 4)
    carried(db, "vår-nytt", 3, 3)
    world.sending(db, "gjennom-andre", 2, started_at=BEGUN)
    day = f"{BEGUN:%Y-%m-%d}"
    double.stats = {
        "høst-nytt": {day: {"requests": 5, "delivered": 3}, f"{NOW:%Y-%m-%d}": {"delivered": 2, "unique_opens": 1}},
        "vår-nytt": {day: {"requests": 3, "delivered": 3}},
    }
    with clock.standing_at(NOW):
        told = collect_statistics()
        assert collect_statistics(days=1)["differences"] == []
    assert told == {
        "differences": [
            {"mailing": "høst-nytt", "what": "delivered", "theirs": 5, "ours": 4},
            {"mailing": "høst-nytt", "what": "opened", "theirs": 1, "ours": 0},
        ],
        "feed": {},
        "freshened": 2,
    }
    with db.reading() as session:
        assert session.scalar(select(Delivery.id).where(Delivery.opened_at.is_not(None))) is None
    with get_client(sync_client=True) as client:
        pages = [artifact for artifact in client.read_artifacts() if artifact.key == "sendgrid-statistics"]
    assert any("| høst-nytt | delivered | 5 | 4 | we did not hear of all |" in str(page.data) for page in pages)


def test_lost_bounces_are_taken_in_once(db: Database, double: Double) -> None:
    """What came back without our hearing of it is asked about, moves its delivery and is in no later difference; nothing is asked twice."""
    mailing_id = carried(db, "høst-nytt", 5, 3)
    double.stats = {"høst-nytt": {f"{BEGUN:%Y-%m-%d}": {"requests": 5, "delivered": 3, "bounces": 2}}}
    stranger = message("other.filter1", "ukjent@fjord.test", after=timedelta(days=-2)) | {"unique_args": "{}"}
    double.activity = [lost(db, mailing_id, 3), lost(db, mailing_id, 4), stranger]
    with clock.standing_at(NOW):
        assert collect_statistics(feed=False)["feed"] == {}
        assert collect_statistics()["feed"] == {"asked": 3, "new": 3, "left": 0}
        assert collect_statistics() == {"differences": [], "feed": {"asked": 0, "new": 0, "left": 0}, "freshened": 0}
    assert world.statuses(db, mailing_id) == {"delivered": 3, "bounced": 2}
    assert sum(path.startswith("messages/") for path in double.questions) == 3
    with db.reading() as session:
        assert session.scalars(select(Event.source).where(Event.kind == EventKind.BOUNCED)).all() == ["sendgrid activity"] * 3


def test_what_the_webhook_may_still_tell(db: Database, double: Double) -> None:
    """A bounce of the last day is left to the webhook, which repeats for a day: it is not taken in twice."""
    mailing_id = carried(db, "høst-nytt", 5, 3)
    fresh = lost(db, mailing_id, 3) | {"last_event_time": (NOW - timedelta(hours=20)).strftime("%Y-%m-%dT%H:%M:%SZ")}
    double.activity = [fresh]
    with clock.standing_at(NOW):
        assert collect_statistics()["feed"] == {"asked": 0, "new": 0, "left": 0}


def test_only_one(db: Database, double: Double) -> None:
    """Asked for one mailing, its figures hold again, only it is compared, and the slow feed is left for the night."""
    carried(db, "høst-nytt", 5, 4)
    carried(db, "vår-nytt", 3, 3)
    day = f"{BEGUN:%Y-%m-%d}"
    double.stats = {"høst-nytt": {day: {"delivered": 5}}, "vår-nytt": {day: {"delivered": 2}}}
    double.activity = []
    with clock.standing_at(NOW):
        told = collect_statistics(mailing="høst-nytt")
    assert {one["mailing"] for one in told["differences"]} == {"høst-nytt"}
    assert told["feed"] == {}
    with db.reading() as session:
        counted = dict(session.execute(select(Mailing.name, Mailing.figures_at.is_not(None))).all())
    assert counted == {"høst-nytt": True, "vår-nytt": False}


def test_without_an_account(db: Database, configured: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no key is set nothing is compared; the figures that do not hold any more are counted all the same, and once."""
    monkeypatch.delenv("MAILINGS_SENDGRID_API_KEY", raising=False)
    carried(db, "høst-nytt", 5, 4)
    assert collect_statistics(days=2) == {"freshened": 1}
    assert collect_statistics(days=2) == {"freshened": 0}
    with pytest.raises(NotFound):
        collect_statistics(mailing="vår-nytt")
