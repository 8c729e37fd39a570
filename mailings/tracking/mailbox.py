"""Reads the bounce mailbox to its end, portion by portion: each is kept in one transaction with the memory of what was read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy.orm import Session

from mailings.channels.email.bounces import ReadKind, read_bounce
from mailings.channels.email.mailboxes import open_mailbox
from mailings.channels.email.mailboxes.letters import Letter, Mailbox, in_portions
from mailings.db import Database
from mailings.errors import Unreachable
from mailings.settings import Settings
from mailings.tokens import Tokens
from mailings.tracking import remembering
from mailings.tracking.absorb import absorb
from mailings.tracking.returned_mail import SOURCE, Told, believed, told_by

PORTION = 500  # messages in one transaction
TRIES, PAUSE = 5, 1.0  # absorb gives way to a sender within half a second; it is tried again after so many seconds
LISTED = 20  # messages that could not be read, named one by one

T = TypeVar("T")

#: how each kind is counted
COUNTED = {
    ReadKind.BOUNCE: "bounces",
    ReadKind.DELAYED: "delays",
    ReadKind.DELIVERED: "receipts",
    ReadKind.COMPLAINT: "complaints",
    ReadKind.AUTO_REPLY: "auto_replies",
    ReadKind.NOTHING: "others",
}


@dataclass(slots=True)
class Collected:
    """How many messages were read, of each kind, and how many reports were new. `troubles`: a line for each that could not be read."""

    read: int = 0
    bounces: int = 0
    delays: int = 0
    receipts: int = 0
    auto_replies: int = 0
    complaints: int = 0
    others: int = 0  # letters of people, and whatever else says nothing of a message that was sent
    unknown: int = 0  # of the kinds above those about no message of ours and no address we know
    broken: int = 0
    new: int = 0
    troubles: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Reading:
    """One look through the mailbox."""

    database: Database
    settings: Settings
    mailbox: Mailbox
    tokens: Tokens
    collected: Collected = field(default_factory=Collected)

    def portions(self) -> Iterator[list[str]]:
        """The names of messages not read before, to be kept together."""
        with self.database.reading() as session:
            after = remembering.place(session, self.mailbox.shown) if self.mailbox.in_order else None
        there = 0
        for names in self.mailbox.names(after):
            there += len(names)
            with self.database.reading() as session:
                known = set() if self.mailbox.in_order else remembering.read_of(session, self.mailbox.shown, names)
            yield from in_portions((name for name in names if name not in known), PORTION)
        if not self.mailbox.in_order:
            _insistently(self.database, lambda session: remembering.forget_vanished(session, self.mailbox, there))

    def take_in(self, names: list[str]) -> None:
        """Read these messages and keep what they say."""
        told = [one for letter in self.mailbox.letters(names) if (one := self._read(letter)) is not None]
        read = names if self.mailbox.in_order else [one.name for one in told]

        def keep(session: Session) -> tuple[int, int]:
            found = believed(session, told, self.tokens)
            new = absorb(session, found.reports, SOURCE, self.settings)
            remembering.remember(session, self.mailbox, read)
            return new, found.unknown

        new, unknown = _insistently(self.database, keep)
        self.collected.new += new
        self.collected.unknown += unknown

    def _read(self, letter: Letter) -> Told | None:
        collected = self.collected
        try:
            told = told_by(letter, read_bounce(letter.read()))
        except Exception as error:  # anybody may write such a message, and the next one is to be read all the same
            collected.broken += 1
            if len(collected.troubles) < LISTED:
                collected.troubles.append(f"{self.mailbox.shown}: {letter.name} cannot be read ({error or type(error).__name__}).")
            return None
        collected.read += 1
        counter = COUNTED[told.read.kind]
        setattr(collected, counter, getattr(collected, counter) + 1)
        return told


def collect(database: Database, settings: Settings, progress: Callable[[Collected], None] = lambda _: None) -> Collected:
    """Read what is new in the mailbox and let it have its effect; `progress` is told after each portion.

    No transaction is open while a message is read. Cut off anywhere it goes on where it was: a message counts as read in the transaction
    that keeps what it says, and what is kept already is no news (absorb). Raises Unreadable, Unreachable, Misconfigured.
    """
    with open_mailbox(settings) as mailbox:
        reading = _Reading(database, settings, mailbox, Tokens(settings.secret.get_secret_value()))
        for names in reading.portions():
            reading.take_in(names)
            progress(reading.collected)
    return reading.collected


def _insistently(database: Database, keep: Callable[[Session], T]) -> T:
    """`keep` in a transaction of its own, once more where a sender held the rows."""
    for _ in range(TRIES - 1):
        try:
            with database.writing() as session:
                return keep(session)
        except Unreachable:
            time.sleep(PAUSE)
    with database.writing() as session:
        return keep(session)
