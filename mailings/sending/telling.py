"""What was handed over, in the log: a line for a batch, about one a second at most, and fewer once a run is long under way."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from sqlalchemy import text

from mailings.db import Database
from mailings.errors import MailingsError
from mailings.message import Outcome
from mailings.sending.receipts import Answered

WORDS = {
    Outcome.ACCEPTED: "sent",
    Outcome.REFUSED: "refused",
    Outcome.TRY_LATER: "to be tried later",
    Outcome.UNKNOWN: "in doubt",
    Outcome.UNTOUCHED: "given back",
}
DONE = (Outcome.ACCEPTED, Outcome.REFUSED, Outcome.UNKNOWN)
APART, LATER = 1.0, 10.0  # seconds between two lines: in a run's first minute, and after it
FIRST = 60.0  # seconds
STALE, SHARE = 10.0, 100  # what others sent is counted anew after so long, and counting takes a hundredth of the time at most
#: everyone once, by the latest message
COUNTED = """SELECT count(*), count(CASE WHEN status IN ('queued', 'sending') THEN 1 END) FROM delivery
    WHERE mailing_id = :mailing AND NOT test AND NOT EXISTS (SELECT 1 FROM delivery further WHERE further.again_of = delivery.id)"""

log = logging.getLogger(__name__)


class Telling:
    """One sender's lines about one mailing: how many since the last, how they were answered, and how far the mailing is."""

    def __init__(self, database: Database, name: str, mailing_id: int) -> None:
        self.database, self.name, self.mailing_id = database, name, mailing_id
        self.since: Counter[Outcome] = Counter()  # answers that no line told of yet
        self.begun = self.told = 0.0
        self.total = self.done = 0
        self.again = 0.0  # when to count anew

    def note(self, answers: Iterable[Answered]) -> None:
        """Answers that were just recorded; a line where it is time for one."""
        self.since.update(one.receipt.outcome for one in answers)
        now = time.monotonic()
        self.begun = self.begun or now
        if now - self.told >= (APART if now - self.begun < FIRST else LATER):
            self.rest()

    def rest(self) -> None:
        """A line about what no line told of yet, if there is anything."""
        if not self.since or not log.isEnabledFor(logging.INFO):
            self.since.clear()
            return
        answers = ", ".join(f"{self.since[outcome]:,} {word}" for outcome, word in WORDS.items() if self.since[outcome])
        handed = self.since.total() - self.since[Outcome.UNTOUCHED]
        self._count()
        self.since.clear()
        self.told = time.monotonic()
        log.info("%s: %s handed over: %s; %s of %s", self.name, f"{handed:,}", answers, f"{self.done:,}", f"{self.total:,}")

    def _count(self) -> None:
        begun = time.monotonic()
        if begun < self.again:
            self.done = min(self.total, self.done + sum(self.since[outcome] for outcome in DONE))
            return
        with suppress(MailingsError), self.database.reading() as session:  # a database that is gone the run meets itself
            self.total, left = session.execute(text(COUNTED), {"mailing": self.mailing_id}).one()
            self.done = self.total - left
        took = time.monotonic() - begun
        self.again = begun + took + max(STALE, took * SHARE)
