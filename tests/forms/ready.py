"""What a form of the tests names, and a submission that writes into every field."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mailings import clock
from mailings.db import Database
from mailings.model import (
    Project,
    Selection,
    SelectionKind,
    Submission,
)
from tests.consent.waiting import a_topic
from tests.forms.sent import ASE, submissions

WHOLE = ASE | {
    "mobile": ["998 87 766"], "position": ["Skipper"], "company_name": ["Fjord AS"], "shoe_size": ["38"], "dish": ["veg"],
    "days": ["tir", "man"], "nps": ["9"], "remark": ["Hei"], "consent": ["on"], "topics": ["News"],
}  # fmt: skip
ACTIONS = {"selections": ["Gjester"], "projects": ["Messe"], "interests": ["Seiling"], "request": {"title": "Ring", "priority": "high"}}


def ready(db: Database) -> None:
    """What the form names is there."""
    with db.writing() as session:
        a_topic(session)
        session.add(Selection(name="Gjester", kind=SelectionKind.STATIC, created_at=clock.now()))
        session.add(Project(name="Messe", created_at=clock.now()))


def only(session: Session) -> Submission:
    """The only submission."""
    (one,) = submissions(session)
    return one
