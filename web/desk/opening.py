"""A form response is opened and closed: from when, and until when, whoever sends a form is answered by it (domain.md A, J.5)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy.orm import Session

from mailings.errors import NotAllowed
from mailings.model import Mailing, MailingType
from mailings.sending import lifecycle
from mailings.sending.form_responses.answering import open_if_fit
from web.desk.acting import Deed, do, spf_of
from web.desk.at import AtDesk
from web.desk.summary import Unfit

router = APIRouter()


@router.post("/mailings/{name}/open", response_model=None)
def start(name: str, desk: AtDesk) -> Response:
    """It is looked over first, and stays closed while something is to be mended."""
    answers = spf_of(desk, name)

    def begin(session: Session, mailing: Mailing) -> None:
        findings = open_if_fit(session, mailing, desk.door.settings, answers)
        if findings.problems:
            raise Unfit(findings)

    return do(desk, name, Deed("open", begin, "is_opened"))


@router.post("/mailings/{name}/close", response_model=None)
def end(name: str, desk: AtDesk) -> Response:
    """Nobody is answered any more, who still waits included; it can be opened again."""

    def stop(session: Session, mailing: Mailing) -> dict[str, Any]:
        if mailing.type is not MailingType.FORM_RESPONSE:
            raise NotAllowed(desk.say("only_responses_close", mailing=name))
        return {"cancelled": lifecycle.cancel(session, mailing)}

    return do(desk, name, Deed("close", stop, "is_closed"))
