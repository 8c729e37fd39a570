"""Visits can be read again: by the same rules nothing changes, by others readings and stamps do, and what came never does."""

from __future__ import annotations

import random
from datetime import timedelta

from sqlalchemy import text

from mailings.db import Database
from mailings.reported import EventKind
from mailings.tracking.rereading import reread
from tests.tracking.visiting import LATER, SENT, click, raw, readings, record, sent_mailing, stamps, visit

AGENTS = ("Mozilla/5.0", "", "Mimecast-Scanner/1.0", "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0", "Mozilla/5.0 (Macintosh) Safari/605.1")


def everything(db: Database, mailing_id: int | None = None, limit: int = 500) -> int:
    """Read again in portions until nothing is left; how many readings changed."""
    changed, last = 0, 0
    while True:
        with db.writing() as session:
            portion = reread(session, mailing_id, last, limit)
        changed, last = changed + portion.changed, portion.last
        if not portion.more:
            return changed


def many_visits(db: Database, deliveries: list[int]) -> None:
    """Opens, clicks, bursts and traps of all kinds, written in batches as they come, over three hours."""
    chosen = random.Random(7)
    visits = []
    for n in range(300):
        at = SENT + timedelta(seconds=chosen.choice((n * 36, 1, 3600 + n / 10)))
        kind = chosen.choice((EventKind.OPENED, EventKind.CLICKED, EventKind.CLICKED, EventKind.ONLINE))
        facts = {"agent": chosen.choice(AGENTS), "network": chosen.choice(("203.0.113.0/24", "17.58.97.0/24", None))}
        link = chosen.choice((0, 1, 2, 3, 4, 5, None)) if kind is EventKind.CLICKED else None
        url = "https://fjord.test/bare-for-åse" if kind is EventKind.CLICKED and link is None else None
        method = chosen.choice((None, None, None, "HEAD"))
        visits.append(visit(chosen.choice(deliveries), kind, at, link=link, url=url, method=method, **facts))
    visits.sort(key=lambda one: one.at)
    for start in range(0, len(visits), 17):
        record(db, *visits[start : start + 17])


def test_the_same_rules_read_the_same(any_db: Database) -> None:
    """However visits came in, reading them again by the same rules changes no reading, no stamp and no event."""
    _, deliveries = sent_mailing(any_db, recipients=10)
    many_visits(any_db, deliveries)
    before = raw(any_db), readings(any_db), [stamps(any_db, one) for one in deliveries]
    assert {machine is None for machine, _ in before[1]} == {True, False}
    assert everything(any_db, limit=3) == 0
    assert (raw(any_db), readings(any_db), [stamps(any_db, one) for one in deliveries]) == before


def test_readings_of_other_rules_are_replaced(any_db: Database) -> None:
    """Readings that other rules left, and the stamps they led to, become those of today's rules; the events stay byte for byte."""
    mailing_id, deliveries = sent_mailing(any_db, recipients=4)
    many_visits(any_db, deliveries)
    before = raw(any_db), readings(any_db), [stamps(any_db, one) for one in deliveries]
    with any_db.writing() as session:
        session.execute(text("UPDATE event_reading SET version = 0, machine = CASE WHEN machine IS NULL THEN 'guessed' END, first = FALSE"))
        session.execute(text("UPDATE delivery SET opened_at = 1, clicked_at = NULL, machine_opened_at = NULL, machine_clicked_at = 2"))
    assert everything(any_db, mailing_id) == 300
    assert (raw(any_db), readings(any_db), [stamps(any_db, one) for one in deliveries]) == before


def test_what_became_known_since_is_heeded(any_db: Database) -> None:
    """A scanner that came before the server's answer was written down is found when that is known; a deleted reading comes back."""
    _, (delivery, *_) = sent_mailing(any_db)
    with any_db.writing() as session:
        session.execute(text("UPDATE delivery SET sent_at = NULL"))
    record(any_db, click(delivery, at=SENT - timedelta(seconds=1)), visit(delivery, at=LATER))
    assert readings(any_db) == [(None, True), (None, True)]
    with any_db.writing() as session:
        session.execute(text("UPDATE delivery SET sent_at = :at"), {"at": int(SENT.timestamp() * 1000)})
        session.execute(text("DELETE FROM event_reading WHERE event_id = (SELECT max(id) FROM event)"))
    assert everything(any_db) == 2
    assert readings(any_db) == [("too soon", False), (None, True)]
    assert stamps(any_db, delivery) == (7200, None, None, -1)


def test_the_readings_of_erased_visitors_stay(any_db: Database) -> None:
    """Who was erased left no agent to read again: what was read then stays."""
    _, (delivery, *_) = sent_mailing(any_db)
    record(any_db, click(delivery, agent="Barracuda Sentinel (EE)"), click(delivery, 2))
    with any_db.writing() as session:
        session.execute(text("UPDATE event SET agent = NULL, network = NULL"))
    before = readings(any_db)
    assert before == [("scanner", False), (None, True)]
    assert everything(any_db) == 0
    assert readings(any_db) == before


def test_only_the_mailing_that_is_named(any_db: Database) -> None:
    """Another mailing's visits are left as they were read."""
    first, (one, *_) = sent_mailing(any_db)
    _, (other, *_) = sent_mailing(any_db, name="vår-nytt")
    record(any_db, click(one), click(other))
    with any_db.writing() as session:
        session.execute(text("UPDATE event_reading SET machine = 'guessed', first = FALSE"))
    assert everything(any_db, first) == 1
    assert readings(any_db) == [(None, True), ("guessed", False)]
