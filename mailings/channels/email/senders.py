"""Who a message comes from and where answers go: fixed, or the recipient's contact with us, with the fallback of domain.md B.3 and D25."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, func

from mailings.addresses import read_address
from mailings.content.headers import mailbox
from mailings.content.variables import EMPTY, OurContact, SupportContact
from mailings.letter import Mailbox
from mailings.model import Mailing
from mailings.settings import Settings

ALIASES = {"our_contact": OurContact, "support_contact": SupportContact}


class Senders:
    """The From and Reply-To of a mailing. `columns` are read with each recipient, `lines` makes the headers of their values."""

    def __init__(self, mailing: Mailing, settings: Settings) -> None:
        self._from, self._reply = mailing.sender, mailing.reply_to
        self.fallback: str = str(self._from.get("address") or "")
        own = self.fallback.rpartition("@")[2].lower()
        self.domains = frozenset(filter(None, (own, *(d.strip().lower() for d in settings.sender_domains.split(",")))))
        self._uses = [str(part.get("use")) for part in (self._from, self._reply)]
        self._cached = lru_cache(maxsize=4096)(self._lines)
        self._parties = lru_cache(maxsize=4096)(self._both)

    def columns(self) -> Iterator[ColumnElement[Any]]:
        """The columns of the contacts the mailing uses: name and address, for From and then for Reply-To."""
        for use in self._uses:
            if (alias := ALIASES.get(use)) is not None:
                yield func.coalesce(alias.name, EMPTY)
                yield func.coalesce(alias.email, EMPTY)

    def lines(self, values: tuple[str, ...]) -> tuple[str, str]:
        """The From (and Reply-To) lines with CRLF, and the bare address of From. Raises Unreadable for an impossible address."""
        return self._cached(values)

    def approved(self, address: str) -> str | None:
        """A contact's address in the form it may stand in From; None = the mailing's own address takes its place (D25)."""
        normal = read_address(address).normal if address else None
        return normal if normal and normal.rpartition("@")[2] in self.domains else None

    def parties(self, values: tuple[str, ...]) -> tuple[Mailbox, Mailbox | None]:
        """From, and where answers go; None = to From."""
        return self._parties(values)

    def _lines(self, values: tuple[str, ...]) -> tuple[str, str]:
        sender, reply_to = self._parties(values)
        lines = f"From: {mailbox(*sender)}\r\n"
        if reply_to is not None:
            lines += f"Reply-To: {mailbox(*reply_to)}\r\n"
        return lines, sender.address

    def _both(self, values: tuple[str, ...]) -> tuple[Mailbox, Mailbox | None]:
        contacts = iter(zip(values[::2], values[1::2], strict=True))
        ours = [next(contacts) if use in ALIASES else None for use in self._uses]
        name, address = str(self._from.get("name") or ""), self.fallback
        if ours[0] is not None and (own := self.approved(ours[0][1])):
            name, address = ours[0][0], own
        answered = self._uses[1] in ("always", *ALIASES)
        return Mailbox(name, address), Mailbox(*self._answers(ours[1])) if answered else None

    def _answers(self, contact: tuple[str, str] | None) -> tuple[str, str]:
        if contact is not None and (normal := read_address(contact[1]).normal):
            return contact[0], normal
        return str(self._reply.get("name") or ""), str(self._reply.get("address") or self.fallback)
