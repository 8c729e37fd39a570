"""What a run of resend-mailing was asked for is done once, wherever it is killed, however often it is begun; another decides anew."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from mailings.db import Database
from mailings.errors import NotFound
from mailings.model import Mailing, MailingStatus, ResendOrder
from mailings.sending.finding import mailing_named
from mailings.sending.ordering import resend_once
from mailings.sending.resending import Again
from tests.dying import killed
from tests.sending import world
from tests.sending.again import NAME, finish, lines, sent

AGAIN = """
from tests.sending.test_ordering import ordered
ordered(database, "a-run", only="unopened")
"""


def ordered(db: Database, run: str | None, *, reload: bool = False, only: str = "") -> Again:
    """A resend, as a run asks for it."""
    with db.writing() as session:
        return resend_once(session, mailing_named(session, NAME, locked=True), run, reload=reload, only=only)


def orders(db: Database) -> list[tuple[str, str, int, int, dict[str, int]]]:
    """Every order: run, what was asked, how many were queued, once more, left out."""
    with db.reading() as session:
        return [(o.run, o.asked, o.queued, o.again, o.left_out) for o in session.scalars(select(ResendOrder).order_by(ResendOrder.id))]


@pytest.mark.parametrize(
    ("only", "asked"),
    [
        ("unopened", "unopened"),
        ("unclicked", "unclicked"),
        ("p0@blåbær.test, p1@blåbær.test,p2@blåbær.test", "3 addresses"),
        ("failed, unopened, p0@blåbær.test", "failed, unopened, 1 address"),
    ],
)
def test_the_same_run_again(any_db: Database, only: str, asked: str) -> None:
    """People who have just got the repetition are meant by the same words: the same run queues nobody more and tells the same."""
    sent(any_db, "sent", "sent", "sent")
    first = ordered(any_db, "a-run", only=only)
    assert (first.queued, first.again) == (3, 3)
    before = lines(any_db)
    assert ordered(any_db, "a-run", only=only) == first
    finish(any_db)
    after = ordered(any_db, "a-run", only=only)
    assert (after.queued, after.again, after.status, after.to_be_sent) == (3, 3, MailingStatus.SENT, False)
    assert after.sentence == f"{first.sentence} høst-nytt is sent."
    assert len(lines(any_db)) == len(before) == 6
    assert orders(any_db) == [("a-run", asked, 3, 3, {})]


@pytest.mark.parametrize("run", ["another-run", None])
def test_another_run_is_another_decision(any_db: Database, run: str | None) -> None:
    """A copy to a new run, or a press at the desk, sends a further message to whoever is meant by then."""
    sent(any_db, "sent", "sent")
    for _ in range(2):
        assert ordered(any_db, "a-run", only="unopened").queued == 2
    finish(any_db)
    assert ordered(any_db, run, only="unopened").queued == 2
    finish(any_db)
    assert len(lines(any_db)) == 6
    assert len(orders(any_db)) == (2 if run else 1)


def test_a_reload_is_an_order_too(any_db: Database) -> None:
    """Whoever failed once more after the same run's reload is not queued a third time by it."""
    sent(any_db, "failed", "sent")
    assert ordered(any_db, "a-run", reload=True).queued == 1
    with any_db.writing() as session:
        session.connection().exec_driver_sql("UPDATE delivery SET status = 'failed' WHERE status = 'queued'")
    assert ordered(any_db, "a-run", reload=True).queued == 1
    assert [status for _, status, _ in lines(any_db)] == ["failed", "sent", "failed"]
    assert orders(any_db) == [("a-run", "everybody who has not received it", 1, 1, {})]


def test_nobody_was_meant(any_db: Database) -> None:
    """A run that was for nobody is for nobody when it is begun again, whatever became of messages meanwhile."""
    sent(any_db, "sent")
    assert ordered(any_db, "a-run", only="failed").queued == 0
    with any_db.writing() as session:
        session.connection().exec_driver_sql("UPDATE delivery SET status = 'failed'")
    assert ordered(any_db, "a-run", only="failed").sentence == "høst-nytt: nobody is to be sent to again."
    assert len(lines(any_db)) == 1


def test_cancelled_meanwhile(any_db: Database) -> None:
    """A mailing that somebody stopped for good is not opened again by a run that is begun again."""
    mailing_id = sent(any_db, "sent")
    ordered(any_db, "a-run", only="unopened")
    with any_db.writing() as session:
        session.get_one(Mailing, mailing_id).move("cancel")
    came = ordered(any_db, "a-run", only="unopened")
    assert (came.to_be_sent, world.status(any_db, mailing_id)) == (False, MailingStatus.CANCELLED)
    assert came.sentence.endswith("høst-nytt is cancelled.")


def test_what_was_refused_is_no_order(any_db: Database) -> None:
    """A run that could not be asked so has done nothing: begun again after the mistake is mended, it queues."""
    sent(any_db, "sent")
    with pytest.raises(NotFound):
        ordered(any_db, "a-run", only="borte@fjord.test")
    assert orders(any_db) == []
    assert ordered(any_db, "a-run", only="p0@blåbær.test").queued == 1


@pytest.mark.parametrize(("seam", "side", "kept"), [("QUEUE", "after", False), ("COMMIT", "before", False), ("COMMIT", "after", True)])
def test_killed(any_db: Database, seam: str, side: str, kept: bool) -> None:
    """Order and messages are there together or not at all; begun again, and again when they are sent, each has one message more."""
    sent(any_db, "sent", "sent", "bounced")
    killed(any_db, AGAIN, seam, side)
    assert (len(lines(any_db)), len(orders(any_db))) == ((5, 1) if kept else (3, 0))
    for _ in range(2):
        assert ordered(any_db, "a-run", only="unopened").queued == 2
        finish(any_db)
    assert [status for _, status, _ in lines(any_db)] == ["sent", "sent", "bounced", "sent", "sent"]


def test_two_at_once(any_db: Database) -> None:
    """Four processes that take up the same run in the same moment queue each recipient once, keep one order, and are told the same."""
    mailing_id = sent(any_db, *["sent"] * 8)
    together, came, went_wrong = threading.Barrier(4), list[Again](), list[Exception]()

    def take_up() -> None:
        together.wait()
        try:
            came.append(ordered(any_db, "a-run", only="unopened"))
        except Exception as error:  # told below: a thread's own would be lost
            went_wrong.append(error)

    threads = [threading.Thread(target=take_up) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert went_wrong == []
    assert came == [Again(NAME, MailingStatus.SENDING, 8, 8)] * 4
    assert world.statuses(any_db, mailing_id) == {"sent": 8, "queued": 8}
    assert len(orders(any_db)) == 1


def test_it_goes_with_its_mailing(any_db: Database) -> None:
    """A mailing that is deleted takes its orders with it."""
    mailing_id = sent(any_db, "sent")
    ordered(any_db, "a-run", only="unopened")
    with any_db.writing() as session:
        session.connection().exec_driver_sql("DELETE FROM delivery WHERE again_of IS NOT NULL")
        session.connection().exec_driver_sql("DELETE FROM delivery")
        session.connection().exec_driver_sql(f"DELETE FROM mailing WHERE id = {mailing_id}")
    assert orders(any_db) == []
