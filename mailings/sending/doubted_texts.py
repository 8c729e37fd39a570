"""Text messages in doubt as they were handed over, so that who carried them can be asked what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from mailings.channels import channel_of
from mailings.db import among
from mailings.errors import BadTemplate, Unreadable
from mailings.letter import Texted
from mailings.model import Delivery, Mailing
from mailings.settings import settings

MOST = 1000  # asked for one by one
KNOWN = """
    SELECT recipient.address, delivery.provider_id FROM delivery JOIN recipient ON recipient.id = delivery.recipient_id
    WHERE delivery.mailing_id = :mailing AND delivery.provider_id IS NOT NULL
    AND recipient.address IN (SELECT there.address FROM recipient there JOIN delivery doubted ON doubted.recipient_id = there.id
        WHERE doubted.mailing_id = :mailing AND doubted.status = 'in_doubt')"""


def texted(session: Session, mailing: Mailing, claimed: Mapping[int, int]) -> Iterator[Texted]:
    """The first MOST of these deliveries of the mailing (number -> when it was claimed, in ms) that are still in doubt.

    Their words are made anew, from what is known today: where a name has changed since, nothing is found, and nothing is claimed.
    """
    doubted = select(Delivery.id).where(among(session, Delivery.id, sorted(claimed)), Delivery.status == "in_doubt").order_by(Delivery.id)
    numbers = session.scalars(doubted.limit(MOST)).all()
    if not numbers:
        return
    try:
        compiled = channel_of(mailing).compiled_of(session, mailing, settings())
    except BadTemplate:
        return
    known: dict[str, set[str]] = {}
    for address, name in session.execute(text(KNOWN), {"mailing": mailing.id}):
        known.setdefault(address, set()).add(name)
    for number in numbers:
        row = session.execute(compiled.select, {"mailing_id": mailing.id, "low": number, "high": number}).one()
        offer = compiled.offer(row)
        try:
            said = offer.message.short().text
        except Unreadable:
            continue
        yield Texted(number, offer.address, said, claimed[number] / 1000, frozenset(known.get(offer.address, ())))
