"""A mailing laid before somebody at the desk: what it would send, their word in the log, and that the first answer stands."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from mailings.db import Database
from mailings.model import ApprovedRecipient, AuditEntry, Door, Mailing, MailingStatus, Role
from mailings.sending.approval import approving
from mailings.sending.approval.approving import Answer
from mailings.settings import Settings
from tests.sending import world
from tests.web.desk.asked import NAME, PAGE, TOLD, answer, ask, given, question, rights
from tests.web.desk.fitting import FIT, logged, stands
from tests.web.desk.seated import seated


def test_what_it_would_send(any_db: Database) -> None:
    """How many get it and who is left out in words, the warning, three messages each in a sandboxed frame, no address; then the form."""
    ask(any_db)
    with seated(any_db, **FIT) as seat:
        page = seat.look(PAGE).text
        assert re.search(r"Would get it</a></dt><dd>5</dd>", page)
        assert re.search(r"Left out — no consent</a></dt><dd>2</dd>", page)
        assert "The text has no link to unsubscribe." in page
        frames = re.findall(r'<iframe class="message" sandbox [^>]*src="/desk([^"]+)"', page)
        assert len(frames) == 3
        assert [f"Høst hos Åse Ødegård {n}" in page for n in (0, 2, 4)] == [True, True, True]
        assert "Désirée van der IJssel &lt;nyheter@fjord.test&gt;" in page
        assert "@fjord.test" not in page.replace("nyheter@fjord.test", "")
        assert "Kjære Åse Ødegård 4" in seat.look(frames[2]).text
        for word in ('value="approve"', 'value="decline"', "data-ask="):
            assert word in page


def test_approved(any_db: Database) -> None:
    """It goes on with its list; the row and the log have who, where and why; the Summary tells it, and nobody is asked any more."""
    mailing_id = ask(any_db)
    with seated(any_db, **FIT) as seat:
        done = answer(seat, "approve", " Fint, kjør! ")
        assert (done.status_code, done.headers["location"]) == (303, "/desk/mailings/h%C3%B8st-nytt")
        page = seat.look(f"/mailings/{NAME}").text
        assert "Approved; sending begins within a minute." in page
        assert re.search(r"approved · åse \(at the desk\) · <time [^>]+>[^<]+</time><span class=\"hint\">Fint, kjør!</span>", page)
        assert "Nobody is asked about this mailing now." in seat.look(PAGE).text
    assert given(any_db) == [("approved", "åse", "desk", "Fint, kjør!")]
    assert logged(any_db) == [("åse", "approve", f"mailing {NAME}")]
    with any_db.reading() as session:
        assert session.scalars(select(AuditEntry.details)).one() == {"n": 5}
        mailing = session.get_one(Mailing, mailing_id)
        assert (mailing.status, mailing.held_reason) == (MailingStatus.POPULATING, None)
        assert mailing.frozen_at is not None
        assert len(session.scalars(select(ApprovedRecipient)).all()) == 5


def test_declined(any_db: Database) -> None:
    """It is under construction again, and the Summary says who declined it and why, what they wrote shown as text."""
    ask(any_db)
    with seated(any_db, **FIT) as seat:
        answer(seat, "decline", "Feil <b>pris</b>")
        page = seat.look(f"/mailings/{NAME}").text
        assert "Declined; it is under construction again." in page
        assert '<span class="hint">Feil &lt;b&gt;pris&lt;/b&gt;</span>' in page
    assert given(any_db) == [("declined", "åse", "desk", "Feil <b>pris</b>")]
    assert stands(any_db).status is MailingStatus.DRAFT
    assert logged(any_db) == [("åse", "decline", f"mailing {NAME}")]


def test_answered_meanwhile(any_db: Database) -> None:
    """Who presses after somebody else has answered changes nothing, is told whose word stands, and nothing of theirs is in the log."""
    ask(any_db)
    with seated(any_db, **FIT) as seat:
        looked_at = question(seat.look(PAGE).text)
        with any_db.writing() as session:
            mailing = session.scalars(select(Mailing)).one()
            approving.decline(session, mailing, Answer("désirée", Door.CLI, "Ikke i dag"))
        late = seat.press(PAGE, decision="approve", question=looked_at)
    assert late.status_code == 409
    for words in ("The question was answered meanwhile", "declined · désirée (on the command line)", "Ikke i dag"):
        assert words in late.text
    assert given(any_db) == [("declined", "désirée", "cli", "Ikke i dag")]
    assert stands(any_db).status is MailingStatus.DRAFT
    assert logged(any_db) == []


def test_only_what_was_looked_at_is_approved(db: Database) -> None:
    """Declined, changed and asked anew while a page stood open: its button approves nothing, and shows what is asked now."""
    mailing_id = ask(db)
    with seated(db, **FIT) as seat:
        looked_at = question(seat.look(PAGE).text)
        with db.writing() as session:
            mailing = session.get_one(Mailing, mailing_id)
            approving.decline(session, mailing, Answer("désirée", Door.DESK))
            mailing.subject = "Ny pris"
            mailing.move("begin")
            approving.ask(session, mailing, [], Settings(_env_file=None, **FIT))
        late = seat.press(PAGE, decision="approve", question=looked_at, comment="Bra, Åse")
        assert (late.status_code, "nothing was changed. Look again" in late.text) == (409, True)
        assert ("Ny pris" in late.text, "Bra, Åse</textarea>" in late.text) == (True, True)
        assert question(late.text) != looked_at
    assert [decision for decision, *_ in given(db)] == ["declined", None]
    assert stands(db).status is MailingStatus.PAUSED


@pytest.mark.parametrize("fields", [{"decision": ""}, {"decision": "maybe"}])
def test_a_form_without_an_answer(db: Database, fields: dict[str, str]) -> None:
    """Neither button pressed: the page says so, keeps the comment, and nothing is decided."""
    ask(db)
    with seated(db, **FIT) as seat:
        shown = seat.press(PAGE, comment="ø", **fields)
    assert (shown.status_code, "Press Approve or Decline." in shown.text, "ø</textarea>" in shown.text) == (400, True, True)
    assert given(db) == [(None, None, None, None)]


def test_who_may_decide(db: Database) -> None:
    """Readers look and decide nothing; where consent is overridden a sender may decline, and approves with that right alone."""
    ask(db, override_consent=True)
    with seated(db, Role.READER, **FIT) as seat:
        page = seat.look(PAGE).text
        assert ("<textarea" in page, "You need the role" in page) == (False, True)
        assert "Look at it<" in seat.look(f"/mailings/{NAME}").text
        assert seat.press(PAGE, decision="approve", question="1").status_code == 403
    rights(db, Role.SENDER)
    with seated(db, **FIT) as seat:
        page = seat.look(PAGE).text
        assert ('value="approve"' in page, 'value="decline"' in page) == (False, True)
        refused = answer(seat, "approve")
        assert (refused.status_code, "people without consent" in refused.text) == (409, True)
    assert given(db) == [(None, None, None, None)]
    assert logged(db) == []
    rights(db, Role.SENDER, Role.OVERRIDE_CONSENT)
    with seated(db, **FIT) as seat:
        assert answer(seat, "approve").status_code == 303
    assert stands(db).status is MailingStatus.POPULATING


def test_a_message_that_cannot_be_shown(db: Database) -> None:
    """A template that broke since is told in its place; whoever decides still can."""
    mailing_id = ask(db)
    with db.writing() as session:
        session.get_one(Mailing, mailing_id).html = "[[ customer.nothing ]]"
    with seated(db, **FIT) as seat:
        page = seat.look(PAGE)
        assert (page.status_code, page.text.count("This message cannot be shown:")) == (200, 3)
        assert answer(seat, "decline").status_code == 303


def test_nobody_was_ever_asked(db: Database) -> None:
    """The page of a mailing that asks for nothing says so; a decision about it changes nothing."""
    world.mailing(db, NAME, 2, **TOLD)
    with seated(db, **FIT) as seat:
        assert "Nobody is asked about this mailing now." in seat.look(PAGE).text
        assert seat.press(PAGE, decision="approve", question="1").status_code == 409
        assert seat.look("/mailings/finnes-ikke/approval").status_code == 404
    assert stands(db).status is MailingStatus.DRAFT
