"""The first who should get a mailing: templates are filled for them, so that trouble shows before anything is sent."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from mailings.model import Mailing, Recipient, Verdict


class Rows(Protocol):
    """How a channel reads what its templates use."""

    def of_recipient(self, recipient_id: int) -> Select[Any]:
        """The row of a recipient who has no delivery."""
        ...


def first_row(session: Session, mailing: Mailing, rows: Rows) -> Any:
    """The row of the first eligible recipient; None where there is none."""
    eligible = select(Recipient.id).where(Recipient.mailing_id == mailing.id, Recipient.verdict == Verdict.ELIGIBLE)
    first = session.scalar(eligible.order_by(Recipient.id).limit(1))
    return None if first is None else session.execute(rows.of_recipient(first)).one()
