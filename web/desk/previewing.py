"""One recipient's message as they would get it, in a frame; and a test of the mailing sent to addresses of our own (domain.md B.10)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.audience.populate import OPEN, populate
from mailings.audience.type_features import must_have
from mailings.channels import CHANNELS
from mailings.errors import BadAddress, NotFound, Unreadable
from mailings.model import Mailing, MailingType, Person, Recipient, Verdict
from mailings.sending.finding import mailing_named
from mailings.sending.previewing import Preview, empty_for, preview_for
from mailings.sending.previewing import preview as preview_of
from mailings.sending.testing import send_test
from web.desk.at import AtDesk, Desk, path
from web.desk.heads import head_of
from web.desk.mailing import POLICY
from web.desk.recipients import recipient_of

router = APIRouter()

MOST = 10  # addresses of one test
_GOING = select(Person.id).where(Person.id == Recipient.person_id, Person.deleted_at.is_not(None)).exists()
_THERE = (Recipient.erased_at.is_(None), ~_GOING)  # who is to be erased is shown to nobody by chance


@router.get("/mailings/{name}/preview", response_model=None)
def preview(name: str, desk: AtDesk) -> Response:
    """The message for the recipient asked for, or the first who gets it; who comes before and after."""
    with desk.door.database.reading() as session:
        return _page(desk, session, name)


@router.get("/mailings/{name}/preview/message", response_model=None)
def message(name: str, desk: AtDesk) -> Response:
    """The HTML part for the frame, which nothing of it gets out of."""
    with desk.door.database.reading() as session:
        mailing = mailing_named(session, name)
        row = _recipient(desk, session, mailing) if _sampled(mailing) else recipient_of(desk, session, mailing, _asked(desk))
        shown = preview_for(session, mailing, row) if row is not None else _sample(session, mailing)
    return HTMLResponse(shown.html, headers={"Content-Security-Policy": POLICY, "X-Frame-Options": "SAMEORIGIN"})


@router.post("/mailings/{name}/preview/list", response_model=None)
def make_list(name: str, desk: AtDesk) -> Response:
    """A draft's list made, or brought up to date, so that there is somebody to look at (domain.md D28)."""
    told: dict[str, Any] = {}
    with desk.changing("make list", f"mailing {name}", told) as session:
        told |= {"listed": sum(populate(session, mailing_named(session, name), launch=False).values())}
    return desk.moved_to(path("mailings", name, "preview"))


@router.post("/mailings/{name}/preview/test", response_model=None)
def test(name: str, desk: AtDesk) -> Response:
    """Send a test, and say what each address's server answered; nothing of it counts (domain.md D11)."""
    addresses = desk.fields.first("to").replace(";", " ").replace(",", " ").split()
    if not addresses or len(addresses) > MOST:
        return _refused(desk, name, desk.say("preview_how_many", most=MOST))
    with desk.changing("send test", f"mailing {name}", addresses=len(addresses)):
        pass  # in the log before anything goes out
    try:
        tried = send_test(desk.door.database, name, addresses, desk.door.settings)
    except BadAddress as error:
        return _refused(desk, name, str(error))
    with desk.door.database.reading() as session:
        return _page(desk, session, name, tried=tried)


def _refused(desk: Desk, name: str, sentence: str) -> Response:
    """The same page, the sentence beside the form and what they had filled in still in it."""
    with desk.door.database.reading() as session:
        return _page(desk, session, name, 400, refused=sentence, to=desk.fields.first("to"))


def _page(desk: Desk, session: Session, name: str, status: int = 200, **more: Any) -> Response:
    mailing, head = head_of(session, name)
    if CHANNELS[mailing.type] != "email":
        must_have(mailing, "preview")
    row = _recipient(desk, session, mailing)
    values: dict[str, Any] = {
        "shown": None,
        "blank": [],
        "before": None,
        "after": None,
        "trouble": "",
        "tried": (),
        "refused": "",
        "to": "",
    } | more
    try:
        if row is not None:
            values["before"], values["after"] = _beside(session, row)
            values["shown"], values["blank"] = preview_for(session, mailing, row), empty_for(session, mailing, row, desk.door.settings)
        elif _sampled(mailing):
            values["shown"] = _sample(session, mailing)
    except Unreadable as error:
        values["trouble"] = str(error)
    return desk.show("mailing/preview.html", status, head=head, tab="content", row=row, can_list=mailing.status in OPEN, **values)


def _recipient(desk: Desk, session: Session, mailing: Mailing) -> Recipient | None:
    """Who is asked for, else the first who gets it, else the first there is. Raises NotFound for a number that is nobody's."""
    if "recipient" in desk.request.query_params or desk.fields.first("recipient"):
        return recipient_of(desk, session, mailing, _asked(desk))
    there = select(Recipient).where(Recipient.mailing_id == mailing.id, *_THERE).order_by(Recipient.id).limit(1)
    return session.scalar(there.where(Recipient.verdict == Verdict.ELIGIBLE)) or session.scalar(there)


def _sampled(mailing: Mailing) -> bool:
    """A form response has no list: before anybody sent its form it is shown with something in every field, to its own sender."""
    return mailing.type is MailingType.FORM_RESPONSE


def _sample(session: Session, mailing: Mailing) -> Preview:
    return preview_of(session, mailing, str(mailing.sender.get("address") or "nobody@example.invalid"))


def _beside(session: Session, row: Recipient) -> tuple[int | None, int | None]:
    there = select(Recipient.id).where(Recipient.mailing_id == row.mailing_id, *_THERE).limit(1)
    before = session.scalar(there.where(Recipient.id < row.id).order_by(Recipient.id.desc()))
    return before, session.scalar(there.where(Recipient.id > row.id).order_by(Recipient.id))


def _asked(desk: Desk) -> int:
    word = desk.request.query_params.get("recipient") or desk.fields.first("recipient")
    if not (word.isascii() and word.isdigit() and len(word) < 19):
        raise NotFound(desk.say("preview_nobody"))
    return int(word)
