"""After a crash: what a dead sender had in its hands is in doubt, and never sent again by itself."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailings import seams
from mailings.clock import milliseconds
from mailings.seams import Seam
from mailings.sending import leases

WHY = "the sender died between hand-over and answer"
# a row is open while its sender works; no lease at all cannot happen, and would be in doubt too
OPEN = (
    "mailing_id = :mailing AND status = 'sending'"
    " AND NOT EXISTS (SELECT 1 FROM lease WHERE lease.id = delivery.lease_id AND lease.ended_at IS NULL)"
)
NOTE = f"INSERT INTO delivery_note (delivery_id, at, what, why) SELECT id, :now, 'in_doubt', :why FROM delivery WHERE {OPEN}"  # noqa: S608
MARK = f"UPDATE delivery SET status = 'in_doubt', reason = :why WHERE {OPEN}"  # noqa: S608


def recover(session: Session, mailing_id: int) -> int:
    """Put what dead senders of the mailing left open in doubt, each with a note; how many. Safe to repeat."""
    leases.end_dead(session, mailing_id)
    session.flush()
    marks = {"mailing": mailing_id, "why": WHY}
    seams.before(Seam.RECOVER)
    noted = session.execute(text(NOTE), marks | {"now": milliseconds()}).rowcount  # type: ignore[attr-defined]  # a cursor result
    session.execute(text(MARK), marks)
    seams.after(Seam.RECOVER)
    return int(noted)
