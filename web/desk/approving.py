"""A mailing laid before somebody for approval: whom it would go to, three messages, warnings; and their word on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy.orm import Session

from mailings.errors import NotAllowed
from mailings.model import Door, Mailing, Role
from mailings.sending.approval import approving
from mailings.sending.approval.approving import Answer
from mailings.sending.finding import mailing_named
from web.desk.acting import may_override
from web.desk.asking import asked_of
from web.desk.at import AtDesk, Desk, path
from web.desk.heads import head_of
from web.desk.summary import written

router = APIRouter()

LONGEST = 2000  # letters of a comment
SAID = {"approve": (approving.approve, "is_approved"), "decline": (approving.decline, "is_declined")}


@dataclass(frozen=True, slots=True)
class Shown:
    """The page once more: why nothing was changed, and the comment they had written."""

    refused: str = ""
    comment: str = ""
    status: int = 200


class TooLate(NotAllowed):
    """Somebody else answered, or asked anew, since the page was shown."""


@router.get("/mailings/{name}/approval", response_model=None)
def approval(name: str, desk: AtDesk) -> Response:
    """What would be sent and to how many, with the form; the last answer, where nobody is asked now."""
    return _page(desk, name, Shown())


@router.post("/mailings/{name}/approval", response_model=None)
def decide(name: str, desk: AtDesk) -> Response:
    """Approve or decline what the page showed. Whoever comes second has changed nothing, and is told who was first."""
    desk.must(Role.SENDER)
    said, comment = desk.fields.first("decision"), desk.fields.first("comment").strip()[:LONGEST]
    if said not in SAID:
        return _page(desk, name, Shown(desk.say("approval_choose"), comment, 400))
    verb, note = SAID[said]
    told: dict[str, Any] = {}
    try:
        with desk.changing(said, f"mailing {name}", told) as session:
            mailing = mailing_named(session, name, locked=True)
            _must_be_shown(desk, session, mailing)
            if said == "approve":
                may_override(desk, mailing)
            told |= {"n": verb(session, mailing, Answer(desk.user.name, Door.DESK, comment)).eligible}
    except NotAllowed as error:
        return _page(desk, name, Shown(str(error), comment, 409))
    return desk.moved_to(path("mailings", name), note)


def _must_be_shown(desk: Desk, session: Session, mailing: Mailing) -> None:
    """What is decided on is what they looked at: the question's number came with the page. Raises TooLate."""
    now = approving.asked(session, mailing)
    if now is None:
        raise TooLate(desk.say("approval_too_late"))
    if str(now.id) != desk.fields.first("question"):
        raise TooLate(desk.say("approval_stale"))


def _page(desk: Desk, name: str, shown: Shown) -> Response:
    with desk.door.database.reading() as session:
        mailing, head = head_of(session, name)
        question = approving.question_of(session, mailing, desk.door.settings) if approving.asked(session, mailing) else None
        values: dict[str, Any] = {
            "asked": asked_of(session, mailing),
            "sender": written(mailing.sender),
            "sender_use": mailing.sender.get("use", "always"),
            "needs_right": mailing.override_consent and not desk.may(Role.OVERRIDE_CONSENT),
        }
    return desk.show(
        "mailing/approval.html", shown.status, head=head, tab="summary", question=question, shown=shown, longest=LONGEST, **values
    )
