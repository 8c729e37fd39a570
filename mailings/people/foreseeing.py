"""Foresees what taking a list in would come to, by reading alone: nobody is changed, and nobody waits for it."""

from __future__ import annotations

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from mailings.consent.history import in_force
from mailings.consent.topics import topics_by_name
from mailings.model import Basis
from mailings.people.importing import ImportOutcome, with_known_topics
from mailings.people.listed import ListedPerson, ReadList
from mailings.people.storing import Chunk, recognise


class Foresight:
    """A list looked over, a portion at a time, each in a transaction of its own that only reads.

    Remembers whose every address became: some 10 MB for the 50,000 rows an upload may have. A list without that bound is tried with
    `mailings people import --dry-run`, which remembers nothing and holds the database.
    """

    def __init__(self, read: ReadList) -> None:
        self.read, self.outcome = read, ImportOutcome()
        self.met: dict[str, int] = {}
        self.new, self.heard = count(-1, -1), set[int]()  # below nought: ids that nobody has

    def look(self, session: Session, listed: list[ListedPerson]) -> None:
        """Look over the next portion."""
        topics = {name: topic.id for name, topic in topics_by_name(session).items()}
        chunk = recognise(session, with_known_topics(listed, topics, self.read), self.new, self.met)
        for owner, read in chunk.more:
            self.met.setdefault(read.normal or "", owner)
        for owner, row in chunk.taken:
            if row.mobile_normal:
                self.met.setdefault(row.mobile_normal, owner)
        self.read.problems += chunk.problems
        self.outcome.created += len(chunk.created)
        self.outcome.matched += len(chunk.taken) - len(chunk.created)
        self.outcome.withdrawn_kept += self._stay_withdrawn(session, chunk)

    def _stay_withdrawn(self, session: Session, chunk: Chunk) -> int:
        """People whose row says yes, and who said no themselves before."""
        said = {owner for owner, row in chunk.taken if owner > 0 and row.consent not in (None, Basis.WITHDRAWN)} - self.heard
        self.heard |= said
        return sum(basis is Basis.WITHDRAWN for basis, _ in in_force(session, sorted(said)).values())

    def document(self) -> dict[str, Any]:
        """Counts, wrong rows and notes, as an import tells them; what only writing can tell is not among them."""
        outcome = self.outcome
        outcome.rows, outcome.notes = self.read.total, self.read.notes
        outcome.errors = sorted(self.read.problems, key=lambda problem: problem.row)
        outcome.skipped = outcome.rows - outcome.created - outcome.matched
        return {key: value for key, value in outcome.document().items() if key not in {"filled", "consents"}}
