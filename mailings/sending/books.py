"""The books of a mailing: every recipient counted once, by verdict or by the latest delivery; tests nowhere."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailings.model import DeliveryStatus, Verdict

TRIED = "CASE WHEN delivery.attempts > 0 THEN delivery.next_attempt_at END"  # what was given back untouched waits for nothing
VERDICTS = "SELECT verdict, count(*) AS n FROM recipient WHERE mailing_id = :mailing GROUP BY verdict"
# an excluded recipient's delivery (erased before it went out) is the verdict's, not counted a second time
LATEST = (
    f"SELECT delivery.status, count(*), count({TRIED}), min({TRIED}) FROM delivery"  # noqa: S608  constants of this file
    " JOIN recipient ON recipient.id = delivery.recipient_id AND recipient.verdict = 'eligible'"
    " WHERE delivery.mailing_id = :mailing AND NOT delivery.test AND NOT EXISTS"
    " (SELECT 1 FROM delivery later WHERE later.recipient_id = delivery.recipient_id AND later.id > delivery.id AND NOT later.test)"
    " GROUP BY delivery.status"
)


@dataclass(frozen=True, slots=True)
class Books:
    """Counts of one mailing. `waiting` of the queued were tried and wait for another attempt, the first at `next_attempt` (ms)."""

    verdicts: dict[str, int]
    deliveries: dict[str, int]
    waiting: int = 0
    next_attempt: int | None = None

    @property
    def total(self) -> int:
        """All recipients."""
        return sum(self.verdicts.values())

    @property
    def eligible(self) -> int:
        """Recipients who should get it."""
        return self.verdicts.get(Verdict.ELIGIBLE, 0)

    @property
    def excluded(self) -> dict[str, int]:
        """The others, by verdict."""
        return {verdict: n for verdict, n in self.verdicts.items() if verdict != Verdict.ELIGIBLE}

    @property
    def accounted(self) -> int:
        """Recipients whose whereabouts the books know: excluded, or with a delivery."""
        return sum(self.excluded.values()) + sum(self.deliveries.values())

    @property
    def balanced(self) -> bool:
        """True when everyone is accounted for exactly once."""
        return self.total == self.accounted


def books_of(session: Session, mailing_id: int) -> Books:
    """The mailing's books as they stand."""
    verdicts = {row.verdict: row.n for row in session.execute(text(VERDICTS), {"mailing": mailing_id})}
    deliveries, waiting, first = dict.fromkeys((status.value for status in DeliveryStatus), 0), 0, None
    for status, n, waits, due in session.execute(text(LATEST), {"mailing": mailing_id}):
        deliveries[status] = n
        if status == DeliveryStatus.QUEUED:
            waiting, first = waits, due
    return Books(verdicts, deliveries, waiting, first)


@dataclass(frozen=True, slots=True)
class Tally:
    """A quick look at a running mailing: deliveries in all, those still `open`, and those of them that wait for another attempt."""

    status: str
    total: int
    open: int
    waiting: int
    next_attempt: int | None


QUICK = (
    f"SELECT status, count(*), count({TRIED}), min({TRIED}) FROM delivery"  # noqa: S608  constants of this file
    " WHERE mailing_id = (SELECT id FROM mailing WHERE name = :name) AND NOT test GROUP BY status"
)


def tally_of(session: Session, name: str) -> Tally:
    """Counts for a progress bar: one walk over the mailing's deliveries, no joins."""
    stands = session.execute(text("SELECT status FROM mailing WHERE name = :name"), {"name": name}).scalar()
    rows = {status: (n, waits, due) for status, n, waits, due in session.execute(text(QUICK), {"name": name})}
    queued, waits, due = rows.get(DeliveryStatus.QUEUED, (0, 0, None))
    in_hand = rows.get(DeliveryStatus.SENDING, (0, 0, None))[0]
    return Tally(str(stands), sum(n for n, _, _ in rows.values()), queued + in_hand, waits, due)
