"""Compiles a text message: its words taken apart once, the columns they need, the statement that reads its recipients' rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import Session

from mailings.channels import carrier
from mailings.channels.email import addressing as email
from mailings.channels.email.identity import mark_of
from mailings.channels.sms.composing import CompiledSms
from mailings.channels.sms.sender import Sender, read_sender
from mailings.channels.sms.words import Words
from mailings.content.filters import LANGUAGE
from mailings.content.variables import EMPTY, column, of_deliveries
from mailings.errors import BadTemplate, Misconfigured
from mailings.model import Mailing, Person
from mailings.plugins import transport_class
from mailings.settings import Settings


def compile_mailing(session: Session, mailing: Mailing, settings: Settings) -> CompiledSms:
    """The mailing compiled. A text message keeps no link table, so nothing is written. Raises BadTemplate with its place."""
    return compiled_of(session, mailing, settings)


def compiled_of(_session: Session, mailing: Mailing, settings: Settings) -> CompiledSms:
    """The mailing compiled. Raises BadTemplate with its place, also for a sender that cannot be one."""
    words = words_of(mailing, settings)
    if words.problems:
        raise BadTemplate(" ".join(words.problems))
    sender = sender_of(mailing, settings)
    if sender.normal is None:
        raise BadTemplate(str(sender.problem))
    columns = columns_of(words)
    return CompiledSms(words, (sender.normal, mark_of(mailing)), tuple(columns), of_deliveries(tuple(columns.values())))


def written(mailing: Mailing) -> dict[str, str]:
    """`sender` and `text` as mailing.yaml has them under `sms`; empty where it says nothing."""
    said: Mapping[str, Any] = mailing.more.get("sms") or {}
    return {key: str(said.get(key) or "") for key in ("sender", "text")}


def sender_of(mailing: Mailing, settings: Settings) -> Sender:
    """Whom it comes from: who it says, else whom the transport that carries it has for that (domain.md B.4)."""
    said = written(mailing)["sender"]
    return read_sender(said, settings.default_country, needed=not said.strip() and not _has_sender(carrier(mailing, settings)))


def _has_sender(transport: str) -> bool:
    try:
        return transport_class(transport).own_sender()
    except Misconfigured:  # preflight says that in the transport's own words
        return False


def words_of(mailing: Mailing, settings: Settings) -> Words:
    """What the mailing says, taken apart."""
    constants = {
        "config.companyName": settings.company_name,
        "config.companyAddress": settings.company_address,
        "config.cgiUrl": settings.public_url.rstrip("/"),
    }
    return Words(written(mailing)["text"], constants=constants, language=settings.language)


def columns_of(words: Words) -> dict[str, ColumnElement[Any]]:
    """The name a value has in the rendering -> the column it is read from: those the words use and no others."""
    found = {name: column_of(path) for path, name in words.used.columns().items()}
    return found | {LANGUAGE: func.coalesce(Person.language, EMPTY)} if words.speaks else found


def column_of(path: str) -> ColumnElement[Any]:
    """The column of a variable: as in an e-mail, but a person's e-mail address is not where the message goes."""
    return func.coalesce(email.address_of().person, EMPTY) if path == "customer.email" else column(path)
