"""When a mailing may be sent again, what may be asked for, and what two who ask at once get."""

from __future__ import annotations

import threading

import pytest

from mailings.audience.explain import explain
from mailings.db import Database
from mailings.errors import NotAllowed, NotFound
from mailings.model import Bucket, Delivery, Mailing, MailingStatus
from mailings.people.showing import show
from mailings.sending import lifecycle
from mailings.sending.resending import Again
from tests.sending import world
from tests.sending.again import NAME, again, lines, move, of, sent


@pytest.mark.parametrize(
    ("only", "error", "says"),
    [
        (
            "gone",
            NotFound,
            "'gone' says nothing about whom to send to again; name failed, bounced, in_doubt, cancelled, unopened, unclicked, or",
        ),
        ("p0@blåbær.test, borte@fjord.test", NotFound, "borte@fjord.test is not on høst-nytt; look at: mailings recipients høst-nytt"),
        ("failed, rot@", NotFound, "rot@ is not on høst-nytt"),
        (" , ", NotAllowed, "It is not said whom to send to again"),
    ],
)
def test_what_cannot_be_asked_for(any_db: Database, only: str, error: type[Exception], says: str) -> None:
    """A word that is none, an address that is not on the mailing: one sentence, and nothing is changed."""
    mailing_id = sent(any_db, "failed", "sent")
    with pytest.raises(error) as told:
        again(any_db, only=only)
    assert says in str(told.value)
    assert len(lines(any_db)) == 2
    assert world.status(any_db, mailing_id) is MailingStatus.SENT


def test_one_of_the_two(any_db: Database) -> None:
    """Reload and only exclude each other."""
    sent(any_db, "failed")
    with pytest.raises(NotAllowed, match="one of them"):
        again(any_db, reload=True, only="failed")


def test_nobody_fits(any_db: Database) -> None:
    """A resend of nothing says so, and a sent or cancelled mailing stays what it is."""
    mailing_id = sent(any_db, "sent")
    for status in (MailingStatus.SENT, MailingStatus.CANCELLED):
        with any_db.writing() as session:
            session.get_one(Mailing, mailing_id).status = status
        for came in (again(any_db, only="failed"), again(any_db, reload=True)):
            assert (came.queued, came.status, came.sentence) == (0, status, "høst-nytt: nobody is to be sent to again.")


@pytest.mark.parametrize("status", list(MailingStatus))
def test_where_it_is_allowed(any_db: Database, status: MailingStatus) -> None:
    """Sent and cancelled are reopened, sending goes on, paused stays paused and says how to resume; before that nothing can be resent."""
    mailing_id = sent(any_db, "failed")
    with any_db.writing() as session:
        session.get_one(Mailing, mailing_id).status = status
    if status in (MailingStatus.DRAFT, MailingStatus.SCHEDULED, MailingStatus.POPULATING):
        with pytest.raises(NotAllowed, match=f"høst-nytt is {status}: nobody has got it"):
            again(any_db, only="failed")
        return
    came = again(any_db, only="failed")
    assert world.statuses(any_db, mailing_id) == {"failed": 1, "queued": 1}
    paused = status is MailingStatus.PAUSED
    assert world.status(any_db, mailing_id) is came.status is (status if paused else MailingStatus.SENDING)
    assert ("mailings resume høst-nytt" in came.sentence) is paused


def test_cancelled_before_it_began(any_db: Database) -> None:
    """A draft that was cancelled was never checked: it cannot come to be sent by a resend."""
    mailing_id = world.mailing(any_db, recipients=1, status=MailingStatus.CANCELLED)
    with pytest.raises(NotAllowed, match="høst-nytt was cancelled before anybody got it; send its like with: mailings copy høst-nytt NEW"):
        again(any_db, reload=True)
    assert world.statuses(any_db, mailing_id) == {}


def test_a_cancelled_mailing_comes_back(any_db: Database) -> None:
    """Cancelled by mistake: a resend of the cancelled ones opens it again, and cancelling again ends it."""
    mailing_id = sent(any_db, "sent", "cancelled")
    with any_db.writing() as session:
        session.get_one(Mailing, mailing_id).status = MailingStatus.CANCELLED
    assert again(any_db, only="cancelled").status is MailingStatus.SENDING
    with any_db.writing() as session:
        assert lifecycle.cancel(session, session.get_one(Mailing, mailing_id)) == 1
    assert NAME in again(any_db, only="cancelled").sentence


@pytest.mark.parametrize("asked", [{"only": "failed"}, {"reload": True}, {"only": "p0@blåbær.test,p1@blåbær.test"}])
def test_two_at_once_are_one(any_db: Database, asked: dict[str, object]) -> None:
    """Four doors that ask for the same in the same moment queue each recipient once between them."""
    mailing_id = sent(any_db, *["failed"] * 8)
    together, came, went_wrong = threading.Barrier(4), list[Again](), list[Exception]()

    def door() -> None:
        together.wait()
        try:
            came.append(again(any_db, **asked))
        except Exception as error:  # told below: a thread's own would be lost
            went_wrong.append(error)

    doors = [threading.Thread(target=door) for _ in range(4)]
    for one in doors:
        one.start()
    for one in doors:
        one.join()
    assert went_wrong == []
    meant = 2 if "p0" in str(asked) else 8
    assert sorted(one.queued for one in came) == [0, 0, 0, meant]
    assert world.statuses(any_db, mailing_id) == {"failed": 8, "queued": meant}
    assert len({where for where, status, _ in lines(any_db) if status == "queued"}) == meant


def test_into_the_lane_of_its_domain(any_db: Database) -> None:
    """Where a recipient domain has a limit, a further message waits in that domain's lane: in today's, if the address changed."""
    sent(any_db, "failed", "failed")
    with any_db.writing() as session:
        bucket = Bucket(name="domain:fjord.test", per_minute=60.0)
        session.add(bucket)
        session.flush()
        lane = bucket.id
        move(session, 1, "ny@fjord.test")
    again(any_db, only="failed")
    with any_db.reading() as session:
        queued = session.query(Delivery.lane).filter_by(status="queued").order_by(Delivery.id)
        assert [found for (found,) in queued] == [0, lane]


def test_the_history_tells_it(any_db: Database) -> None:
    """Explaining a recipient, and showing a person, say after what a message was sent again."""
    mailing_id = sent(any_db, "failed")
    with any_db.writing() as session:
        session.query(Delivery).update({"code": "550", "reason": "ukjent mottaker"})
    again(any_db, only="failed")
    with any_db.reading() as session:
        (told,) = explain(session, session.get_one(Mailing, mailing_id), "p0@blåbær.test")
        assert told.delivery is not None
        assert (told.delivery["status"], told.delivery["again_after"]) == ("queued", "failed 550 ukjent mottaker")
        (shown,) = show(session, of(session, 0)[0])["mailings"]
        assert [one.get("again_after") for one in shown["deliveries"]] == [None, "failed"]
