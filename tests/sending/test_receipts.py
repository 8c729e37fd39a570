"""What became of each delivery: five answers, five ways, and only for rows that are still ours."""

from __future__ import annotations

import random

import pytest

from mailings.clock import milliseconds
from mailings.db import Database
from mailings.message import Outcome, Receipt
from mailings.model import Delivery
from mailings.sending import leases
from mailings.sending.claims import Claimed
from mailings.sending.receipts import LONGEST_WAIT, Answered, RetryPolicy, record
from mailings.sending.recovery import recover
from tests.sending import world
from tests.sending.test_claims import fresh, sender

POLICY = RetryPolicy(first_wait=60, deadline=24 * 3600)


def test_each_outcome(any_db: Database) -> None:
    """Accepted is sent, refused is failed, later waits, unknown is in doubt, untouched is queued as if never tried, due at once."""
    mailing_id = world.sending(any_db, recipients=5)
    by, now = sender(any_db, mailing_id), milliseconds()
    rows = fresh(any_db, by, limit=5)
    ids = [row.id for row in rows]
    receipts = [
        Receipt(ids[0], Outcome.ACCEPTED, provider_id="4f-ø"),
        Receipt(ids[1], Outcome.REFUSED, code="550 5.1.1", reason="ukjent bruker"),
        Receipt(ids[2], Outcome.TRY_LATER, code="451 4.7.1", reason="kom igjen senere"),
        Receipt(ids[3], Outcome.UNKNOWN),
        Receipt(ids[4], Outcome.UNTOUCHED, reason="the connection broke"),
    ]
    with any_db.connection() as connection:
        record(connection, by.lease_id, map(Answered, receipts, rows), POLICY, now)
    with any_db.reading() as session:
        sent, failed, later, doubt, back = (session.get_one(Delivery, delivery) for delivery in ids)
        assert (sent.status, sent.provider_id, sent.attempts) == ("sent", "4f-ø", 1)
        assert round(sent.sent_at.timestamp() * 1000) == now
        assert (failed.status, failed.code, failed.reason) == ("failed", "550 5.1.1", "ukjent bruker")
        assert (later.status, later.code, later.attempts, later.lease_id) == ("queued", "451 4.7.1", 1, None)
        assert 57_000 <= later.next_attempt_at.timestamp() * 1000 - now <= 63_000
        assert (doubt.status, doubt.reason) == ("in_doubt", "handed over without an answer")
        assert (back.status, back.attempts, back.lease_id, back.claimed_at) == ("queued", 0, None, None)
        assert round(back.next_attempt_at.timestamp() * 1000) == now
    assert [(delivery, what) for delivery, what, _ in world.notes(any_db)] == [
        (ids[1], "failed"),
        (ids[2], "queued"),
        (ids[3], "in_doubt"),
    ]


def test_what_was_taken_over_is_left_alone(any_db: Database) -> None:
    """A sender that was taken for dead and wakes up changes nothing: its rows are in doubt already, with one note each."""
    mailing_id = world.sending(any_db, recipients=2)
    by = sender(any_db, mailing_id)
    rows = fresh(any_db, by)
    with any_db.writing() as session:
        leases.end(session, by.lease_id)
        assert recover(session, mailing_id) == 2
        assert recover(session, mailing_id) == 0
    outcomes = (Outcome.ACCEPTED, Outcome.REFUSED)
    with any_db.connection() as connection:
        answers = [Answered(Receipt(row.id, outcome), row) for row, outcome in zip(rows, outcomes, strict=True)]
        record(connection, by.lease_id, answers, POLICY, milliseconds())
    assert world.statuses(any_db, mailing_id) == {"in_doubt": 2}
    assert [what for _, what, _ in world.notes(any_db)] == ["in_doubt", "in_doubt"]


def test_a_living_sender_is_not_recovered(any_db: Database) -> None:
    """What a sender at work has in its hands is not in doubt."""
    mailing_id = world.sending(any_db, recipients=2)
    fresh(any_db, sender(any_db, mailing_id))
    with any_db.writing() as session:
        assert recover(session, mailing_id) == 0
    assert world.statuses(any_db, mailing_id) == {"sending": 2}


def test_given_up_after_the_deadline(any_db: Database) -> None:
    """A delivery that was asked to wait for a whole day is failed, with how often it was tried and the last answer."""
    mailing_id = world.sending(any_db, recipients=1)
    by, now = sender(any_db, mailing_id), milliseconds()
    row = fresh(any_db, by)[0]
    old = Claimed(row.id, 9, now - 23 * 3600 * 1000)
    with any_db.connection() as connection:
        record(connection, by.lease_id, [Answered(Receipt(row.id, Outcome.TRY_LATER, reason="postkassen er full"), old)], POLICY, now)
    with any_db.reading() as session:
        delivery = session.get_one(Delivery, row.id)
        assert (delivery.status, delivery.next_attempt_at) == ("failed", None)
        assert delivery.reason == "given up after 9 attempts in 24 hours: postkassen er full"


@pytest.mark.parametrize(("attempts", "expected"), [(1, 60), (2, 120), (3, 240), (8, 7680), (9, LONGEST_WAIT), (400, LONGEST_WAIT)])
def test_waits_grow_and_are_capped(attempts: int, expected: float) -> None:
    """Each wait is twice the one before, within a twentieth, up to four hours."""
    random.seed(attempts)
    assert POLICY.wait(attempts, None) == pytest.approx(expected, rel=0.05)


def test_the_other_side_may_ask_for_more() -> None:
    """When a server names a time, nobody comes earlier."""
    assert POLICY.wait(1, 900.0) == 900.0
    assert POLICY.wait(1, 1.0) >= 57
