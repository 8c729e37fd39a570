"""Gathers evidence: what servers' records and returned mail say of what is in doubt, kept as rows that are the same when read again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailings import seams
from mailings.channels.email.identity import InDoubt, Signed
from mailings.channels.email.returned import returned
from mailings.clock import milliseconds
from mailings.db import Database
from mailings.errors import Misconfigured, Unreachable, Unreadable
from mailings.message import Word
from mailings.plugins import transport_class, transport_names
from mailings.seams import Seam
from mailings.sending.doubt.texts import free
from mailings.settings import Settings
from mailings.tokens import Tokens

TOGETHER = 1000  # words stored in one transaction: nobody waits for it longer than a moment
SAID = 400  # characters kept of what a source says

# named once a delivery, so that the index on names lets one message settle one delivery.
# Erased meanwhile: then the words, which name the address, are not kept (domain.md D30)
KEEP = """
    INSERT INTO evidence (delivery_id, at, verdict, source, said, name)
    SELECT delivery.id, :at, :verdict, :source, :said,
        CASE WHEN NOT EXISTS (SELECT 1 FROM evidence ours WHERE ours.delivery_id = delivery.id AND ours.name IS NOT NULL) THEN :name END
    FROM delivery JOIN recipient ON recipient.id = delivery.recipient_id
    WHERE delivery.id = :delivery AND recipient.erased_at IS NULL
    ON CONFLICT DO NOTHING
"""
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")


@dataclass(slots=True)
class Gathered:
    """How many words of evidence were found, and a sentence for each source that is set and could not be read."""

    words: int = 0
    troubles: list[str] = field(default_factory=list)


def gather(database: Database, sought: InDoubt, settings: Settings) -> Gathered:
    """Read every source and keep what it says. No transaction is open while a file is read: a log may have gigabytes.

    A source that cannot be read is a sentence in the answer: the others are read all the same.
    """
    gathered = Gathered()
    for source in _sources(sought, settings):
        try:
            words = source()
            while some := list(islice(words, TOGETHER)):
                with database.writing() as session:
                    keep(session, some)
                gathered.words += len(some)
        except (Unreadable, Misconfigured, Unreachable) as error:
            gathered.troubles.append(str(error))
    return gathered


def keep(session: Session, words: Iterable[Word]) -> None:
    """Store what was said. The same source saying the same again changes nothing, nor does a message that is another delivery's."""
    at = milliseconds()
    rows = [w._asdict() | {"at": at, "said": _plain(w.said)} for w in free(session, list(words))]
    seams.before(Seam.SETTLE)
    if rows:
        session.execute(text(KEEP), rows)
    seams.after(Seam.SETTLE)


def _sources(sought: InDoubt, settings: Settings) -> list[Callable[[], Iterator[Word]]]:
    """The records of every transport, whichever is in use today, and the mailbox where mail comes back."""
    sources: list[Callable[[], Iterator[Word]]] = [partial(transport_class(name).evidence, sought) for name in transport_names()]
    if settings.bounce_mailbox:
        signed = Signed(sought, Tokens(settings.secret.get_secret_value()))  # anybody can write a delivery report
        sources.append(partial(returned, settings, signed))
    return sources


def _plain(said: str) -> str:
    """On one line, without what a database or a terminal would choke on."""
    return " ".join(_UNPRINTED.sub(" ", said).split())[:SAID]
