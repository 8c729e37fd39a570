"""The mailings behind system messages: one form response a message and language, made when first needed, kept as it is shipped."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any, cast

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from mailings.addresses import read_address
from mailings.clock import now
from mailings.content.system import LANGUAGES, MESSAGES, shipped
from mailings.db import insert_into
from mailings.errors import Misconfigured, NotAllowed
from mailings.model import Delivery, Mailing, MailingStatus, MailingType
from mailings.sending import lifecycle
from mailings.settings import Settings

MARK = "system"  #: in `more` of such a mailing: which message it is
#: what every such mailing is: sent to whoever asked, whatever consent says, and followed by nobody (house.md 4)
FACTS: dict[str, Any] = {
    "type": MailingType.FORM_RESPONSE,
    "override_consent": True,
    "one_per_address": False,
    "tracking": {"opens": False, "clicks": "none"},
    "in_doubt": {"policy": "drop", "after_s": 72 * 3600},
    "reply_to": {"use": "from"},
}


def names() -> list[str]:
    """The names of all of them, made already or not."""
    return [name_of(which, language) for which in MESSAGES for language in LANGUAGES]


def name_of(which: str, language: str) -> str:
    """The name one of them has, such as system-preferences-link-da."""
    return f"system-{which}-{language}"


def system_mailing(session: Session, which: str, language: str, settings: Settings) -> Mailing:
    """The mailing of one message in one language, made where it is missing, saying what is shipped today.

    Raises NotAllowed where somebody's own mailing has its name.
    """
    name = name_of(which, language)
    made = insert_into(session, Mailing).values(name=name, created_at=now(), more={MARK: which, "language": language}, **FACTS)
    if session.scalar(select(Mailing.id).where(Mailing.name == name)) is None:
        session.execute(made.on_conflict_do_nothing())
    mailing = session.scalars(select(Mailing).where(Mailing.name == name)).one()
    if not mailing.is_system:
        raise NotAllowed(f"There is a mailing named {name} already that is no system message; copy it to another name and delete it.")
    _say(mailing, settings)
    if mailing.status is MailingStatus.DRAFT:
        lifecycle.open_response(session, mailing)
    session.flush()
    return mailing


def refresh(session: Session, settings: Settings) -> int:
    """Bring those there are up to what is shipped today, after an upgrade; how many there are."""
    found = [mailing for mailing in session.scalars(select(Mailing).where(Mailing.name.in_(names()))) if mailing.is_system]
    for mailing in found:
        _say(mailing, settings)
        mailing.sender = _sender(session, settings) or mailing.sender
    return len(found)


def name_sender(session: Session, mailing: Mailing, settings: Settings) -> None:
    """Say whom the mailing comes from, where nobody has said so yet or MAILINGS_SYSTEM_FROM says otherwise. Raises Misconfigured.

    Everybody's messages share it: had each request a say, it would change the sender of what waits for somebody else.
    """
    if settings.system_from or not mailing.sender.get("address"):
        sender = sender_of(session, settings)
        if mailing.sender != sender:
            mailing.sender = sender


def sender_of(session: Session, settings: Settings) -> dict[str, Any]:
    """Whom system messages come from: {name, address, use}. Raises Misconfigured where nobody is named."""
    sender = _sender(session, settings)
    if sender is None:
        raise Misconfigured("Nobody is named whom system messages come from; set MAILINGS_SYSTEM_FROM to Name <address>.")
    return sender


def _sender(session: Session, settings: Settings) -> dict[str, Any] | None:
    """That of MAILINGS_SYSTEM_FROM, else of the newest e-mail mailing that went to anybody; None where neither names an address."""
    if settings.system_from:
        return _written(settings.system_from)
    went = exists().where(Delivery.mailing_id == Mailing.id, Delivery.claimed_at.is_not(None), ~Delivery.test)
    asked = select(Mailing.sender).where(Mailing.type == MailingType.EMAIL, went)
    newest = session.scalar(asked.order_by(Mailing.id.desc()).limit(1)) or {}
    if not newest.get("address"):
        return None
    return {"name": newest.get("name") or "", "address": newest["address"], "use": "always"}


def _written(system_from: str) -> dict[str, Any]:
    name, address = parseaddr(system_from)
    normal = read_address(address).normal
    if normal is None:
        raise Misconfigured("MAILINGS_SYSTEM_FROM holds no e-mail address; write it as Name <address>.")
    return {"name": name, "address": normal, "use": "always"}


def _say(mailing: Mailing, settings: Settings) -> None:
    """What is shipped today, written only where it differs."""
    today = shipped(cast(str, mailing.more[MARK]), cast(str, mailing.more["language"]), settings)
    for part in ("subject", "preheader", "html", "text"):
        if getattr(mailing, part) != getattr(today, part):
            setattr(mailing, part, getattr(today, part))
