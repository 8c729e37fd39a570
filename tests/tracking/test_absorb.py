"""Reports are kept once, move deliveries forward only, and settle what is in doubt."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, text

from mailings.db import Database
from mailings.message import Outcome, Receipt
from mailings.model import Delivery, DeliveryStatus, Recipient
from mailings.sending.books import books_of
from mailings.sending.claims import Claimed
from mailings.sending.receipts import Answered, RetryPolicy, record
from tests.sending import world
from tests.tracking.told import B, K, delivery, events, heard, minutes, out, said


def test_a_report_is_kept_as_it_came_and_once(any_db: Database) -> None:
    """The event names delivery, mailing and address and keeps the original; told again, it is no news."""
    (one,) = out(any_db)
    report = said(
        any_db,
        one,
        K.DELIVERED,
        provider_key="a1",
        original={"event": "delivered", "tls": 1},
        address=" ÅSE-0000@fjord.test".replace("Å", "å"),
    )
    assert heard(any_db, report, report) == 1
    assert heard(any_db, report, said(any_db, one, K.DELIVERED, provider_key="b2", address=report.address)) == 0
    assert heard(any_db, said(any_db, one, K.DELIVERED, minute=7, provider_key="a1")) == 0
    (kept,) = events(any_db)
    assert (kept.delivery_id, kept.source, kept.original, kept.provider_key) == (one, "sendgrid", {"event": "delivered", "tls": 1}, "a1")
    assert kept.mailing_id == delivery(any_db, one).mailing_id


MOVES = [
    ("sent", [K.DELIVERED], "delivered"),
    ("sent", [K.BOUNCED], "bounced"),
    ("sent", [K.DROPPED], "failed"),
    ("sent", [K.OPENED, K.CLICKED], "sent"),
    ("sent", [K.DELIVERED, K.PROCESSED, K.DEFERRED, K.DROPPED], "delivered"),
    ("sent", [K.BOUNCED, K.DELIVERED], "bounced"),
    ("delivered", [K.PROCESSED, K.DROPPED], "delivered"),
    ("bounced", [K.DELIVERED], "bounced"),
    ("in_doubt", [K.PROCESSED], "sent"),
    ("in_doubt", [K.DEFERRED], "sent"),
    ("in_doubt", [K.DROPPED], "failed"),
    ("in_doubt", [K.OTHER, K.OPENED], "in_doubt"),
    ("queued", [K.PROCESSED], "sent"),
    ("queued", [K.DELIVERED], "delivered"),
    ("sending", [K.DELIVERED], "delivered"),
    ("cancelled", [K.PROCESSED], "sent"),
    ("cancelled", [K.BOUNCED], "bounced"),
    ("failed", [K.PROCESSED], "failed"),
    ("failed", [K.DELIVERED], "delivered"),
    ("failed", [K.BOUNCED], "bounced"),
]


@pytest.mark.parametrize(("before", "told", "after"), MOVES, ids=str)
def test_news_moves_a_delivery_forward_only(db: Database, before: str, told: list[K], after: str) -> None:
    """From each status, whatever is told and in which order, a delivery comes to where all of it together says it is."""
    (one,) = out(db, status=before)
    for minute, kind in enumerate(told):
        heard(db, said(db, one, kind, minute))
    assert delivery(db, one).status == after


def test_settled_by_the_provider(any_db: Database) -> None:
    """What is in doubt and processed was sent when it was claimed; evidence and a line of history say who told."""
    first, second = out(any_db, 2, status="in_doubt")
    bounce = said(any_db, second, K.BOUNCED, bounce=B.HARD, code="550 5.1.1", reason="550 5.1.1 ukjent mottaker Åse")
    heard(any_db, said(any_db, first, K.PROCESSED, provider_id="14c5d75ce93.dfd.64b469"), bounce)
    found = delivery(any_db, first), delivery(any_db, second)
    assert [(one.status, one.sent_at) for one in found] == [(DeliveryStatus.SENT, world.START), (DeliveryStatus.BOUNCED, world.START)]
    assert (found[1].code, found[1].bounce, found[0].provider_id) == ("550 5.1.1", B.HARD, "14c5d75ce93.dfd.64b469")
    with any_db.reading() as session:
        assert session.execute(text("SELECT verdict, source FROM evidence ORDER BY delivery_id")).all() == [
            ("sent", "sendgrid"),
            ("bounced", "sendgrid"),
        ]
        notes = session.execute(text("SELECT what, why, by FROM delivery_note ORDER BY delivery_id")).all()
    assert notes == [
        ("sent", "settled by sendgrid", "sendgrid"),
        ("bounced", "settled by sendgrid: 550 5.1.1 ukjent mottaker Åse", "sendgrid"),
    ]


def test_a_message_that_is_out_leaves_the_queue(any_db: Database) -> None:
    """A queued delivery the provider has is never claimed again, and its mailing's books still balance."""
    one, other = out(any_db, 2, status="queued")
    heard(any_db, said(any_db, one, K.PROCESSED, 5), said(any_db, one, K.PROCESSED, 3))
    found = delivery(any_db, one)
    assert (found.status, found.next_attempt_at, minutes(found.sent_at)) == (DeliveryStatus.SENT, None, 3)
    with any_db.reading() as session:
        books = books_of(session, found.mailing_id)
        waiting = session.scalars(select(Delivery.id).where(Delivery.status == DeliveryStatus.QUEUED)).all()
    assert (books.balanced, books.deliveries["sent"], waiting) == (True, 1, [other])


