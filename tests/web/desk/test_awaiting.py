"""What the desk says of a mailing that awaits approval, or will ask for it: nobody takes it for a paused one."""

from __future__ import annotations

from sqlalchemy import select

from mailings.db import Database
from mailings.model import Door, Mailing, Role
from mailings.sending import lifecycle
from mailings.sending.approval import approving
from mailings.sending.approval.approving import Answer
from tests.sending import world
from tests.web.desk.asked import NAME, PAGE, TOLD, ask, rights
from tests.web.desk.fitting import FIT
from tests.web.desk.seated import seated


def test_it_is_said_to_await_approval(db: Database) -> None:
    """In the list, above its pages and on its Summary, with the way to decide; Resume is not offered, Stop for good is."""
    ask(db)
    with seated(db, **FIT) as seat:
        page = seat.look(f"/mailings/{NAME}").text
        assert page.count("Awaiting approval") == 2
        assert f'href="/desk{PAGE}">Look at it and decide' in page
        assert "Paused" not in page
        assert ("/resume" in page, "/cancel" in page, "sse-connect" in page) == (False, True, False)
        shown = seat.look("/mailings").text
        assert ">1 awaits approval</a>" in shown
        assert '<span class="badge paused">Awaiting approval</span>' in shown
        assert NAME in seat.look("/mailings?status=awaits_approval").text
    rights(db, Role.READER)
    with seated(db, **FIT) as seat:
        assert "1 awaits approval" not in seat.look("/mailings").text


def test_approved_it_waits_for_its_run(any_db: Database) -> None:
    """Between the answer and its run the list is not being made: it says, in the list and on its pages, that it is approved and waits."""
    ask(any_db)
    with any_db.writing() as session:
        mailing = session.scalars(select(Mailing).where(Mailing.name == NAME)).one()
        approving.approve(session, mailing, Answer("Désirée", Door.CLI))
    with seated(any_db, **FIT) as seat:
        page = seat.look(f"/mailings/{NAME}").text
        assert "waits for its run, which begins within a minute" in page
        assert "Making the list" not in page
        assert "The list is being made" not in page
        assert "sse-connect" in page
        assert ">Approved, waits for its run</span>" in seat.look("/mailings").text


def test_a_template_is_marked(any_db: Database) -> None:
    """A template is no draft that somebody has yet to finish: the list and its pages say what it is."""
    world.mailing(any_db, NAME, 0, template=True, **TOLD)
    with seated(any_db, **FIT) as seat:
        assert ">Template</span>" in seat.look("/mailings").text
        assert ">Template</span>" in seat.look(f"/mailings/{NAME}").text


def test_paused_on_the_way_is_something_else(db: Database) -> None:
    """A mailing paused while it is sent does not await approval: it is paused, and can be resumed."""
    mailing_id = world.sending(db, NAME, 3, **(TOLD | {"approval": {}}))
    with db.writing() as session:
        lifecycle.pause(session.get_one(Mailing, mailing_id))
    with seated(db, **FIT) as seat:
        page = seat.look(f"/mailings/{NAME}").text
        assert ("Paused" in page, "/resume" in page, "Awaiting approval" in page) == (True, True, False)
        assert "badge paused" not in seat.look("/mailings?status=awaits_approval").text
        assert "await" not in seat.look("/mailings").text.replace("awaits_approval", "").replace("Awaiting approval</option>", "")


def test_a_draft_says_that_it_will_ask(db: Database) -> None:
    """Where its folder or the installation asks above a number, the lower of both is said; where neither does, nothing is."""
    mailing_id = world.mailing(db, NAME, 2, **(TOLD | {"approval": {"above": 500}}))
    said = "Somebody is asked for approval before it goes to more than {}."
    with seated(db, **FIT) as seat:
        assert said.format(500) in seat.look(f"/mailings/{NAME}").text
    with seated(db, approval_above=100, **FIT) as seat:
        assert said.format(100) in seat.look(f"/mailings/{NAME}").text
    with db.writing() as session:
        session.get_one(Mailing, mailing_id).approval = {}
    with seated(db, **FIT) as seat:
        assert "asked for approval" not in seat.look(f"/mailings/{NAME}").text
    with seated(db, approval_above=0, **FIT) as seat:
        assert "Somebody is asked for approval before it is sent." in seat.look(f"/mailings/{NAME}").text
