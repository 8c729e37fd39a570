"""Brings a list of people into the database, whole or by portions, in the caller's transactions; a second time changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from mailings.consent.giving import give_many
from mailings.consent.topics import topics_by_name
from mailings.consent.withdrawing import opt_out_many
from mailings.errors import BadRow
from mailings.model import Base, Basis
from mailings.people.companies import Companies
from mailings.people.filling import fill_companies, fill_matched
from mailings.people.joining import join_selection, members_of, note_interests, static_selection
from mailings.people.listed import ListedPerson, ReadList
from mailings.people.marks import Marks
from mailings.people.storing import Chunk, insert_created, match
from mailings.planner import counted_if_free

CHUNK = 1_000  # rows at a time: memory stays flat, statements stay few
GROWING = [
    Base.metadata.tables[name] for name in ("person", "address", "company", "consent", "opt_out", "person_interest", "selection_member")
]
SOONER = (1, 4, 16, 64)  # full portions after which PostgreSQL is told what is there now, and again after each 256
SOURCE = "Import"  #: where consent and opt-outs of a list come from (domain.md C.7)


COUNTS = ("rows", "created", "matched", "skipped")  #: of an import, told in the log of changes


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the person importing declares. `basis`: on which people may be written to; None = only what rows say themselves (D1)."""

    basis: Basis | None = None
    keep_unknown: bool = True
    selection: str | None = None

    def told(self) -> dict[str, Any]:
        """As the log of changes tells it; without the file's name, which may name somebody who is erased later."""
        return {"basis": self.basis, "unknown": "keep" if self.keep_unknown else "skip", "selection": self.selection}


@dataclass(slots=True)
class ImportOutcome:
    """rows = created + matched + skipped. `errors` also name cells that a row was taken without."""

    rows: int = 0
    created: int = 0
    matched: int = 0
    skipped: int = 0
    members: int = 0  # people in the selection afterwards
    filled: int = 0  # matched people of whom something was not known yet
    consents: int = 0  # statements written
    withdrawn_kept: int = 0  # people whose withdrawal was left in force
    errors: list[BadRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def told(self) -> dict[str, int]:
        """As the log of changes tells it."""
        return {count: getattr(self, count) for count in COUNTS}

    def document(self) -> dict[str, Any]:
        """As `people import --json` prints it (cli.md)."""
        return {
            "rows": self.rows,
            "created": self.created,
            "matched": self.matched,
            "unknown_kept": 0,
            "skipped": self.skipped,
            "errors": [{"row": problem.row, "column": problem.column, "why": problem.why} for problem in self.errors],
            "filled": self.filled,
            "consents": self.consents,
            "withdrawn_kept": self.withdrawn_kept,
            "notes": self.notes,
        }


def import_people(session: Session, read: ReadList, options: ImportOptions, progress: Callable[[int], None] | None = None) -> ImportOutcome:
    """Add the people of a list, or recognise them by address (mobile number where a row has none).

    Somebody recognised keeps what is known of them; only what was empty is filled. Raises Unreadable when the file breaks off, NotAllowed
    when `selection` has no fixed members; the caller then rolls everything back. `progress` is told how many rows are done.
    """
    running, tables = Import(read, options), Tables(session, options)
    for listed in portions(read):
        running.take(tables, listed)
        if progress is not None:
            progress(read.total)
    return running.ended(tables)


def portions(read: ReadList) -> Iterator[list[ListedPerson]]:
    """The rows, a portion at a time. The file is read here: whoever opens no transaction around it lets others write meanwhile."""
    while listed := list(islice(read.rows, CHUNK)):
        yield listed


class Tables:
    """What an import needs of the database, true within one transaction. Raises NotAllowed when `selection` has no fixed members."""

    def __init__(self, session: Session, options: ImportOptions) -> None:
        self.session, self.companies = session, Companies(session)
        self.topics = {name: topic.id for name, topic in topics_by_name(session).items()}
        self.selection = static_selection(session, options.selection) if options.selection is not None else None


class Import:
    """An import on its way, through one transaction or many: what has come of it so far."""

    def __init__(self, read: ReadList, options: ImportOptions) -> None:
        self.read, self.options, self.outcome, self.heard = read, options, ImportOutcome(), Marks()
        self.full = 0  # full portions taken

    def take(self, tables: Tables, listed: list[ListedPerson]) -> None:
        """Take in the next portion."""
        session = tables.session
        listed = with_known_topics(listed, tables.topics, self.read)
        chunk = match(session, listed, tables.companies, keep_unknown=self.options.keep_unknown)
        insert_created(session, chunk)
        fill_companies(session, chunk)
        self.outcome.filled += fill_matched(session, chunk)
        self._say(session, chunk)
        out = [(owner, tables.topics[word.casefold()]) for owner, row in chunk.taken for word in row.opt_outs]
        opt_out_many(session, out, SOURCE)
        note_interests(session, [(owner, word) for owner, row in chunk.taken for word in row.interests])
        if tables.selection is not None:
            join_selection(session, tables.selection, [owner for owner, _ in chunk.taken])
        self.read.problems += chunk.problems
        self.outcome.created += len(chunk.created)
        self.outcome.matched += len(chunk.taken) - len(chunk.created)
        self._tell(session, len(listed))

    def _tell(self, session: Session, rows: int) -> None:
        """Untold, PostgreSQL looks for each row's company in all of them, and later for each recipient's (75 million pairs at 30,000)."""
        self.full += rows == CHUNK
        if rows == CHUNK and (self.full in SOONER or self.full % 256 == 0):
            counted_if_free(session, *GROWING)

    def _say(self, session: Session, chunk: Chunk) -> None:
        """Record consent: what a row says itself, else what the person importing declares. A further row can only withdraw."""
        said = [(owner, row.consent or self.options.basis) for owner, row in chunk.taken]
        new = [(owner, basis) for owner, basis in said if basis and (self.heard.first(owner) or basis is Basis.WITHDRAWN)]
        given = give_many(session, new, SOURCE)
        self.outcome.consents += given.written
        self.outcome.withdrawn_kept += given.withdrawn_kept

    def ended(self, tables: Tables) -> ImportOutcome:
        """All that came of it, once every row is taken."""
        outcome = self.outcome
        outcome.members = members_of(tables.session, tables.selection) if tables.selection is not None else 0
        outcome.rows, outcome.notes = self.read.total, self.read.notes
        outcome.errors = sorted(self.read.problems, key=lambda problem: problem.row)
        outcome.skipped = outcome.rows - outcome.created - outcome.matched
        return outcome


def with_known_topics(listed: list[ListedPerson], topics: dict[str, int], read: ReadList) -> list[ListedPerson]:
    """Without rows that opt out of a topic we do not have: to take the row and forget its opt-out would write to someone who said no."""
    known: list[ListedPerson] = []
    for row in listed:
        missing = [word for word in row.opt_outs if word.casefold() not in topics]
        if missing:
            why = f"There is no topic named {missing[0]}; add it with: mailings topics add {missing[0]!r}"
            read.problems.append(BadRow(row.row, "opt_outs", why))
        else:
            known.append(row)
    return known
