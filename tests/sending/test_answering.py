"""Form responses: what a form sends is answered once, whatever the person said about newsletters, with what they sent in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from mailings import clock
from mailings.audience.copies import delete_mailing
from mailings.audience.drafts import push
from mailings.audience.populate import populate
from mailings.consent.standing import block_address, complain
from mailings.consent.withdrawing import withdraw
from mailings.db import Database
from mailings.errors import NotAllowed
from mailings.model import Address, Delivery, MailingStatus, Person, Recipient, Submission, SubmissionStatus
from mailings.sending import lifecycle
from mailings.sending.finding import mailing_named
from mailings.sending.form_responses.answering import queue_response
from mailings.sending.form_responses.responding import held
from mailings.sending.preflight import check
from mailings.sending.previewing import preview
from mailings.sending.resending import resend
from tests.forms.sent import SETTINGS, pushed, send
from tests.sending.answered import BODY, FIELDS, WRITTEN, deliveries, furnished, look
from tests.sending.asked import person


def test_answered_with_what_was_sent(any_db: Database, tmp_path: Path) -> None:
    """Labels and values stand in a table, markup in them is words, and the text part has them as lines."""
    furnished(any_db, tmp_path)
    send(any_db, dict(WRITTEN))
    (message,) = look(any_db)
    assert message["Subject"] == "Takk, Åse Ødegård"
    assert message["To"].addresses[0].addr_spec == "ase@fjord.test"
    html, text = (message.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("html", "plain"))
    assert "Hei &lt;b&gt;du&lt;/b&gt;<br>og takk" in html
    assert "Grønnsaker</td>" in html
    assert "vi fikk Påmelding" in html
    assert "Middag: Grønnsaker" in text
    assert "Merknad: Hei <b>du</b>\nog takk" in text
    assert "List-Unsubscribe" not in message
    assert "https://fjord.test/hytta" not in html  # its clicks are followed


def test_answered_in_the_words_they_saw(any_db: Database, tmp_path: Path) -> None:
    """A form that was pushed with other labels before the answer left: the receipt has those that stood on their page."""
    furnished(any_db, tmp_path)
    send(any_db, dict(WRITTEN))
    other = FIELDS.replace("Middag", "Frokost").replace("Grønnsaker", "Brød")
    pushed(any_db, tmp_path / "form", other, response="takk", title="Frokosten")
    (message,) = look(any_db)
    text = message.get_body(("plain",)).get_content()
    assert "Middag: Grønnsaker" in text
    assert "vi fikk Påmelding" in text
    assert "Frokost" not in text


def test_once_for_each_submission(any_db: Database, tmp_path: Path) -> None:
    """Asked twice for one submission it is queued once; who sends the form again is answered again, behind the first."""
    furnished(any_db, tmp_path)
    send(any_db)
    with any_db.writing() as session:
        (submission,) = session.scalars(select(Submission))
        again = queue_response(session, mailing_named(session, "takk"), submission)
        assert again == session.scalar(select(Delivery.id))
    send(any_db)
    first, second = deliveries(any_db)
    assert (first[1], second[1]) == (1, 2)
    assert second[2] == again
    assert len(look(any_db)) == 2
    assert look(any_db) == []


def test_a_no_to_newsletters_is_none_to_an_answer(any_db: Database, tmp_path: Path) -> None:
    """Who withdrew consent for mailings still gets the answer to what they sent; blocked, complained and erased get none (J.5)."""
    furnished(any_db, tmp_path)
    who = person(any_db)
    with any_db.writing() as session:
        withdraw(session, who, "Self")
    send(any_db)
    assert len(look(any_db)) == 1
    with any_db.writing() as session:
        complain(session, "ase@fjord.test")
    send(any_db)
    assert look(any_db) == []
    with any_db.reading() as session:
        statuses = list(session.scalars(select(Submission.status)))
        outcomes = list(session.scalars(select(Submission.outcome).order_by(Submission.id)))
    assert statuses == [SubmissionStatus.PROCESSED] * 2
    assert ["nobody may be written to" in str(one) for one in outcomes] == [False, True]


def test_blocked_while_it_waits(any_db: Database, tmp_path: Path) -> None:
    """A block that comes between the submission and the look of the loop is in force."""
    furnished(any_db, tmp_path)
    send(any_db)
    with any_db.writing() as session:
        block_address(session, "ase@fjord.test", "550 5.1.1 nobody")
    assert look(any_db) == []
    assert [status for status, *_ in deliveries(any_db)] == ["cancelled"]


@pytest.mark.parametrize("way", ["draft", "paused"])
def test_kept_waiting(any_db: Database, tmp_path: Path, way: str) -> None:
    """One that is not open, or paused, keeps what forms ask of it, says why, and sends it when it may."""
    furnished(any_db, tmp_path, opened=way != "draft")
    if way == "paused":
        with any_db.writing() as session:
            lifecycle.pause(mailing_named(session, "takk"), "The server is away.")
    send(any_db)
    assert look(any_db) == []
    with any_db.writing() as session:
        push(session, tmp_path / "takk") if way == "draft" else None  # written anew, and looked at: who waits still waits
        populate(session, mailing_named(session, "takk"), launch=False)
    with any_db.writing() as session:
        why = held(session)["takk"]
        mailing = mailing_named(session, "takk")
        lifecycle.open_response(session, mailing) if way == "draft" else lifecycle.resume(session, mailing)
    assert ("not open yet" in why) if way == "draft" else ("The server is away." in why)
    assert len(look(any_db)) == 1
    with any_db.reading() as session:
        assert mailing_named(session, "takk").status is MailingStatus.SENDING  # and it stays open


def test_not_deleted_while_people_wait(any_db: Database, tmp_path: Path) -> None:
    """A form response that is not open yet is not deleted under those who wait for it; closed, nobody waits any more."""
    furnished(any_db, tmp_path, opened=False)
    send(any_db)
    with any_db.writing() as session:
        mailing = mailing_named(session, "takk")
        with pytest.raises(NotAllowed, match=r"^1 answer to people who sent its form waits for takk; .* mailings cancel takk$"):
            delete_mailing(session, mailing)
        assert lifecycle.cancel(session, mailing) == 1
        delete_mailing(session, mailing)


def test_looked_over_and_shown(db: Database, tmp_path: Path) -> None:
    """A variable that no form has is a problem with its place; a preview shows the form filled in by nobody."""
    furnished(db, tmp_path, opened=False, body=BODY.replace("submission.dish", "submission.dihs"))
    with db.writing() as session:
        found = check(session, mailing_named(session, "takk"), SETTINGS, ())
    assert [one for one in found.problems if "submission.dihs" in one], found
    furnished(db, tmp_path, opened=False)
    with db.writing() as session:
        mailing = mailing_named(session, "takk")
        found = check(session, mailing, SETTINGS, ())
        shown = preview(session, mailing, "desiree@fjord.test")
    assert found.problems == []
    assert found.notes == ["It answers whoever sends pamelding."]
    assert "Middag: Fisk" in shown.text
    assert "<th" in shown.html


def test_the_row_says_which_address(any_db: Database, tmp_path: Path) -> None:
    """Where the person's first address is another one, the answer goes there as all mail of theirs does (domain.md C.2)."""
    furnished(any_db, tmp_path)
    with any_db.writing() as session:
        made = Person(name="Désirée van der IJssel", created_at=clock.now())
        session.add(made)
        session.flush()
        for rank, address in enumerate(("desiree@ijssel.test", "ase@fjord.test"), 1):
            session.add(Address(person_id=made.id, written=address, normal=address, valid=True, rank=rank))
    send(any_db)
    (message,) = look(any_db)
    assert message["To"].addresses[0].addr_spec == "desiree@ijssel.test"
    with any_db.reading() as session:
        assert session.scalars(select(Recipient.address)).all() == ["desiree@ijssel.test"]


def test_sent_again_with_what_was_sent(any_db: Database, tmp_path: Path) -> None:
    """An answer that failed is sent again behind it, with the values of its own submission."""
    furnished(any_db, tmp_path)
    send(any_db, dict(WRITTEN))
    with any_db.writing() as session:
        session.execute(update(Delivery).values(status="failed", attempts=1, next_attempt_at=None))
    with any_db.writing() as session:
        resend(session, mailing_named(session, "takk", locked=True), reload=False, only="failed")
    with any_db.writing() as session:
        session.execute(update(Delivery).where(Delivery.status == "queued").values(next_attempt_at=clock.now()))
    first, second = deliveries(any_db)
    assert (second[0], second[1]) == ("queued", first[1])
    (message,) = look(any_db)
    assert "Middag: Grønnsaker" in message.get_body(("plain",)).get_content()
