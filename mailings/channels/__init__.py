"""How people are reached: e-mail, SMS, document. One file each, found by the mailing's type.

A channel's file holds three functions:
    address_of() -> the SQL expressions of a person's, a company's and a bare recipient's address
    problems_of(session, mailing) -> Findings: what preflight must know about the content
    compile_mailing(session, mailing, settings) -> Compiled; compiled_of(...): the same, and nothing is written
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol, cast

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import Session

from mailings.errors import NotAllowed
from mailings.message import Offer
from mailings.model import Mailing, MailingType
from mailings.settings import Settings

#: by which channel a type goes: a form response is an e-mail to one person at a time
CHANNELS = {
    MailingType.EMAIL: "email",
    MailingType.FORM_RESPONSE: "email",
    MailingType.SMS: "sms",
    MailingType.DOCUMENT: "document",
}


@dataclass(frozen=True, slots=True)
class Findings:
    """What a look at a mailing found, each a sentence for people: problems keep it from being sent, warnings do not.

    `notes` are neither: what one may want to know, such as what it costs.
    """

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Compiled(Protocol):
    """A mailing's content, compiled once per run. Holds no session; may be used for any number of portions."""

    #: rows for deliveries: binds `mailing_id`, `low`, `high` (delivery ids, inclusive); columns: delivery id, address, values
    select: Select[Any]

    def offer(self, row: Sequence[Any]) -> Offer:
        """The offer for one row of `select`. Rendering waits until the transport asks for the message."""
        ...


@dataclass(frozen=True)
class AddressOf:
    """SQL expressions of an address that can be written to; NULL where there is none. Validity was decided when it was written.

    `person` and `company` may name columns of Person and of their Company, both joined where they are asked. `through`: where `person`
    is a subquery, a table to join instead, how, and its column: then it is asked once a person, however often it is used.
    `repeated`: a select of the addresses that several people have, where that is quicker than looking along the list.
    """

    person: ColumnElement[Any]
    company: ColumnElement[Any]
    bare: ColumnElement[Any]
    through: tuple[Any, ColumnElement[bool], ColumnElement[Any]] | None = None
    repeated: Select[Any] | None = None


class Channel(Protocol):
    """What a channel's file holds."""

    def address_of(self) -> AddressOf:
        """Where a person, a company and a bare recipient are reached."""
        ...

    def problems_of(self, session: Session, mailing: Mailing, chosen: Settings | None = None) -> Findings:
        """Everything about the content that keeps the mailing from being sent, and what one should know before."""
        ...

    def compile_mailing(self, session: Session, mailing: Mailing, settings: Settings) -> Compiled:
        """The content compiled; writes what the mailing keeps of it. Raises BadTemplate with its place."""
        ...

    def compiled_of(self, session: Session, mailing: Mailing, settings: Settings) -> Compiled:
        """The same, and nothing is written."""
        ...


def channel_of(mailing: Mailing) -> Channel:
    """The channel of a mailing's type. Raises NotAllowed where nothing carries it yet."""
    name = CHANNELS[mailing.type]
    try:
        return cast(Channel, import_module(f"{__name__}.{name}"))  # some are heavy to import: only who needs one does
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":
            raise
        raise NotAllowed(f"No channel carries {mailing.type} yet; {mailing.name} cannot be sent.") from None


def carrier(mailing: Mailing, settings: Settings) -> str:
    """The name of the transport that carries a mailing's type."""
    chosen = {"email": settings.email_transport, "sms": settings.sms_transport, "document": settings.document_transport}
    return chosen[CHANNELS[mailing.type]]
