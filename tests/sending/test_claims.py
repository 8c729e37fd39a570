"""Claims: each delivery goes to one sender, in order, and only while the mailing is sending."""

from __future__ import annotations

import pytest

from mailings.clock import milliseconds
from mailings.db import Database
from mailings.model import Delivery, LeaseRole, Mailing, MailingStatus
from mailings.sending import leases, lifecycle
from mailings.sending.claims import Claimed, Claimer, claim_due, claim_fresh, next_due, something_is_left, stretches
from tests.sending import world


def sender(db: Database, mailing_id: int) -> Claimer:
    """A sender at work on the mailing, with its lease."""
    with db.writing() as session:
        return Claimer(mailing_id, leases.take(session, session.get_one(Mailing, mailing_id), LeaseRole.SENDER).id)


def fresh(db: Database, by: Claimer, after: int = 0, limit: int = 4) -> list[Claimed]:
    """What one claim of fresh rows yields."""
    with db.connection() as connection:
        return claim_fresh(connection, by, after, limit, milliseconds())


def test_fresh_ones_in_order_and_each_once(any_db: Database) -> None:
    """Two senders that claim in turn share the deliveries without overlap, lowest ids first, and mark them as theirs."""
    mailing_id = world.sending(any_db, recipients=10)
    one, two = sender(any_db, mailing_id), sender(any_db, mailing_id)
    first, second = fresh(any_db, one), fresh(any_db, two)
    rest = fresh(any_db, one, after=first[-1].id, limit=100)
    ids = [row.id for row in first + second + rest]
    assert len(first) == len(second) == 4
    assert ids == sorted(set(ids))
    assert len(ids) == 10
    assert {row.attempts for row in first + second + rest} == {1}
    with any_db.reading() as session:
        assert session.get_one(Delivery, first[0].id).lease_id == one.lease_id
    assert world.statuses(any_db, mailing_id) == {"sending": 10}
    assert fresh(any_db, one) == []


def test_a_locked_row_holds_nobody_up(any_db: Database) -> None:
    """On PostgreSQL a row another transaction holds is passed over for now; on SQLite writers take turns anyway."""
    if any_db.sqlite:
        pytest.skip("SQLite has one writer at a time")
    mailing_id = world.sending(any_db, recipients=3)
    by = sender(any_db, mailing_id)
    with any_db.connection() as other:
        held = claim_fresh(other, by, 0, 1, milliseconds())
        assert [row.id for row in fresh(any_db, by)] == [held[0].id + 1, held[0].id + 2]


@pytest.mark.parametrize("verb", ["pause", "cancel"])
def test_a_stopped_mailing_gives_nothing(any_db: Database, verb: str) -> None:
    """From the moment a mailing is paused or cancelled, no claim succeeds."""
    mailing_id = world.sending(any_db, recipients=3)
    by = sender(any_db, mailing_id)
    with any_db.writing() as session:
        mailing = session.get_one(Mailing, mailing_id)
        lifecycle.pause(mailing) if verb == "pause" else lifecycle.cancel(session, mailing)
    assert fresh(any_db, by) == []
    assert world.status(any_db, mailing_id) is (MailingStatus.PAUSED if verb == "pause" else MailingStatus.CANCELLED)


def test_a_sender_taken_for_dead_claims_no_more(any_db: Database) -> None:
    """A sender that slept through its lease cannot go on beside the run that took over."""
    mailing_id = world.sending(any_db, recipients=3)
    by = sender(any_db, mailing_id)
    with any_db.writing() as session:
        leases.end(session, by.lease_id)
    assert fresh(any_db, by) == []


def test_due_ones_when_their_time_has_come(any_db: Database) -> None:
    """A delivery that waits for its next attempt is nobody's before its time, and then the longest waiting goes first."""
    mailing_id = world.sending(any_db, recipients=3)
    by, now = sender(any_db, mailing_id), milliseconds()
    ids = [row.id for row in fresh(any_db, by)]
    with any_db.connection() as connection:
        for delivery, due in zip(ids, (now + 2000, now + 1000, now + 9000), strict=True):
            connection.exec_driver_sql(f"UPDATE delivery SET status = 'queued', next_attempt_at = {due} WHERE id = {delivery}")
    with any_db.connection() as connection:
        assert next_due(connection, mailing_id) == now + 1000
        assert claim_due(connection, by, 10, now) == []
        assert claim_fresh(connection, by, 0, 10, now) == []
        assert not something_is_left(connection, by, 0, now)
        assert something_is_left(connection, by, 0, now + 1000)
        assert [row.id for row in claim_due(connection, by, 1, now + 3000)] == [ids[1]]
        again = claim_due(connection, by, 10, now + 3000)
        assert [(row.id, row.attempts) for row in again] == [(ids[0], 2)]
        assert next_due(connection, mailing_id) == now + 9000


def test_tests_are_never_claimed(any_db: Database) -> None:
    """A test delivery belongs to the command that made it, not to the mailing's run (domain.md D11)."""
    mailing_id = world.sending(any_db, recipients=1)
    with any_db.writing() as session:
        session.add(Delivery(mailing_id=mailing_id, test=True, address="prøve@fjord.test"))
    assert len(fresh(any_db, sender(any_db, mailing_id))) == 1


def test_stretches() -> None:
    """Neighbouring ids are read as one range, far ones each by itself."""
    assert stretches([Claimed(n, 1, 0) for n in (5, 6, 7, 60, 900, 5000, 5064)]) == [(5, 60), (900, 900), (5000, 5064)]
    assert stretches([]) == []
