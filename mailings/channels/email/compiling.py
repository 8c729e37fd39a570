"""Compiles a mailing: its content taken apart once, its link table written, the statement that reads its recipients' rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.channels.email.composing import CompiledEmail, Identity
from mailings.channels.email.constant_headers import constant_headers
from mailings.channels.email.identity import mark_of, message_id
from mailings.channels.email.rows import row_of
from mailings.channels.email.senders import Senders
from mailings.channels.email.verp import envelope_sender
from mailings.content.compiling import Content, Sources
from mailings.content.links import LinkTable, Utm, names_in
from mailings.errors import BadTemplate
from mailings.letter import File
from mailings.model import Form, Mailing, MailingFile, MailingType, RegisteredLink, TrackedLink
from mailings.settings import Settings
from mailings.tokens import Kind, Tokens, dynamic_address


def compile_mailing(session: Session, mailing: Mailing, settings: Settings) -> CompiledEmail:
    """The mailing compiled; writes its link table, the same numbers every time. Raises BadTemplate with its place."""
    compiled = compiled_of(session, mailing, settings)
    write_links(session, mailing, compiled.content.table)
    return compiled


def compiled_of(session: Session, mailing: Mailing, settings: Settings) -> CompiledEmail:
    """The mailing compiled without writing anything."""
    files = [
        File(file.name, file.content_type, file.data, file.inline)
        for file in session.scalars(select(MailingFile).where(MailingFile.mailing_id == mailing.id).order_by(MailingFile.id))
    ]
    compiled = put_together(mailing, link_table(session, mailing, settings), files, settings)
    if compiled.content.answers:
        compiled.content.sample = next(iter(forms_of(session, mailing)), None)
    return compiled


def forms_of(session: Session, mailing: Mailing) -> list[dict[str, Any]]:
    """The definitions of the forms that the mailing answers, the newest first."""
    answered = select(Form.definition).where(Form.response_mailing_id == mailing.id).order_by(Form.id.desc())
    return list(session.scalars(answered))


def put_together(mailing: Mailing, table: LinkTable, files: Sequence[File], settings: Settings) -> CompiledEmail:
    """The mailing compiled from what is known of it. Raises BadTemplate with its place."""
    content = _content(mailing, table, settings)
    if content.used.problems:
        raise BadTemplate(" ".join(content.used.problems))
    return CompiledEmail(content, row_of(content, Senders(mailing, settings)), _identity(mailing, settings), files)


def sources_of(mailing: Mailing) -> Sources:
    """What the mailing says, as written."""
    tracking = mailing.tracking
    trap = tracking.get("clicks", "all") != "none" and bool(tracking.get("trap", True))
    return Sources(mailing.subject, mailing.html, mailing.text, mailing.preheader, bool(tracking.get("opens", True)), trap)


def _content(mailing: Mailing, table: LinkTable, settings: Settings) -> Content:
    public, tokens = _public(settings), Tokens(settings.secret.get_secret_value())
    constants = {
        "config.companyName": settings.company_name,
        "config.companyAddress": settings.company_address,
        "config.defaultMail": mailing.sender.get("address", ""),
        "config.cgiUrl": public,
    }
    sign = partial(dynamic_address, public, tokens)
    answers = mailing.type is MailingType.FORM_RESPONSE
    return Content(sources_of(mailing).prepared(), table, sign, constants, settings.language, answers=answers)


def write_links(session: Session, mailing: Mailing, table: LinkTable) -> None:
    """The link table of the mailing, as the skeleton numbers it."""
    rows = {row.number: row for row in session.scalars(select(TrackedLink).where(TrackedLink.mailing_id == mailing.id))}
    new = [name for name, number in table.registered.items() if number not in rows]
    for link in session.scalars(select(RegisteredLink).where(RegisteredLink.name.in_(new))) if new else ():
        number = table.registered[link.name]
        rows[number] = TrackedLink(mailing_id=mailing.id, number=number, name=link.name, registered_id=link.id)
        session.add(rows[number])
    for name, number in table.registered.items():
        rows[number].url = table.target(table.urls[name]) if table.track != "none" else table.urls[name]
    for url, number in table.numbers.items():
        if number not in rows:
            session.add(TrackedLink(mailing_id=mailing.id, number=number, url=url))
    session.flush()


def link_table(session: Session, mailing: Mailing, settings: Settings) -> LinkTable:
    """The link table of a mailing so far, with a number for every registered link that its templates name (domain.md E.1).

    A registered link that was deleted keeps its number where it has one: a mailing that is half sent is sent to its end.
    """
    rows = session.scalars(select(TrackedLink).where(TrackedLink.mailing_id == mailing.id).order_by(TrackedLink.number)).all()
    table = table_of(mailing, rows, settings)
    numbered = {row.registered_id: row for row in rows if row.registered_id is not None}
    named = names_in(mailing.subject, mailing.preheader, mailing.html, mailing.text) - {row.name for row in rows if row.deleted_at is None}
    wanted = RegisteredLink.name.in_(sorted(named)) & RegisteredLink.deleted_at.is_(None)
    for link in session.scalars(select(RegisteredLink).where(RegisteredLink.id.in_(list(numbered)) | wanted).order_by(RegisteredLink.id)):
        row = numbered.get(link.id)
        if row is None:
            table.registered[link.name] = table.next()
        if row is None or table.registered.get(link.name) == row.number:
            table.urls[link.name] = link.url
    return table


def table_of(mailing: Mailing, rows: Sequence[TrackedLink], settings: Settings) -> LinkTable:
    """The link table of a mailing as `rows`, in the order of their numbers, have it so far."""
    utm: Mapping[str, str] = mailing.tracking.get("utm") or {}
    own = tuple(f"{_public(settings)}/{kind.value}/" for kind in Kind)
    table = LinkTable(track=str(mailing.tracking.get("clicks", "all")), utm=Utm(utm.get("source", ""), utm.get("campaign", "")), own=own)
    table.last = max((row.number for row in rows), default=0)
    for row in sorted(rows, key=lambda row: row.registered_id is None):  # a link of the mailing's own goes before a registered one
        if row.deleted_at is not None:
            continue
        if row.registered_id is None:
            table.numbers.setdefault(table.target(row.url) if row.name else row.url, row.number)
        if row.name is not None:
            table.registered[row.name], table.urls[row.name] = row.number, row.url
    return table


def _identity(mailing: Mailing, settings: Settings) -> Identity:
    public = _public(settings)
    host = urlsplit(public).hostname or "localhost"
    tokens = Tokens(settings.secret.get_secret_value())
    bounce, headers = envelope_sender(settings, tokens), constant_headers(mailing, host)
    leaving = mailing.type is not MailingType.FORM_RESPONSE
    return Identity(message_id(mailing, host, tokens), public, tokens, bounce, headers, mailing.name, mark_of(mailing), leaving)


def _public(settings: Settings) -> str:
    return settings.public_url.rstrip("/")
