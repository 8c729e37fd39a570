"""A mailing that is cancelled while it is sent: what is given back afterwards is cancelled too, and never goes out by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from mailings.db import Database
from mailings.message import Offer, Receipt
from mailings.model import Delivery, DeliveryStatus, Mailing, MailingStatus
from mailings.sending import lifecycle
from mailings.sending.deliver import deliver_portion
from mailings.sending.doubt.deciding import Decision, send_again
from mailings.sending.finding import mailing_named
from mailings.sending.form_responses.answering import open_if_fit
from mailings.sending.run import Run
from mailings.settings import Settings
from mailings.transports.memory import Memory
from tests.forms.sent import SETTINGS, send
from tests.sending import world
from tests.sending.answered import deliveries, furnished, look
from tests.sending.delivering import running


class Stopped(Memory):
    """After two messages somebody cancels the mailing, and the run is told to end, as by Ctrl-C."""

    def __init__(self, db: Database, run: Run) -> None:
        super().__init__()
        self._db, self._run = db, run

    def send(self, offers: Iterator[Offer | None]) -> Iterator[Receipt]:
        """As ever, until then."""
        for receipt in super().send(offers):
            yield receipt
            if len(self.kept) == 2 and not self._run.stop.is_set():
                with self._db.writing() as session:
                    lifecycle.cancel(session, mailing_named(session, "høst-nytt", locked=True))
                self._run.stop.set()


def test_a_run_that_ends_before_it_closes(any_db: Database) -> None:
    """What was in hand and not begun is given back to a cancelled mailing: nothing of it is left waiting."""
    mailing_id = world.sending(any_db, recipients=8)
    with running(any_db) as run:
        run.lent = Stopped(any_db, run)
        deliver_portion(any_db, run, 100)
    found = world.statuses(any_db, mailing_id)
    assert found == {"sent": 2, "cancelled": 6}
    with any_db.reading() as session:
        why = session.scalars(select(Delivery.reason).where(Delivery.status == DeliveryStatus.CANCELLED)).all()
    assert set(why) == {lifecycle.CANCELLED}


def test_opened_again_it_goes_to_those_named(any_db: Database) -> None:
    """A sender that was killed left some waiting on a cancelled mailing: who is sent to again is who was decided about, and nobody else."""
    mailing_id = world.sending(any_db, recipients=4)
    with any_db.writing() as session:
        mailing = session.get_one(Mailing, mailing_id)
        lifecycle.cancel(session, mailing)
        first, second, *_ = session.scalars(select(Delivery.id).order_by(Delivery.id))
        session.execute(update(Delivery).where(Delivery.id == first).values(status=DeliveryStatus.IN_DOUBT, attempts=1))
        session.execute(update(Delivery).where(Delivery.id == second).values(status=DeliveryStatus.QUEUED, reason=None))
        decision = Decision(DeliveryStatus.QUEUED, "kari decided", "kari")
        assert send_again(session, mailing, Settings(), decision) == (1, 1)
        assert mailing.status is MailingStatus.SENDING
    assert world.statuses(any_db, mailing_id) == {"queued": 1, "cancelled": 3}


@pytest.mark.parametrize("way", ["resume", "send"])
def test_a_form_response_opened_again(any_db: Database, tmp_path: Path, way: str) -> None:
    """What a sender gave back to a form response that was closed meanwhile does not go out when it is opened again."""
    furnished(any_db, tmp_path)
    send(any_db)
    with any_db.writing() as session:
        mailing = mailing_named(session, "takk")
        lifecycle.cancel(session, mailing)
        session.execute(update(Delivery).values(status=DeliveryStatus.QUEUED, reason=None, attempts=0))  # by a sender that ends
    with any_db.writing() as session:
        mailing = mailing_named(session, "takk")
        lifecycle.resume(session, mailing) if way == "resume" else open_if_fit(session, mailing, SETTINGS, ())
    assert look(any_db) == []
    assert [status for status, *_ in deliveries(any_db)] == ["cancelled"]
