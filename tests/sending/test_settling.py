"""What is in doubt is settled by what others say, each delivery with a line of history naming them."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from mailings import clock
from mailings.db import Database
from mailings.message import Word
from mailings.model import Delivery, DeliveryNote, Evidence, Mailing, MailingStatus, Recipient
from mailings.sending.books import books_of
from mailings.sending.doubt.gathering import SAID, keep
from mailings.sending.doubt.seeking import come_into_doubt, doubtful, sought
from tests.sending import world
from tests.sending.doubting import decided, in_doubt, named, settled, stands, told


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [
        (["sent"], "sent"),
        (["bounced"], "bounced"),
        (["failed"], "failed"),
        (["bounced", "sent"], "bounced"),
        (["sent", "failed"], "failed"),
        (["sent", "bounced", "delivered"], "delivered"),
    ],
)
def test_the_strongest_word_decides(any_db: Database, verdicts: list[str], status: str) -> None:
    """What arrived cannot have come back, what came back was taken; the history has the source's own words, the books balance."""
    one, other = in_doubt(any_db, 2)
    told(any_db, one, *verdicts)
    found = settled(any_db)
    assert stands(any_db) == [status, "in_doubt"]
    assert found.settled == {("postfix log", status): 1}
    assert found.left == 1
    assert decided(any_db) == [(one, status, "postfix log")]
    with any_db.reading() as session:
        delivery = session.get_one(Delivery, one)
        assert (delivery.sent_at is None) == (status == "failed")
        assert (delivery.reason is None) == (status in ("sent", "delivered"))
        why = session.scalars(select(DeliveryNote.why).where(DeliveryNote.by == "postfix log")).one()
        assert why == f"status={status} <åse@fjord.test>"
        assert books_of(session, delivery.mailing_id).balanced
        assert session.get_one(Delivery, other).reason == "the sender died"


def test_read_again_it_is_the_same(any_db: Database) -> None:
    """The same source saying the same again adds no evidence, no history, and settles nothing more."""
    one, _ = in_doubt(any_db, 2)
    for _ in range(3):
        told(any_db, one, "sent")
        settled(any_db)
    assert decided(any_db) == [(one, "sent", "postfix log")]
    with any_db.reading() as session:
        assert session.scalar(select(func.count(Evidence.id))) == 1


def test_what_came_back_after_all(any_db: Database) -> None:
    """A message the log said was taken becomes bounced when its report comes later; nothing moves it back."""
    (one,) = in_doubt(any_db, 1)
    told(any_db, one, "sent")
    settled(any_db)
    assert one == looked_for(any_db, named(any_db, one))
    told(any_db, one, "bounced", source="delivery report")
    settled(any_db)
    told(any_db, one, "sent", source="another log")
    settled(any_db)
    assert stands(any_db) == ["bounced"]
    assert [(what, by) for _, what, by in decided(any_db)] == [("sent", "postfix log"), ("bounced", "delivery report")]


def test_what_is_not_in_doubt_is_left_alone(any_db: Database) -> None:
    """Words about a message that waits, failed or was cancelled change nothing."""
    ids = in_doubt(any_db, 3)
    with any_db.writing() as session:
        for number, status in zip(ids, ("queued", "failed", "cancelled"), strict=True):
            session.get_one(Delivery, number).status = status
    for number in ids:
        told(any_db, number, "delivered")
    assert not settled(any_db).settled
    assert stands(any_db) == ["queued", "failed", "cancelled"]


def looked_for(db: Database, message_id: str) -> int | None:
    """The delivery that is looked for under this Message-ID, if any."""
    with db.reading() as session:
        return sought(session, doubtful(session)).delivery_of(message_id)


def test_forged_and_foreign_ids(any_db: Database) -> None:
    """Only the number with its own mailing's mark is found: no other number, no other mark, no installation's like ours."""
    ids = in_doubt(any_db, 3)
    right = named(any_db, ids[1])
    number, mark = right.strip("<").split("@")[0].split(".")
    assert looked_for(any_db, right) == ids[1]
    assert looked_for(any_db, f"  {right} (as received)") == ids[1]
    for forged in (
        right.replace(mark, "0" * 12),
        f"<{number}@acme.test>",
        f"<99999.{mark}@acme.test>",
        f"<{'9' * 30}.{mark}@a.test>",
        "",
        "<>",
    ):
        assert looked_for(any_db, forged) is None, forged


def test_who_is_looked_for(any_db: Database) -> None:
    """Looked for are those in doubt, from the first hand-over on; nobody erased, no test, nobody served in the ordinary way."""
    ids = in_doubt(any_db, 4)
    with any_db.writing() as session:
        mailing_id = session.get_one(Delivery, ids[0]).mailing_id
        session.get_one(Delivery, ids[1]).status = "sent"
        erased = session.get_one(Recipient, session.get_one(Delivery, ids[2]).recipient_id)
        erased.erased_at, erased.address = clock.now(), None
        session.get_one(Delivery, ids[3]).test = True
    assert [looked_for(any_db, named(any_db, number)) for number in ids] == [ids[0], None, None, None]
    with any_db.reading() as session:
        assert sought(session, doubtful(session)).since == world.START.timestamp()
        assert [one.mailing_id for one in doubtful(session)] == [mailing_id]


def test_words_about_an_erased_person_are_not_kept(any_db: Database) -> None:
    """A log read while the person was being erased leaves no address behind (domain.md D30)."""
    (one,) = in_doubt(any_db, 1)
    with any_db.writing() as session:
        session.query(Recipient).update({"erased_at": clock.now(), "address": None})
    told(any_db, one, "sent")
    assert not settled(any_db).settled
    with any_db.reading() as session:
        assert session.scalars(select(Evidence)).all() == []


def test_words_are_cut_and_cleaned(any_db: Database) -> None:
    """Of what a source says 400 characters are kept, on one line, without what a database cannot hold."""
    (one,) = in_doubt(any_db, 1)
    with any_db.writing() as session:
        keep(session, [Word(one, "sent", "postfix log", "Désirée\x00 van\r\n der \udcffIJssel" + "ø" * 1000)])
        said = session.scalars(select(Evidence.said)).one()
    assert said.startswith("Désirée van der IJsselø")
    assert len(said) == SAID


def test_what_a_dead_sender_left(any_db: Database) -> None:
    """A mailing whose sender died is found, and what it had in hand comes into doubt, also when nobody starts it again."""
    mailing_id = world.sending(any_db, recipients=2)
    with any_db.writing() as session:
        session.query(Delivery).update({"status": "sending", "lease_id": None})
        session.get_one(Mailing, mailing_id).status = MailingStatus.PAUSED
        come_into_doubt(session, doubtful(session))
    assert stands(any_db) == ["in_doubt", "in_doubt"]
