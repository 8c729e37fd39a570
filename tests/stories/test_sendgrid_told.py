"""A mailing to fifty people through SendGrid's double, and the day of events that follows: shuffled, doubled, in many requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from mailings.clock import timestamp
from mailings.db import Database
from mailings.letter import Filled
from mailings.message import Offer
from mailings.model import AddressStanding, Basis, Consent, Delivery, DeliveryStatus
from mailings.sending.books import books_of
from mailings.sending.deliver import deliver_portion
from mailings.sending.run import conducting
from mailings.settings import Settings
from tests.consent.waiting import a_mailing, a_person, queue
from tests.doubles.saying import LOSES
from tests.doubles.sendgrid import KEY, Double, sendgrid
from tests.doubles.sendgrid_events import Webhook, batches, event
from tests.sending.letters import Letters
from tests.tracking.told import delivery, mark, standing, state
from tests.transports.letters import Written
from web.app import make_app

PEOPLE = 50
SECRET = "a-secret-of-the-tests"


class Marked(Written):
    """A message under its mailing's own mark."""

    mark = ""

    def filled(self) -> Filled:
        """As a form letter."""
        return replace(super().filled(), mark=self.mark)


class Letter(Letters):
    """Compiled content: one line to everybody, under the mark of the mailing."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def offer(self, row: Sequence[Any]) -> Offer:
        """The offer for one row."""
        message = Marked()
        object.__setattr__(message, "mark", self.mark)
        return Offer(row[0], row[1], "news@acme.test", message)


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Webhook:
    """A webhook whose key the installation has."""
    made = Webhook()
    monkeypatch.setenv("MAILINGS_SENDGRID_WEBHOOK_KEY", made.public_key)
    return made


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[Double]:
    """SendGrid on loopback, set as the account of this installation."""
    with sendgrid() as double:
        monkeypatch.setenv("MAILINGS_SENDGRID_API_KEY", KEY)
        monkeypatch.setenv("MAILINGS_SENDGRID_HOST", f"http://127.0.0.1:{double.port}")
        monkeypatch.setenv("MAILINGS_SECRET", SECRET)
        yield double


def fifty(db: Database) -> list[int]:
    """Fifty people with consent, `høst-nytt` queued for each, and `neste` behind it; the deliveries of the first."""
    with db.writing() as session:
        people = [a_person(session, f"nr{n}@fjord.test", name=f"Désirée van der IJssel {n}") for n in range(PEOPLE)]
        first, second = a_mailing(session, "høst-nytt"), a_mailing(session, "neste")
        ids = [queue(session, first, person).id for person in people]
        for person in people:
            queue(session, second, person)
        return ids


def sent(db: Database, double: Double, ids: list[int]) -> None:
    """Forty are handed over and answered for; the answer for the last ten is lost."""
    with conducting(db, "høst-nytt", Settings(email_transport="sendgrid", secret=SECRET)) as run:
        run.compiled, run.batch_size, run.short_waits = Letter(mark(db, ids[0])), 10, (0.01, 0.01, 0.01)
        deliver_portion(db, run, PEOPLE - 10)
        double.next.append(LOSES)
        deliver_portion(db, run, 10)


def the_day(double: Double) -> list[dict[str, Any]]:
    """What SendGrid has to tell of each message it took, by the number in its address."""
    now, told = int(timestamp()), []
    for message in double.taken:
        number = int(message.address.partition("@")[0].removeprefix("nr"))
        told.append(event(message, "processed", now))
        if number == 0:
            told.append(
                event(
                    message, "bounce", now + 9, type="bounce", bounce_classification="Invalid Address", status="5.1.1", reason="550 borte"
                )
            )
        elif number == 1:
            told.append(event(message, "bounce", now + 9, type="blocked", status="5.7.1", reason="554 strengt"))
        elif number == 2:
            told.append(event(message, "dropped", now + 9, reason="Spam Content"))
        else:
            told += [
                event(message, "deferred", now + 1, response="451 senere", attempt="1"),
                event(message, "delivered", now + 5, response="250 OK"),
            ]
        if number in (3, 4):
            told.append(event(message, "spamreport" if number == 3 else "unsubscribe", now + 60))
        told.append(event(message, "open", now + 70, useragent="Mozilla/5.0", ip="198.51.100.7"))
    return told


def test_a_day_after(any_db: Database, double: Double, webhook: Webhook) -> None:
    """Delivered, bounced, dropped; in doubt settled; blocked, complained, unsubscribed at once; told again nothing changes."""
    ids = fifty(any_db)
    sent(any_db, double, ids)
    with any_db.reading() as session:
        before = Counter(session.scalars(select(Delivery.status).where(Delivery.id.in_(ids))))
    assert before == {DeliveryStatus.SENT: 40, DeliveryStatus.IN_DOUBT: 10}
    assert len(double.taken) == PEOPLE
    told, luck = the_day(double), Random(50)
    day = [*told, *luck.sample(told, 60)]
    luck.shuffle(day)
    door = TestClient(make_app(any_db, Settings(secret=SECRET)))
    for body in batches(day, 17):
        assert door.post("/hooks/sendgrid", content=body, headers=webhook.signed(body)).status_code == 204
    after = {n: delivery(any_db, number) for n, number in enumerate(ids)}
    assert Counter(one.status.value for one in after.values()) == {"delivered": PEOPLE - 3, "bounced": 2, "failed": 1}
    assert {n for n, one in after.items() if one.soft_bounced_at} == set(range(3, PEOPLE))
    assert (after[3].complained_at is not None, after[4].unsubscribed_at is not None, after[5].opened_at) == (True, True, None)
    with any_db.reading() as session:
        withdrawn = set(session.execute(select(Consent.person_id, Consent.source).where(Consent.basis == Basis.WITHDRAWN)).all())
        assert withdrawn == {(4, "Complaint"), (5, "Report of sendgrid")}
        stopped = session.scalars(select(Delivery.recipient_id).where(Delivery.status == DeliveryStatus.CANCELLED)).all()
        whose = session.execute(
            text("SELECT address FROM recipient WHERE id IN (SELECT recipient_id FROM delivery WHERE status = 'cancelled')")
        )
        assert sorted(whose.scalars()) == ["nr0@fjord.test", "nr3@fjord.test", "nr4@fjord.test"]
        assert len(stopped) == 3
        books = books_of(session, after[0].mailing_id)
        assert (books.balanced, books.total) == (True, PEOPLE)
        assert session.execute(text("SELECT count(*) FROM evidence WHERE source = 'sendgrid'")).scalar_one() >= 10
        once = state(session)
        assert [row.normal for row in session.scalars(select(AddressStanding).order_by(AddressStanding.normal))] == [
            "nr0@fjord.test",
            "nr3@fjord.test",
        ]
    assert standing(any_db, "nr0@fjord.test").blocked_why == "sendgrid reports: 550 5.1.1 550 borte"
    luck.shuffle(day)
    for body in batches(day, 300):
        assert door.post("/hooks/sendgrid", content=body, headers=webhook.signed(body)).status_code == 204
    with any_db.reading() as session:
        assert state(session) == once
