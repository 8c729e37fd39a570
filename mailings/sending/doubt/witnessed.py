"""What a run begins with where the transport remembers all it took: doubt is settled at once, for what it does not name was not taken."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from mailings.message import Transport
from mailings.model import Delivery, DeliveryStatus, Mailing, MailingStatus
from mailings.sending.doubt import gathering, settling
from mailings.sending.doubt.deciding import Decision, send_again
from mailings.sending.doubt.seeking import Doubtful, sought
from mailings.settings import Settings

WHY = "it lies in no part, so it was not printed"


def settle_by_witness(session: Session, mailing: Mailing, transport: type[Transport], settings: Settings) -> None:
    """Settle what is in doubt by the transport's own records: sent, or queued again. Raises Unreadable where they cannot be read.

    Nothing where the transport has no such records, and nothing where nothing is in doubt.
    """
    open_ones = exists().where(Delivery.mailing_id == mailing.id, Delivery.status == DeliveryStatus.IN_DOUBT, ~Delivery.test)
    if not transport.remembers or not session.scalar(select(open_ones)):
        return
    session.flush()
    said = list(transport.evidence(sought(session, [Doubtful(mailing.id, mailing.name)])))
    if said:
        gathering.keep(session, said)
    settling.settle(session, mailing, settings, policy=False)
    if mailing.status is not MailingStatus.CANCELLED:
        send_again(session, mailing, settings, Decision(DeliveryStatus.QUEUED, WHY, transport.name))
