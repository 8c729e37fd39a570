"""Whose link was opened, in the words a page needs: no more of a person than who forwards a message may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from mailings import clock
from mailings.errors import Untrusted
from mailings.model import Mailing, Topic
from mailings.reported import EventKind
from mailings.tokens import Kind, Token, of_day, of_preview
from mailings.tracking.readers import Reader, reader_of
from mailings.tracking.recording import record_visits
from mailings.tracking.visits import Visit, network_of
from web.door import Door, door_of
from web.pages import language_of

DAY = 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Whose:
    """A reader asking for something, or of a preview the mailing alone. `note` = test or preview where nothing they do counts."""

    request: Request
    mailing: Mailing
    topic: str | None  # what the mailing is about; None = of no topic
    reader: Reader | None
    note: str

    @property
    def door(self) -> Door:
        """The door they came in by."""
        return door_of(self.request)

    @property
    def personal(self) -> bool:
        """True where a person stands behind the link, or a preview shows how it would be if one did."""
        return self.reader is None or self.reader.person is not None

    @property
    def known(self) -> str:
        """The person's own language; empty where nobody knows."""
        return self.reader.person.language if self.reader and self.reader.person else ""

    @property
    def language(self) -> str:
        """The language to answer in."""
        return language_of(self.request, self.door.settings, self.known)

    @property
    def name(self) -> str:
        """The person's name; empty for companies, bare addresses and previews."""
        return self.reader.person.name if self.reader and self.reader.person else ""

    @property
    def address(self) -> str:
        """The address, partly hidden; empty for previews."""
        return hidden(self.reader.address) if self.reader else ""

    @property
    def day(self) -> int:
        """The day the message went out: as old as that are the links we make from it, so that no old message opens what is too old."""
        sent = self.reader and (self.reader.delivery.sent_at or self.reader.delivery.claimed_at)
        return int((sent.timestamp() if sent else clock.timestamp()) // DAY)

    @property
    def to_preferences(self) -> str:
        """Where the reader's preferences page is, seen from another page of ours; empty where there is no person to have any."""
        return f"../p/{self.door.tokens.sign(Kind.PREFERENCES, of_day(self._payload, self.day))}" if self.personal else ""

    @property
    def to_unsubscribe(self) -> str:
        """Where the reader can unsubscribe, seen from another page of ours."""
        return f"../u/{self.door.tokens.sign(Kind.UNSUBSCRIBE, self._payload)}"

    @property
    def _payload(self) -> int | str:
        return self.reader.delivery.id if self.reader else of_preview(self.mailing.id)

    def show(self, page: str, **values: Any) -> Response:
        """A page in their language."""
        return self.door.pages.show(page, self.language, note=self.note, mailing=self.mailing.name, **values)

    def keep(self, session: Session, kind: EventKind) -> None:
        """Keep what they did as an event, in the transaction that does it. Of tests and previews nothing is kept."""
        if self.reader is None or not self.reader.counts:
            return
        client, agent = self.request.scope.get("client"), self.request.headers.get("user-agent", "")
        delivery, network = self.reader.delivery, network_of(client[0]) if client else None
        visit = Visit(kind, clock.now(), delivery.mailing_id, delivery.id, method=self.request.method, agent=agent, network=network)
        record_visits(session, [visit], self.door.settings)


def whose_is(session: Session, request: Request, said: Token) -> Whose:
    """Whose link it is. Raises Untrusted where there is nobody any more."""
    if said.delivery is None:
        mailing, reader, note = session.get(Mailing, said.preview_of), None, "preview"
        if mailing is None:
            raise Untrusted("This link does not hold.")
    else:
        reader = reader_of(session, said.delivery)
        mailing, note = reader.mailing, "" if reader.counts else "test"
    topic = session.get(Topic, mailing.topic_id) if mailing.topic_id else None
    return Whose(request, mailing, topic.name if topic else None, reader, note)


def hidden(address: str) -> str:
    """aase@fjord.test -> aa…@fjord.test: its owner knows it again, nobody else learns it. A word joiner keeps it in one line."""
    local, _, domain = address.rpartition("@")
    return f"{local[: 2 if len(local) > 3 else 1]}…\u2060@{domain}" if local else ""
