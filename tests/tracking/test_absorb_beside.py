"""Absorbing beside a sender at work: it is the report that gives way, never the sender."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from mailings.db import Database
from mailings.errors import Unreachable
from mailings.model import DeliveryStatus
from tests.tracking.told import K, delivery, heard, out, said


def wait_for_a_lock(db: Database) -> None:
    """Return when somebody waits for a row that somebody else holds."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with db.reading() as session:
            if session.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one():
                return
        time.sleep(0.005)
    raise AssertionError("nobody waits")


@pytest.mark.parametrize("any_db", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_the_sender_goes_first(any_db: Database) -> None:
    """Where a sender and a report would wait for each other, the report is told to come again, and the sender's receipts are recorded."""
    many = out(any_db, 20, status="sending")
    told = [said(any_db, one, K.DELIVERED) for one in many]
    taken = text("UPDATE delivery SET status = 'sent' WHERE id = :id")
    with ThreadPoolExecutor(1) as pool:
        with any_db.writing() as sender:
            sender.execute(taken, {"id": many[-1]})
            absorbing = pool.submit(heard, any_db, *told)
            wait_for_a_lock(any_db)
            sender.execute(taken, {"id": many[0]})
        with pytest.raises(Unreachable):
            absorbing.result(30)
    assert delivery(any_db, many[0]).status is DeliveryStatus.SENT
    assert heard(any_db, *told) == 20
    assert {delivery(any_db, one).status for one in many} == {DeliveryStatus.DELIVERED}
