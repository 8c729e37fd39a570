"""Compiles a mailing: its content taken apart once, its link table written, the statement that reads its recipients' rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.channels.email.composing import CompiledEmail, Identity
from mailings.channels.email.constant_headers import constant_headers
from mailings.channels.email.identity import mark_of, message_id
from mailings.channels.email.rows import row_of
from mailings.channels.email.senders import Senders
from mailings.content.compiling import Content, Sources
from mailings.content.links import LinkTable, Utm
from mailings.errors import BadTemplate
from mailings.letter import File
from mailings.model import Mailing, MailingFile, TrackedLink
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
    rows = session.scalars(select(TrackedLink).where(TrackedLink.mailing_id == mailing.id).order_by(TrackedLink.number))
    return put_together(mailing, table_of(mailing, list(rows), settings), files, settings)


def put_together(mailing: Mailing, table: LinkTable, files: Sequence[File], settings: Settings) -> CompiledEmail:
    """The mailing compiled from what is known of it. Raises BadTemplate with its place."""
    content = _content(mailing, table, settings)
    if content.used.problems:
        raise BadTemplate(" ".join(content.used.problems))
    return CompiledEmail(content, row_of(content, Senders(mailing, settings)), _identity(mailing, settings), files)


def sources_of(mailing: Mailing) -> Sources:
    """What the mailing says, as written."""
    opens = bool(mailing.tracking.get("opens", True))
    return Sources(mailing.subject, mailing.html, mailing.text, mailing.preheader, opens)


def _content(mailing: Mailing, table: LinkTable, settings: Settings) -> Content:
    public, tokens = _public(settings), Tokens(settings.secret.get_secret_value())
    constants = {
        "config.companyName": settings.company_name,
        "config.companyAddress": settings.company_address,
        "config.defaultMail": mailing.sender.get("address", ""),
        "config.cgiUrl": public,
    }
    sign = partial(dynamic_address, public, tokens)
    return Content(sources_of(mailing).prepared(), table, sign, constants, settings.language)


def write_links(session: Session, mailing: Mailing, table: LinkTable) -> None:
    """The link table of the mailing, as the skeleton numbers it."""
    rows = {row.number: row for row in session.scalars(select(TrackedLink).where(TrackedLink.mailing_id == mailing.id))}
    for name, number in table.registered.items():
        rows[number].url = table.target(table.urls[name]) if table.track != "none" else table.urls[name]
    for url, number in table.numbers.items():
        if number not in rows:
            session.add(TrackedLink(mailing_id=mailing.id, number=number, url=url))
    session.flush()


def table_of(mailing: Mailing, rows: Sequence[TrackedLink], settings: Settings) -> LinkTable:
    """The link table of a mailing as `rows`, in the order of their numbers, have it so far."""
    utm: Mapping[str, str] = mailing.tracking.get("utm") or {}
    own = tuple(f"{_public(settings)}/{kind.value}/" for kind in Kind)
    table = LinkTable(track=str(mailing.tracking.get("clicks", "all")), utm=Utm(utm.get("source", ""), utm.get("campaign", "")), own=own)
    for row in rows:
        table.numbers.setdefault(table.target(row.url) if row.name else row.url, row.number)
        if row.name is not None and row.deleted_at is None:
            table.registered[row.name], table.urls[row.name] = row.number, row.url
    return table


def _identity(mailing: Mailing, settings: Settings) -> Identity:
    public = _public(settings)
    host = urlsplit(public).hostname or "localhost"
    tokens = Tokens(settings.secret.get_secret_value())
    mark, headers = mark_of(mailing), constant_headers(mailing, host)
    return Identity(message_id(mailing, host), public, tokens, settings.bounce_address, headers, mailing.name, mark)


def _public(settings: Settings) -> str:
    return settings.public_url.rstrip("/")