def test_a_report_quicker_than_the_receipt(any_db: Database) -> None:
    """A delivery still in a sender's hands is moved by a report; the sender's own receipt, which comes later, finds nothing to do."""
    (one,) = out(any_db, status="sending")
    with any_db.writing() as session:
        session.execute(text("UPDATE delivery SET lease_id = 7"))
    heard(any_db, said(any_db, one, K.DELIVERED, 2))
    before = delivery(any_db, one)
    with any_db.connection() as connection:
        answers = [Answered(Receipt(one, Outcome.ACCEPTED, provider_id="x"), Claimed(one, 1, 0))]
        record(connection, 7, answers, RetryPolicy(60, 3600), 1)
    after = delivery(any_db, one)
    assert (after.status, after.sent_at) == (before.status, before.sent_at) == (DeliveryStatus.DELIVERED, world.START)


def test_a_foreign_mark(any_db: Database) -> None:
    """A number of ours under another installation's mark is kept as an event of nothing we sent, and moves nothing."""
    (one,) = out(any_db)
    heard(any_db, said(any_db, one, K.BOUNCED, bounce=B.HARD, mark="0123456789ab"), said(any_db, None, K.DELIVERED))
    assert [event.delivery_id for event in events(any_db)] == [None, None]
    assert delivery(any_db, one).status is DeliveryStatus.SENT


def test_stamps(any_db: Database) -> None:
    """Deferred, complained, unsubscribed stamp the first time each was told; opens and clicks the provider counts stamp nothing."""
    (one,) = out(any_db)
    for minute in (9, 4, 6):
        told = [said(any_db, one, kind, minute) for kind in (K.DEFERRED, K.COMPLAINED, K.UNSUBSCRIBED, K.OPENED, K.CLICKED)]
        heard(any_db, *told)
    found = delivery(any_db, one)
    assert [minutes(at) for at in (found.soft_bounced_at, found.complained_at, found.unsubscribed_at)] == [4, 4, 4]
    assert (found.opened_at, found.clicked_at, found.machine_opened_at) == (None, None, None)


def test_tests_have_no_stamps(any_db: Database) -> None:
    """A test message moves like any other, and is outside everything else: no stamps, no bounce, no count (domain.md D11)."""
    (one,) = out(any_db)
    with any_db.writing() as session:
        session.execute(text("UPDATE delivery SET test = true, address = 'prøve@acme.test'"))
    heard(any_db, said(any_db, one, K.DEFERRED, 1), said(any_db, one, K.UNSUBSCRIBED, 2), said(any_db, one, K.BOUNCED, 3, bounce=B.INVALID))
    found = delivery(any_db, one)
    assert (found.status, found.bounce, found.soft_bounced_at, found.unsubscribed_at) == (DeliveryStatus.BOUNCED, None, None, None)
    with any_db.reading() as session:
        assert session.execute(text("SELECT count(*) FROM address_standing")).scalar_one() == 0


def test_a_report_after_erasure(any_db: Database) -> None:
    """What comes of somebody erased is kept without address, words, agent, original or the provider's names for it (domain.md D30)."""
    (one,) = out(any_db)
    report = said(
        any_db, one, K.BOUNCED, bounce=B.INVALID, code="550", reason="550 <åse@fjord.test> unknown", agent="Mozilla", url="https://x.test",
        provider_key="uniq-1", provider_id="14c5d75ce93.dfd.64b469",
    )  # fmt: skip
    with any_db.writing() as session:
        for recipient in session.scalars(select(Recipient)):
            recipient.erased_at, recipient.address = world.START, None
    assert (heard(any_db, report), heard(any_db, report)) == (1, 0)
    (kept,) = events(any_db)
    assert (kept.delivery_id, kept.code, kept.bounce) == (one, "550", B.INVALID)
    assert (kept.address, kept.reason, kept.agent, kept.original, kept.url, kept.provider_key) == (None,) * 6
    assert (delivery(any_db, one).reason, delivery(any_db, one).provider_id) == (None, None)
    with any_db.reading() as session:
        assert session.execute(text("SELECT count(*) FROM address_standing")).scalar_one() == 0


def test_many_at_once(any_db: Database) -> None:
    """A thousand reports are one transaction of a handful of statements, and all of them arrive."""
    many = out(any_db, 1000)
    first = said(any_db, many[0], K.DELIVERED)
    told = [replace(first, delivery=number, content_key=f"k{number}", address=f"åse-{number}@fjord.test") for number in many]
    assert heard(any_db, *told) == 1000
    assert world.statuses(any_db, delivery(any_db, many[0]).mailing_id) == {"delivered": 1000}
