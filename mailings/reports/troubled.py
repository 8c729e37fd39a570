"""Who did not get a mailing although they should have: failed and in doubt, as far as a page shows them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.audience.filters import Latest, is_latest
from mailings.audience.recipient_ids import TROUBLE
from mailings.audience.recipient_pages import Row, rows_of
from mailings.model import DeliveryStatus, Mailing, Recipient, Verdict

TROUBLED = (DeliveryStatus.FAILED, DeliveryStatus.IN_DOUBT)


class Troubled(NamedTuple):
    """A recipient, and when the message was last in a sender's hands."""

    row: Row
    at: datetime | None


def troubled(session: Session, mailing: Mailing, most: int) -> list[Troubled]:
    """The first `most` recipients whose latest message failed or is in doubt, in the order of the list. Erased people have no name."""
    asked = (
        select(Latest.recipient_id, Latest.claimed_at)
        .join(Recipient, Recipient.id == Latest.recipient_id)
        .where(Latest.mailing_id == mailing.id, TROUBLE, Latest.status.in_(TROUBLED), Latest.test.is_(False), is_latest())
        .where(Recipient.verdict == Verdict.ELIGIBLE)
        .order_by(Latest.recipient_id)
        .limit(most)
    )
    found: dict[int, datetime | None] = {row.recipient_id: row.claimed_at for row in session.execute(asked)}
    return [Troubled(row, found[row.id]) for row in rows_of(session, list(found))]
