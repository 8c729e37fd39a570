"""What the database knows of a mailing whose first recipients are all refused: other senders included, and who waits elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from mailings.db import Database, among
from mailings.errors import MailingsError
from mailings.model import Delivery, DeliveryStatus, Recipient


class Known(NamedTuple):
    """What the database says of the mailing: it is being sent; somebody accepted something of it; others than one domain's still wait."""

    sending: bool
    accepted: bool
    elsewhere: bool = False


def asking(database: Database, mailing_id: int) -> Callable[[Sequence[int]], Known]:
    """What asks the database about the mailing. Where it does not answer we take what fails nobody: stopped, and nobody accepted."""

    def ask(held: Sequence[int]) -> Known:
        try:
            with database.reading() as session:
                sending, accepted = session.execute(KNOWN, {"mailing": mailing_id}).one()
                return Known(bool(sending), bool(accepted), _elsewhere(session, mailing_id, held))
        except MailingsError:
            return Known(sending=False, accepted=False)

    return ask


KNOWN = text(
    "SELECT EXISTS (SELECT 1 FROM mailing WHERE id = :mailing AND status = 'sending'),"
    " EXISTS (SELECT 1 FROM delivery WHERE mailing_id = :mailing AND NOT test AND status IN ('sent', 'delivered', 'bounced'))"
)


def _elsewhere(session: Session, mailing_id: int, held: Sequence[int]) -> bool:
    to = func.coalesce(Delivery.address, Recipient.address)
    asked = select(to).join(Recipient, Recipient.id == Delivery.recipient_id)
    domains = {str(address).rpartition("@")[2].lower() for address in session.scalars(asked.where(among(session, Delivery.id, held)))}
    if len(domains) != 1:
        return False
    waits = asked.where(Delivery.mailing_id == mailing_id, Delivery.status == DeliveryStatus.QUEUED, ~Delivery.test)
    return session.scalar(waits.where(~func.lower(to).endswith(f"@{domains.pop()}", autoescape=True)).limit(1)) is not None
