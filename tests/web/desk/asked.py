"""A mailing that somebody is asked about, and what was said, for tests of the desk."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select

from mailings.db import Database
from mailings.model import Approval, Mailing, MailingStatus, Role, User, Verdict
from mailings.sending.approval import approving
from mailings.settings import Settings
from tests.sending import world
from tests.web.desk.fitting import FIT
from tests.web.desk.seated import Seat

NAME = "høst-nytt"
PAGE = f"/mailings/{NAME}/approval"
TOLD: dict[str, Any] = {
    "sender": {"name": "Désirée van der IJssel", "address": "nyheter@fjord.test", "use": "always"},
    "reply_to": {"use": "from"},
    "html": "<p>Kjære [[ customer.name ]]</p>",
    "subject": "Høst hos [[ customer.name ]]",
    "approval": {"above": 0},
}


def ask(db: Database, recipients: int = 5, **facts: Any) -> int:
    """A mailing that was populated and asks for approval: so many would get it, two have no consent; its id."""
    mailing_id = world.mailing(db, NAME, recipients, status=MailingStatus.POPULATING, **(TOLD | facts))
    with db.writing() as session:
        world.add_recipients(session, mailing_id, 2, Verdict.NO_CONSENT, "øyvind")
        approving.ask(
            session, session.get_one(Mailing, mailing_id), ["The text has no link to unsubscribe."], Settings(_env_file=None, **FIT)
        )
    return mailing_id


def question(page: str) -> str:
    """The number of the question a page asks."""
    found = re.search(r'name="question" value="(\d+)"', page)
    assert found
    return found[1]


def answer(seat: Seat, decision: str, comment: str = "") -> Any:
    """What comes of looking at the page and pressing one of its buttons."""
    return seat.press(PAGE, decision=decision, comment=comment, question=question(seat.look(PAGE).text))


def given(db: Database) -> list[tuple[str | None, str | None, str | None, str | None]]:
    """Every question of the mailing: decision, by whom, where, with which comment."""
    with db.reading() as session:
        rows = session.scalars(select(Approval).order_by(Approval.id)).all()
        return [(row.decision and str(row.decision), row.decided_by, row.door and str(row.door), row.comment) for row in rows]


def rights(db: Database, *roles: Role) -> None:
    """Give the user these roles and no other."""
    with db.writing() as session:
        session.scalars(select(User)).one().roles = [str(role) for role in roles]
