"""What follows when an address is corrected: the new one starts afresh, and what bounced at the old one is dealt with (domain.md I)."""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.addresses import read_address
from mailings.errors import BadAddress
from mailings.model import Address, Delivery, DeliveryStatus, Recipient
from mailings.people.correcting import Correction, correct_of
from mailings.tracking.clearing import clear_bounces


def correct_bounced(session: Session, mistaken: Address, new: str) -> Correction:
    """Put `new` in its place. Bounces and a block of the new one end, complaints stay; the old one keeps what is against it.

    Raises BadAddress, also where it is the address already: nothing is corrected then, and nothing dealt with.
    """
    if mistaken.valid and read_address(new).normal == mistaken.normal:
        raise BadAddress(
            f"{new} is the address already. If it is right after all, clear it in the list of bounces or of blocked addresses."
        )
    person_id = mistaken.person_id
    corrected = correct_of(session, mistaken, new)
    clear_bounces(session, [corrected.new])
    theirs = select(Recipient.id).where(Recipient.person_id == person_id)
    went = func.coalesce(Delivery.address, select(Recipient.address).where(Recipient.id == Delivery.recipient_id).scalar_subquery())
    bounced = (Delivery.recipient_id.in_(theirs), Delivery.status == DeliveryStatus.BOUNCED, Delivery.cleaned_at.is_(None))
    dealt = update(Delivery).where(*bounced, went == corrected.old).values(cleaned_at=clock.now())
    session.execute(dealt.execution_options(synchronize_session=False))
    return corrected
