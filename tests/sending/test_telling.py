"""What a sender says in the log: how many were handed over and how they were answered, seldom enough to be read."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

import pytest

from mailings.db import Database
from mailings.message import Outcome, Receipt
from mailings.sending.claims import Claimed
from mailings.sending.receipts import Answered
from mailings.sending.telling import Telling
from mailings.transports.memory import Memory
from tests.sending import world
from tests.sending.delivering import portions


@pytest.fixture(autouse=True)
def heard(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The log of sending, from INFO on."""
    caplog.set_level(logging.INFO, logger="mailings.sending")
    return caplog


def lines(heard: pytest.LogCaptureFixture) -> list[str]:
    """What was said of batches."""
    return [record.getMessage() for record in heard.records if record.name == "mailings.sending.telling"]


def answered(delivery: int, outcome: Outcome) -> Answered:
    """An answer about a delivery."""
    return Answered(Receipt(delivery, outcome), Claimed(delivery, 1, 0))


def test_everybody_is_told_of_once(any_db: Database, memory: Memory, heard: pytest.LogCaptureFixture) -> None:
    """The lines of a run add up to everybody who was handed over, by how they were answered; the last says how far the mailing is."""
    world.sending(any_db, recipients=23)
    memory.refuse("åse-0001@fjord.test")
    memory.stall("åse-0003@fjord.test")
    portions(any_db, run_patience=timedelta(seconds=0))
    told = " ".join(lines(heard))
    assert sum(int(n) for n in re.findall(r"(\d+) handed over", told)) == 23
    assert {word: sum(int(n) for n in re.findall(rf"(\d+) {word}", told)) for word in ("sent", "refused", "to be tried later")} == {
        "sent": 21,
        "refused": 1,
        "to be tried later": 1,
    }
    assert lines(heard)[-1].endswith("; 22 of 23")


def test_nobody_is_named(any_db: Database, memory: Memory, heard: pytest.LogCaptureFixture) -> None:
    """The lines hold the mailing's name and numbers, and no recipient's address."""
    world.sending(any_db, recipients=9)
    portions(any_db)
    assert lines(heard)
    assert not [line for line in lines(heard) if "@" in line or not line.startswith("høst-nytt: ")]


def test_far_fewer_lines_than_batches(db: Database, heard: pytest.LogCaptureFixture) -> None:
    """A thousand batches in a moment are a line, and what it left out is told at the end; no answer is lost."""
    telling = Telling(db, "høst-nytt", world.sending(db, recipients=2))
    for n in range(1000):
        telling.note([answered(n, Outcome.ACCEPTED), answered(n, Outcome.UNKNOWN)])
    telling.rest()
    telling.rest()
    told = lines(heard)
    assert len(told) < 20
    assert sum(int(n.replace(",", "")) for n in re.findall(r"([\d,]+) in doubt", " ".join(told))) == 1000


def test_repeated_messages_count_once(any_db: Database, heard: pytest.LogCaptureFixture) -> None:
    """How far a mailing is counts each recipient once, by the latest message, whatever was sent before."""
    mailing_id = world.sending(any_db, recipients=3)
    with any_db.connection() as connection:
        connection.exec_driver_sql("UPDATE delivery SET status = 'failed'")
        again = "INSERT INTO delivery (mailing_id, recipient_id, status, test, attempts, lane, again_of)"
        chosen = "SELECT mailing_id, recipient_id, 'queued', test, 0, lane, id FROM delivery ORDER BY id LIMIT 1"
        connection.exec_driver_sql(f"{again} {chosen}")
    telling = Telling(any_db, "høst-nytt", mailing_id)
    telling.note([answered(1, Outcome.UNTOUCHED)])
    assert lines(heard) == ["høst-nytt: 0 handed over: 1 given back; 2 of 3"]


def test_silent_where_nobody_listens(db: Database, heard: pytest.LogCaptureFixture) -> None:
    """Where the log is set to warnings nothing is said, and nothing is counted for it."""
    heard.set_level(logging.WARNING, logger="mailings.sending")
    telling = Telling(db, "høst-nytt", world.sending(db, recipients=1))
    telling.note([answered(1, Outcome.ACCEPTED)])
    assert (lines(heard), telling.total) == ([], 0)
