"""One mailing: its Summary and its Content, the message shown in a frame that nothing of it gets out of."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.channels import CHANNELS
from mailings.channels.email.online import online, with_images
from mailings.errors import Unreadable
from mailings.letter import File
from mailings.model import Mailing, MailingFile, MailingType, TrackedLink
from web.desk.at import AtDesk, Desk
from web.desk.heads import head_of
from web.desk.letter_content import LETTER, WORD, letter_of, shown_letter, word_file
from web.desk.summary import show_summary

router = APIRouter()
log = logging.getLogger("mailings.web")

#: what a message may do within the frame: show pictures and its own styles. No scripts, no forms, no frames; links open nothing here
POLICY = (
    "default-src 'none'; img-src * data:; style-src * 'unsafe-inline'; font-src *; media-src *; form-action 'none'; base-uri 'none';"
    " frame-ancestors 'self'; sandbox"
)
WIDTHS = ("wide", "phone")


@router.get("/mailings/{name}", response_model=None)
def summary(name: str, desk: AtDesk) -> Response:
    """What it is, who gets it, what it came to (domain.md H.2)."""
    return show_summary(desk, name)


@router.get("/mailings/{name}/content", response_model=None)
def content(name: str, desk: AtDesk) -> Response:
    """What it says: subject, preheader, HTML, text, files, links."""
    with desk.door.database.reading() as session:
        mailing, head = head_of(session, name)
        if mailing.type is MailingType.DOCUMENT:
            written = letter_of(session, mailing, desk.door.settings)
            return desk.show("mailing/letter.html", head=head, tab="content", letter=written, files=_files(session, mailing))
        shown, trouble = _filled(desk, session, mailing)
        values: dict[str, Any] = {
            "subject": mailing.subject,
            "sender": mailing.sender.get("name", ""),
            "preheader": mailing.preheader,
            "text": shown[1] if shown else mailing.text,
            "files": _files(session, mailing),
            "links": _links(session, mailing),
        }
    width = desk.request.query_params.get("width", "wide")
    return desk.show(
        "mailing/content.html",
        head=head,
        tab="content",
        trouble=trouble,
        width=width if width in WIDTHS else "wide",
        widths=WIDTHS,
        **values,
    )


@router.get("/mailings/{name}/content/message", response_model=None)
def message(name: str, desk: AtDesk) -> Response:
    """The HTML part with nobody's data, for the frame; as it is written where it cannot be compiled."""
    with desk.door.database.reading() as session:
        mailing, _ = head_of(session, name)
        if mailing.type is MailingType.DOCUMENT:
            html = shown_letter(session, mailing, desk.door.settings, _images(session, mailing))
            return HTMLResponse(html, headers={"Content-Security-Policy": LETTER, "X-Frame-Options": "SAMEORIGIN"})
        shown, _ = _filled(desk, session, mailing)
        html = shown[0] if shown else with_images(mailing.html, _images(session, mailing))
    # the door's own X-Frame-Options would keep the frame empty
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY, "X-Frame-Options": "SAMEORIGIN"})


@router.get("/mailings/{name}/content/template", response_model=None)
def template(name: str, desk: AtDesk) -> Response:
    """The Word document that letters are made from, to be saved. Raises NotFound for other mailings."""
    with desk.door.database.reading() as session:
        file, document = word_file(session, head_of(session, name)[0])
    saved = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file, safe='')}", "Cache-Control": "no-store"}
    return Response(document, media_type=WORD, headers=saved)


def _filled(desk: Desk, session: Session, mailing: Mailing) -> tuple[tuple[str, str] | None, str]:
    """HTML and text with nobody's data, or None and what is wrong with the template. Of a text message its words as they are written."""
    if CHANNELS[mailing.type] != "email":
        return ("", str((mailing.more.get("sms") or {}).get("text") or "")), ""
    try:
        page = online(session, mailing, None, desk.door.compiled.of(session, mailing, desk.door.settings))
    except Unreadable as error:
        return None, str(error)
    return (page.html, mailing.text), ""


def _images(session: Session, mailing: Mailing) -> list[File]:
    found = session.scalars(select(MailingFile).where(MailingFile.mailing_id == mailing.id, MailingFile.inline))
    return [File(file.name, file.content_type, file.data, inline=True) for file in found]


def _files(session: Session, mailing: Mailing) -> list[dict[str, Any]]:
    """Attachments first; not their bytes, which may be 25 MB."""
    columns = (MailingFile.name, MailingFile.content_type, MailingFile.inline, func.length(MailingFile.data).label("size"))
    found = select(*columns).where(MailingFile.mailing_id == mailing.id).order_by(MailingFile.inline, MailingFile.name)
    return [dict(row) for row in session.execute(found).mappings()]


def _links(session: Session, mailing: Mailing) -> list[dict[str, Any]]:
    """By their numbers; plain values, for the page is made when the session is closed."""
    there = TrackedLink.mailing_id == mailing.id, TrackedLink.deleted_at.is_(None)
    found = select(TrackedLink.name, TrackedLink.url).where(*there).order_by(TrackedLink.number)
    return [dict(row) for row in session.execute(found).mappings()]
