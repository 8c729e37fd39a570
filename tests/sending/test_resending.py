"""Sending again: chosen recipients get one further message each, which follows the one before; everybody else is left alone."""

from __future__ import annotations

import pytest

from mailings.consent.giving import give
from mailings.consent.standing import block_address, complain
from mailings.consent.withdrawing import withdraw
from mailings.db import Database
from mailings.model import Basis, Delivery, Mailing, MailingStatus, Recipient
from mailings.people.erasing import erase
from mailings.reports.figures import status_of
from mailings.sending.books import books_of
from tests.sending import world
from tests.sending.again import again, finish, lines, move, of, sent

ENDS = ("sent", "failed", "bounced", "in_doubt", "cancelled", "delivered")


@pytest.mark.parametrize(
    ("only", "who"),
    [
        ("failed", {"p1"}),
        ("failed, Bounced", {"p1", "p2"}),
        ("in doubt", {"p3"}),
        ("cancelled,failed", {"p1", "p4"}),
        ("P0@Blåbær.test", {"p0"}),
        ("p5@blåbær.test; failed", {"p1", "p5"}),
    ],
)
def test_only_the_chosen(any_db: Database, only: str, who: set[str]) -> None:
    """By words or addresses, also mixed: each chosen recipient gets one more message, with the one it follows; nobody else does."""
    mailing_id = sent(any_db, *ENDS)
    came = again(any_db, only=only)
    assert (came.status, came.queued, came.again, came.left_out) == (MailingStatus.SENDING, len(who), len(who), {})
    new = lines(any_db)[len(ENDS) :]
    assert {where for where, status, _ in new if status == "queued"} == who
    before = {f"p{n}": end for n, end in enumerate(ENDS)}
    assert all(followed == before[where] for where, _, followed in new)
    with any_db.reading() as session:
        assert session.get_one(Mailing, mailing_id).finished_at is None


def test_a_person_is_counted_once(any_db: Database) -> None:
    """After a second and a third attempt every figure still counts each recipient once, by the latest; the books balance."""
    mailing_id = sent(any_db, *ENDS)
    for word in ("failed", "bounced"):
        again(any_db, only=word)
        finish(any_db, Delivery.status.type.python_type("bounced"))
    with any_db.reading() as session:
        document = status_of(session, session.get_one(Mailing, mailing_id))
    told = {status: n for status, n in document["deliveries"].items() if n}
    assert told == {"sent": 1, "delivered": 1, "bounced": 2, "in_doubt": 1, "cancelled": 1}
    assert document["recipients"] == {"total": 6, "eligible": 6, "excluded": {}}
    assert document["balanced"]
    assert lines(any_db)[-2:] == [("p1", "bounced", "bounced"), ("p2", "bounced", "bounced")]


def test_who_said_no_meanwhile_is_left_out(any_db: Database) -> None:
    """Blocked, complained, withdrawn and erased since: left out, counted by reason, and their rows stay as they were (domain.md D10)."""
    mailing_id = sent(any_db, *["failed"] * 5)
    with any_db.writing() as session:
        block_address(session, of(session, 0)[1].address, "a person did")
        complain(session, of(session, 1)[1].address)
        withdraw(session, of(session, 2)[0].id, "Unsubscribe page")
        erase(session, of(session, 3)[0].id)
    came = again(any_db, only="failed")
    assert (came.queued, came.left_out) == (1, {"blocked_address": 1, "complained": 1, "no_consent": 1, "erased": 1})
    assert "Left out: 1 " in came.sentence
    assert [where for where, status, _ in lines(any_db) if status == "queued"] == ["p4"]
    with any_db.reading() as session:
        assert books_of(session, mailing_id).deliveries["failed"] == 4
        assert books_of(session, mailing_id).balanced


def test_an_override_lifts_consent_and_nothing_else(any_db: Database) -> None:
    """A mailing that overrides consent is sent again to who withdrew it, and never to a blocked address (domain.md D10, D19)."""
    sent(any_db, "failed", "failed", override_consent=True)
    with any_db.writing() as session:
        withdraw(session, of(session, 0)[0].id, "User")
        block_address(session, of(session, 1)[1].address, "a person did")
        session.query(Delivery).update({"status": "failed"})
    came = again(any_db, only="failed")
    assert (came.queued, came.left_out) == (1, {"blocked_address": 1})
    with any_db.reading() as session:
        assert of(session, 0)[1].overridden


def test_an_address_corrected_since(any_db: Database) -> None:
    """The further message goes to the address of today, and the earlier attempt keeps the one it went to; both find the recipient."""
    sent(any_db, "bounced", "bounced")
    with any_db.writing() as session:
        move(session, 0, "rett@fjord.test")
        old = of(session, 1)[1].address
        move(session, 1, "ny@fjord.test")
    assert again(any_db, only=f"rett@fjord.test,{old}").queued == 2
    assert lines(any_db) == [
        ("p0", "bounced", None), ("p1", "bounced", None), ("rett", "queued", "bounced"), ("ny", "queued", "bounced"),
    ]  # fmt: skip


def test_an_excluded_one_who_may_be_written_to_now(any_db: Database) -> None:
    """Named by address, somebody who had no consent and gave it since gets a first message, and is eligible in the books."""
    mailing_id = sent(any_db, "sent", "cancelled")
    with any_db.writing() as session:
        person, recipient = of(session, 1)
        session.query(Delivery).filter_by(recipient_id=recipient.id).delete()
        recipient.verdict = "no_consent"
        give(session, person.id, Basis.CONSENT, "User")
        address = recipient.address
    came = again(any_db, only=address)
    assert (came.queued, came.again) == (1, 0)
    with any_db.reading() as session:
        books = books_of(session, mailing_id)
    assert (books.eligible, books.balanced, books.deliveries["queued"]) == (2, True, 1)


def test_nobody_at_an_address_somebody_else_was_served_at(any_db: Database) -> None:
    """Corrected to an address that another recipient was served at: one message per address holds in a resend too."""
    sent(any_db, "sent", "bounced")
    with any_db.writing() as session:
        move(session, 1, of(session, 0)[1].address)
    came = again(any_db, only="bounced")
    assert (came.queued, came.left_out) == (0, {"duplicate": 1})


def test_what_is_on_its_way_is_left_alone(any_db: Database) -> None:
    """An address whose message is queued or in somebody's hands gets no second one beside it."""
    mailing_id = sent(any_db, "queued", "sending", "failed")
    came = again(any_db, only="p0@blåbær.test,p1@blåbær.test,failed")
    assert came.queued == 1
    assert world.statuses(any_db, mailing_id) == {"queued": 2, "sending": 1, "failed": 1}


def test_a_test_is_nobodys_attempt(any_db: Database) -> None:
    """Test deliveries are never sent again, never followed and never counted (domain.md D11)."""
    mailing_id = sent(any_db, "failed", "sent")
    with any_db.writing() as session:
        failed, served = of(session, 0)[1].id, of(session, 1)[1].id
        for recipient_id, status in ((failed, "sent"), (served, "failed")):
            session.add(Delivery(mailing_id=mailing_id, recipient_id=recipient_id, status=status, test=True, address="prøve@acme.test"))
    assert again(any_db, only="failed").queued == 1
    assert lines(any_db)[-1] == ("p0", "queued", "failed")
    with any_db.reading() as session:
        assert session.query(Recipient).count() == 2
