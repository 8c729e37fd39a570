"""What a reader sees who clicks a link: led on, shown a text, or shown a form with fields filled in (domain.md E.3)."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.content.links import is_web, with_words, words_in
from mailings.content.scripts import Click, Registered, scripts, within
from mailings.db import Database
from mailings.errors import MailingsError
from mailings.model import Delivery, Event, EventReading, Person, Recipient
from mailings.reported import EventKind
from mailings.settings import Settings
from mailings.tracking.to_forms import address_of_form

PATIENCE = 2.0  # seconds a script may think about where a reader is led; then the link's own address holds
LOG = logging.getLogger("mailings.tracking")
_TAG = re.compile(r"<[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Redirect:
    """Led to another address."""

    url: str


@dataclass(frozen=True, slots=True)
class Text:
    """Shown a text: HTML that the mailing's author wrote, to stand in the page `said`."""

    html: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Clicked:
    """A click, as far as it is known while the reader waits. `url` = where the link leads; `delivery` None = a preview."""

    url: str
    actions: Mapping[str, Any]
    delivery: int | None = None
    link: str = ""
    number: int = 0
    mailing: str = ""


def leads_on(actions: Mapping[str, Any]) -> bool:
    """True for a link that only leads to its address: nothing has to be asked of the database or a script."""
    return not (actions.keys() & {"response", "script"})


def response_of(database: Database, clicked: Clicked, settings: Settings) -> Redirect | Text:
    """What the reader is shown. May read the database and wait up to `PATIENCE` for a script: call it in a thread. Never raises ours."""
    answer = clicked.actions.get("response") or {}
    if answer.get("text") is not None:
        return Text(_html(answer["text"]), answer.get("title", ""))
    if answer.get("form") is not None:
        with database.reading() as session:
            return Redirect(address_of_form(session, answer["form"], clicked.delivery, (answer.get("prefill") or (), settings)))
    other = _by_script(database, clicked, settings) or answer.get("url")
    return Redirect(with_words(other, words_in(clicked.url)) if other else clicked.url)


def _html(text: str) -> str:
    if _TAG.search(text):
        return text
    return "".join(f"<p>{escape(block.strip())}</p>" for block in re.split(r"\n\s*\n", text) if block.strip())


def _by_script(database: Database, clicked: Clicked, settings: Settings) -> str | None:
    """Where the link's script leads the reader, None to lead nowhere else: also when it fails or takes too long."""
    name = (clicked.actions.get("script") or {}).get("name")
    if name is None:
        return None
    try:
        found: Registered | None = scripts(settings.scripts).get(name)
        if found is None or found.destination is None:
            return None
        destination, told = found.destination, _told(database, clicked)
        url = within(PATIENCE, lambda: destination(told))
    except MailingsError as error:
        LOG.warning("The script %s could not say where a reader is led: %s", name, error)
        return None
    except Exception as error:
        LOG.warning("The script %s could not say where a reader is led: %s", name, type(error).__name__)
        return None
    return url if isinstance(url, str) and is_web(url) else None


def _told(database: Database, clicked: Clicked) -> Click:
    """The click as its script is told of it; it is not written down yet, so it is counted on top."""
    person, before = None, 0
    if clicked.delivery is not None:
        with database.reading() as session:
            person, before = person_of(session, clicked.delivery), clicks_before(session, clicked.delivery, clicked.number)
    return Click(clicked.link, clicked.url, clicked.mailing, person, before + 1, before == 0)


def person_of(session: Session, delivery: int) -> int | None:
    """The key of the person a delivery went to; None for companies, bare addresses, and people who are gone."""
    found = select(Person.id).join(Recipient, Recipient.person_id == Person.id).join(Delivery, Delivery.recipient_id == Recipient.id)
    return session.scalar(found.where(Delivery.id == delivery, Person.deleted_at.is_(None)))


def clicks_before(session: Session, delivery: int, number: int) -> int:
    """How often a person has clicked this link of this message, as far as it is read."""
    clicks = select(func.count()).select_from(Event).join(EventReading, EventReading.event_id == Event.id)
    clicks = clicks.where(Event.delivery_id == delivery, Event.link == number, Event.kind == EventKind.CLICKED)
    return session.scalar(clicks.where(EventReading.machine.is_(None))) or 0
