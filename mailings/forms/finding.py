"""Finds forms by name, and says whether one may be filled in now (domain.md J.1)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.errors import NotFound
from mailings.model import Form, Submission


class Closed(StrEnum):
    """Why a form cannot be filled in now; its visitors see its inactive page."""

    INACTIVE = "inactive"
    NOT_YET = "not_yet"
    OVER = "over"
    FULL = "full"


def form_named(session: Session, name: str) -> Form:
    """The form of that name. Raises NotFound."""
    found = session.scalar(select(Form).where(Form.name == name))
    if found is None:
        raise NotFound(f"There is no form named {name!r}; see them all: mailings forms list")
    return found


def submission_numbered(session: Session, number: int) -> Submission:
    """The submission of that number. Raises NotFound."""
    found = session.get(Submission, number)
    if found is None:
        raise NotFound(f"There is no submission {number}; it may have been deleted.")
    return found


def closed(session: Session, form: Form) -> Closed | None:
    """Why the form cannot be filled in now; None while it can. Active, window, maximum: whichever says no first (J.1)."""
    now: datetime = clock.now()
    if not form.active:
        return Closed.INACTIVE
    if form.opens_at is not None and now < form.opens_at:
        return Closed.NOT_YET
    if form.closes_at is not None and now >= form.closes_at:
        return Closed.OVER
    if form.max_submissions is not None and taken(session, form.id) >= form.max_submissions:
        return Closed.FULL
    return None


def taken(session: Session, form_id: int) -> int:
    """How many submissions count against the maximum: all that were sent, those that wait for their confirmation among them."""
    return session.scalar(select(func.count()).where(Submission.form_id == form_id)) or 0
