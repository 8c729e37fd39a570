"""Absorbing beside a sender at work: it is the report that gives way, never the sender."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from mailings.db import Database
from mailings.errors import Unreachable
from mailings.model import DeliveryStatus
from mailings.settings import Settings
from mailings.tracking.absorb import absorb
from tests.tracking.locks import GIVES_WAY_FIRST, LONGEST, nobody_is_picked, wait_for_waiting
from tests.tracking.told import K, delivery, heard, out, said


@pytest.mark.parametrize("any_db", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_the_sender_goes_first(any_db: Database) -> None:
    """Where a sender and a report would wait for each other, the report is told to come again, and the sender's receipts are recorded."""
    many = out(any_db, 20, status="sending")
    told = [said(any_db, one, K.DELIVERED) for one in many]
    taken = text("UPDATE delivery SET status = 'sent' WHERE id = :id")
    with ThreadPoolExecutor(1) as pool, nobody_is_picked(any_db):
        with any_db.writing() as sender:
            sender.execute(taken, {"id": many[-1]})
            absorbing = pool.submit(heard, any_db, *told)
            wait_for_waiting(any_db, 1, absorbing.done)
            sender.execute(taken, {"id": many[0]})
        with pytest.raises(Unreachable):
            absorbing.result(LONGEST)
    assert delivery(any_db, many[0]).status is DeliveryStatus.SENT
    with any_db.writing() as session:
        assert absorb(session, told, "sendgrid", Settings()) == 20
        assert session.execute(text(GIVES_WAY_FIRST)).scalar_one()
    assert {delivery(any_db, one).status for one in many} == {DeliveryStatus.DELIVERED}
