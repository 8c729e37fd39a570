"""Visits on their way: written within a second, kept while the database is away, none twice, none lost but those that cannot be held."""

from __future__ import annotations

import time
from threading import Thread

import pytest
from sqlalchemy import text

from mailings.db import Database
from mailings.errors import MailingsError
from mailings.settings import Settings
from mailings.tracking.visits import PATIENCE, Visits, network_of
from tests.tracking.locks import GIVES_WAY_FIRST, nobody_is_picked, wait_for_waiting
from tests.tracking.visiting import click, raw, sent_mailing


def taken(db: Database, on: bool) -> None:
    """Take the table of events away, as an outage of its database would, or bring it back."""
    with db.connection() as connection:
        connection.execute(text(f"ALTER TABLE {'event' if on else 'event_away'} RENAME TO {'event_away' if on else 'event'}"))


def test_written_within_a_second(any_db: Database) -> None:
    """What is put is in the database a second later, without anybody asking (D31)."""
    _, (delivery, *_) = sent_mailing(any_db)
    visits = Visits(any_db, Settings())
    visits.start()
    try:
        visits.put(click(delivery))
        until = time.monotonic() + 60
        while not raw(any_db):
            assert time.monotonic() < until
            time.sleep(0.05)
    finally:
        visits.stop()


def test_many_threads_and_none_lost(any_db: Database) -> None:
    """What threads put at the same time is written once each, by stop() at the latest."""
    _, deliveries = sent_mailing(any_db, recipients=4)
    visits = Visits(any_db, Settings())
    visits.start()
    threads = [Thread(target=lambda one=one: [visits.put(click(one, link=1 + n % 5)) for n in range(700)]) for one in deliveries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    visits.stop()
    assert len(raw(any_db)) == 2800
    assert visits.lost == 0


def test_kept_while_the_database_is_away(any_db: Database, caplog: pytest.LogCaptureFixture) -> None:
    """Visits wait in order until it answers, are said to once, and are written once."""
    _, deliveries = sent_mailing(any_db)
    visits = Visits(any_db, Settings())
    taken(any_db, True)
    for one in deliveries:
        visits.put(click(one))
        assert not visits.flush()
    taken(any_db, False)
    assert visits.flush()
    assert [row[6] for row in raw(any_db)] == deliveries
    said = [record.message for record in caplog.records if record.name == "mailings.tracking.visits"]
    assert [line.split()[:4] for line in said] == [["Clicks", "and", "opens", "are"], ["The", "database", "answers", "again;"]]


def test_more_than_can_be_held(any_db: Database) -> None:
    """Where no more can be held a visit is written at once; only when the database is away too it is lost, and counted as such."""
    _, (delivery, *_) = sent_mailing(any_db)
    visits = Visits(any_db, Settings(), held=2)
    for _ in range(3):
        visits.put(click(delivery))
    assert len(raw(any_db)) == 3
    taken(any_db, True)
    for _ in range(5):
        visits.put(click(delivery))
    taken(any_db, False)
    assert visits.flush()
    assert (len(raw(any_db)), visits.lost) == (5, 3)


def test_one_that_cannot_be_written_keeps_no_other(any_db: Database, caplog: pytest.LogCaptureFixture) -> None:
    """A visit the database will not take is left out and said; the others of its batch are written, each once."""
    _, deliveries = sent_mailing(any_db, recipients=6)
    visits = Visits(any_db, Settings())
    for one in deliveries:
        visits.put(click(one, link=10**30 if one == deliveries[2] else 1))  # no column holds that
    assert visits.flush()
    assert [row[6] for row in raw(any_db)] == deliveries[:2] + deliveries[3:]
    assert sum("cannot be written" in record.message for record in caplog.records) == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:85a3:8d3:1319:8a2e:370:7348", "2001:db8:85a3::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("testclient", None),
        ("", None),
    ],
)
def test_no_address_is_kept(address: str, network: str | None) -> None:
    """Of an address only its network remains."""
    assert network_of(address) == network


@pytest.mark.parametrize("any_db", [pytest.param("postgres", marks=[pytest.mark.postgres])], indirect=True)
def test_a_sender_is_given_way(any_db: Database) -> None:
    """Where a sender holds one of our rows and waits for another, it gets it; the visits wait, and are written once (PostgreSQL)."""
    _, deliveries = sent_mailing(any_db)
    visits = Visits(any_db, Settings())
    for delivery in deliveries:
        visits.put(click(delivery))
    update = text("UPDATE delivery SET attempts = 2 WHERE id = :id")
    writer, troubles = Thread(target=visits.flush), []

    def given_up() -> bool:
        """The writer has begun and ended."""
        return writer.ident is not None and not writer.is_alive()

    def send() -> None:
        """Hold the third row, and want the first."""
        try:
            with any_db.connection() as sender:
                sender.execute(update, {"id": deliveries[2]})
                writer.start()
                wait_for_waiting(any_db, 1, given_up)  # the writer has the first row, and waits for the second
                sender.execute(update, {"id": deliveries[0]})
        except MailingsError as error:
            troubles.append(error)

    sending = Thread(target=send)
    with nobody_is_picked(any_db):
        with any_db.connection() as other:
            other.execute(update, {"id": deliveries[1]})
            sending.start()
            wait_for_waiting(any_db, 2, given_up)  # the sender waits too; from the second row on the writer waits for the third
        sending.join()
        writer.join()
    assert troubles == []
    assert visits.flush()
    assert [row[6] for row in raw(any_db)] == deliveries
    with any_db.writing() as session:
        session.execute(text(PATIENCE))
        assert session.execute(text(GIVES_WAY_FIRST)).scalar_one()
