"""What must be true after the last recovery: the books and the witness are laid side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from mailings.db import Database
from mailings.sending.books import books_of
from tests.torture.world import BATCH, ELIGIBLE, NUMBERS, REFUSED, VERDICTS

ADDRESSES = {number: address for address, number in NUMBERS.items()}

LIST = "SELECT person.name, verdict FROM recipient JOIN person ON person.id = recipient.person_id"
ROWS = (
    "SELECT delivery.id, recipient.address, delivery.status FROM delivery"
    " LEFT JOIN recipient ON recipient.id = delivery.recipient_id ORDER BY delivery.id"
)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the database says: the mailing's status, everybody's verdict, every delivery, and whether the books balance."""

    status: str
    verdicts: dict[str, str]
    deliveries: list[tuple[int, str, str]]
    balanced: bool

    @classmethod
    def of(cls, database: Database) -> Ledger:
        """As it stands."""
        with database.reading() as session:
            mailing_id, status = session.execute(text("SELECT id, status FROM mailing")).one()
            verdicts = {row.name: row.verdict for row in session.execute(text(LIST))}
            deliveries = [(row.id, ADDRESSES.get(row.address, row.address), row.status) for row in session.execute(text(ROWS))]
            return cls(status, verdicts, deliveries, books_of(session, mailing_id).balanced)


def broken(ledger: Ledger, served: Sequence[str], in_hand: Sequence[frozenset[int]], *, refuses: bool) -> list[str]:
    """Every promise that does not hold, a sentence each; none = all is well.

    `served` = addresses on the wire, `in_hand` = the deliveries that stood `sending` after each kill, `refuses` = the far side refuses
    somebody.
    """
    wire = Counter(served)
    return [*_twice(wire), *_lost(ledger, wire, refuses=refuses), *_doubt(ledger, in_hand), *_books(ledger)]


def _twice(wire: Counter[str]) -> Iterator[str]:
    for address, times in wire.items():
        if times > 1:
            yield f"{address} was served {times} times"
        if address not in ELIGIBLE.values():
            yield f"{address} was served, who was left out"


def _lost(ledger: Ledger, wire: Counter[str], *, refuses: bool) -> Iterator[str]:
    of = Counter(address for _, address, _ in ledger.deliveries)
    for address in ELIGIBLE.values():
        if of[address] != 1:
            yield f"{address} has {of[address]} deliveries"
    for _, address, status in ledger.deliveries:
        may_fail = refuses and address == REFUSED
        if status == "sent" and not wire[address]:
            yield f"{address} is sent in the books, and got nothing"
        elif wire[address] and status not in {"sent", "in_doubt"}:
            yield f"{address} was served, and is {status} in the books"
        elif status not in {"sent", "in_doubt"} and not (may_fail and status == "failed"):
            yield f"{address} was lost: {status}"


def _doubt(ledger: Ledger, in_hand: Sequence[frozenset[int]]) -> Iterator[str]:
    ever = frozenset[int]().union(*in_hand)
    for number, address, status in ledger.deliveries:
        if status == "in_doubt" and number not in ever:
            yield f"{address} is in doubt, and was in nobody's hands at a kill"
    for held in in_hand:
        if len(held) > 2 * BATCH:
            yield f"{len(held)} were in hand at a kill, more than two batches of {BATCH}"


def _books(ledger: Ledger) -> Iterator[str]:
    if ledger.status != "sent":
        yield f"the mailing is {ledger.status}"
    if ledger.verdicts != VERDICTS:
        yield f"the list is another one: {sorted(ledger.verdicts.items() ^ VERDICTS.items())}"
    if not ledger.balanced:
        yield "the books do not balance"
