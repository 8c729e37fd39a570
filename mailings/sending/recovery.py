"""After a crash: what a dead sender had in its hands is in doubt, and never sent again by itself."""

from __future__ import annotations

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from mailings import seams
from mailings.clock import now
from mailings.model import DeliveryNote, DeliveryStatus
from mailings.seams import Seam
from mailings.sending import leases

WHY = "the sender died between hand-over and answer"
# a row is open while its sender works; no lease at all cannot happen, and would be in doubt too
OPEN = (
    "mailing_id = :mailing AND status = 'sending'"
    " AND NOT EXISTS (SELECT 1 FROM lease WHERE lease.id = delivery.lease_id AND lease.ended_at IS NULL)"
)
MARK = f"UPDATE delivery SET status = 'in_doubt', reason = :why WHERE {OPEN} RETURNING id"  # noqa: S608


def recover(session: Session, mailing_id: int) -> int:
    """Put what dead senders of the mailing left open in doubt, each with a note; how many. Safe to repeat."""
    leases.end_dead(session, mailing_id)
    session.flush()
    seams.before(Seam.RECOVER)
    # the row first: of two that look at the same moment one moves it, and only that one tells
    moved = session.scalars(text(MARK), {"mailing": mailing_id, "why": WHY}).all()
    if moved:
        line = {"at": now(), "what": DeliveryStatus.IN_DOUBT.value, "why": WHY}
        session.execute(insert(DeliveryNote), [{"delivery_id": delivery, **line} for delivery in sorted(moved)])
    seams.after(Seam.RECOVER)
    return len(moved)
