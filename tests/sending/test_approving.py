"""A mailing that needs approval: who is asked when, what an answer does, and what is refused meanwhile."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import object_session

from mailings.db import Database
from mailings.errors import IllegalMove, NotAllowed
from mailings.model import Approval, ApprovedRecipient, Decision, Door, Mailing, MailingStatus, MailingType
from mailings.sending import lifecycle
from mailings.sending.approval import approved, approving
from mailings.sending.approval.approving import Answer
from mailings.sending.finding import mailing_named
from mailings.settings import Settings
from tests.sending import asking, world
from tests.sending.asking import NAME, YES


def marks(db: Database) -> int:
    """How many recipients are marked as approved."""
    with db.reading() as session:
        return len(session.scalars(select(ApprovedRecipient.mark)).all())


@pytest.mark.parametrize(
    ("facts", "above", "needs"),
    [
        ({"approval": {}}, None, False),
        ({"approval": {"above": 0}}, None, True),
        ({"approval": {"above": 2}}, None, True),
        ({"approval": {"above": 3}}, None, False),
        ({"approval": {}}, 2, True),
        ({"approval": {}}, 3, False),
        ({"approval": {"above": 5000}}, 2, True),
        ({"approval": {"above": 0}, "type": MailingType.FORM_RESPONSE}, 0, False),
    ],
)
def test_when_somebody_is_asked(facts: dict[str, Any], above: int | None, needs: bool) -> None:
    """The mailing's own limit and the installation's each ask where more than so many would get it; a form response never asks."""
    mailing = Mailing(**({"name": NAME, "type": MailingType.EMAIL} | facts))
    assert approved.needed(mailing, 3, Settings(approval_above=above)) is needs


def test_asked_once(any_db: Database) -> None:
    """Asking pauses the mailing with its list frozen and everybody on it marked; asked again it is the same question."""
    mailing_id = asking.ready(any_db, 3)
    number = asking.ask(any_db)
    with any_db.writing() as session:
        again = approving.ask(session, mailing_named(session, NAME), [], asking.SETTINGS)
        assert again is not None
        assert again.id == number
        mailing = session.get_one(Mailing, mailing_id)
        assert (mailing.status, mailing.held_reason, mailing.awaits_approval) == (MailingStatus.PAUSED, "awaiting approval", True)
        assert mailing.frozen_at == again.asked_at
    question = asking.question(any_db)
    assert (question.eligible, question.warnings, question.decision) == (3, ["Det mangler en tekst."], None)
    assert marks(any_db) == 3


def resume(mailing: Mailing) -> None:
    """Let it go on, in the transaction it was read in."""
    session = object_session(mailing)
    assert session is not None
    lifecycle.resume(session, mailing)


@pytest.mark.parametrize("move", [resume, lifecycle.must_be_startable, lifecycle.pick_up])
def test_nothing_goes_on_by_itself(db: Database, move: Any) -> None:
    """While somebody is asked neither resuming nor sending moves the mailing: both name the command that does."""
    asking.ready(db)
    asking.ask(db)
    with db.writing() as session, pytest.raises(IllegalMove, match=r"høst-nytt awaits approval.* mailings approve høst-nytt"):
        move(mailing_named(session, NAME))


def test_approved_and_sent(any_db: Database) -> None:
    """What was approved is sent to those it was approved for; the row stays with who said so, the marks go."""
    mailing_id = asking.ready(any_db)
    asking.ask(any_db)
    asked = asking.eligible(any_db)
    asking.approve(any_db)
    assert world.status(any_db, mailing_id) is MailingStatus.POPULATING
    assert asking.send(any_db) == asked
    found = asking.question(any_db)
    assert (found.decision, found.decided_by, found.door, found.comment) == (
        Decision.APPROVED,
        "Désirée van der IJssel",
        Door.CLI,
        "Fint!",
    )
    assert marks(any_db) == 0


def test_declined(any_db: Database) -> None:
    """Declined it is a draft whose list is made anew; the next run asks a new question."""
    mailing_id = asking.ready(any_db)
    first = asking.ask(any_db)
    with any_db.writing() as session:
        approving.decline(session, mailing_named(session, NAME), YES)
    with any_db.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert (mailing.status, mailing.frozen_at, mailing.held_reason) == (MailingStatus.DRAFT, None, None)
    assert marks(any_db) == 0
    assert asking.ask(any_db) not in (None, first)


def test_cancelled(any_db: Database) -> None:
    """A mailing that awaits approval may be cancelled: nobody need answer any more, and the reason stays."""
    asking.ready(any_db)
    asking.ask(any_db)
    with any_db.writing() as session:
        lifecycle.cancel(session, mailing_named(session, NAME))
    found = asking.question(any_db)
    assert (found.decision, found.comment, marks(any_db)) == (Decision.VOID, "the mailing was cancelled", 0)
    with (
        any_db.writing() as session,
        pytest.raises(IllegalMove, match="is approved no more: the mailing was cancelled; it is cancelled now"),
    ):
        approving.approve(session, mailing_named(session, NAME), YES)


def test_answered_once(any_db: Database) -> None:
    """Of two who answer in the same moment one is heard, the other is told whose answer stands."""
    asking.ready(any_db)
    asking.ask(any_db)
    start, heard, refused = threading.Barrier(2), [], []

    def answer(by: str) -> None:
        start.wait(60)
        try:
            asking.approve(any_db, Answer(by, Door.DESK))
            heard.append(by)
        except IllegalMove as error:
            refused.append(str(error))

    both = [threading.Thread(target=answer, args=(by,)) for by in ("Åse", "Ørjan")]
    for one in both:
        one.start()
    for one in both:
        one.join(120)
    assert len(heard) == len(refused) == 1
    assert f"høst-nytt was approved by {heard[0]} (desk)" in refused[0]


def test_an_answer_to_another_question(db: Database) -> None:
    """Who looked at a question that was declined and asked anew meanwhile is told to look again; nothing is approved."""
    asking.ready(db)
    first = asking.ask(db)
    with db.writing() as session:
        approving.decline(session, mailing_named(session, NAME), YES)
    asking.ask(db)
    with pytest.raises(IllegalMove, match="look at it again"):
        asking.approve(db, Answer("Åse", Door.DESK, question=first))
    assert asking.question(db).decision is None


def test_nobody_asks(db: Database) -> None:
    """A mailing nobody was asked about can be neither approved nor shown for approval."""
    asking.ready(db)
    with db.writing() as session:
        mailing = mailing_named(session, NAME)
        for verb in (lambda: approving.approve(session, mailing, YES), lambda: approving.question_of(session, mailing, asking.SETTINGS)):
            with pytest.raises(IllegalMove, match="høst-nytt is draft and asks for no approval now"):
                verb()


def test_nobody_passes_by(db: Database) -> None:
    """A sending that begins without anybody having been asked is refused: nothing is queued."""
    asking.ready(db)
    with pytest.raises(NotAllowed, match="nobody was asked"):
        asking.send(db)
    assert asking.queued(db) == set()


def test_what_is_shown(db: Database) -> None:
    """The question names those it goes to and those left out, and shows messages from all over the list, under names."""
    asking.ready(db, 5, html="<p>Hei [[ customer.name ]]</p>", sender={"name": "Fjord", "address": "news@fjord.test", "use": "always"})
    with db.writing() as session:
        asking.join_in(session, "Utmeldt", "").no_mailings = True
    asking.ask(db)
    with db.reading() as session:
        shown = approving.question_of(session, mailing_named(session, NAME), asking.SETTINGS)
        assert (shown.eligible, shown.excluded, shown.warnings) == (5, {"stopped": 1}, ["Det mangler en tekst."])
        assert [sample.name for sample in shown.samples] == ["Åse Ødegård 0", "Åse Ødegård 2", "Åse Ødegård 4"]
        assert [sample.text.strip() for sample in shown.samples] == [f"Hei Åse Ødegård {n}" for n in (0, 2, 4)]
        assert shown.samples[0].subject == "Høst"


@pytest.mark.parametrize("decision", Decision)
def test_the_sentence_begins_with_the_name(decision: Decision) -> None:
    """Whatever was said, the sentence begins with the mailing's name as it is written, so that no door has to put a capital before it."""
    given = Approval(decision=decision, decided_by="Åse", decided_at=datetime(2026, 11, 22, tzinfo=UTC), door=Door.DESK, comment="Fint")
    assert approving.said(given, "høst-nytt").startswith("høst-nytt ")
