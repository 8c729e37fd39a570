"""Text messages in doubt as they were handed over, so that who carried them can be asked what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.orm import Session

from mailings.channels import channel_of
from mailings.db import among
from mailings.errors import BadTemplate, Unreadable
from mailings.letter import Texted
from mailings.message import Word
from mailings.model import Delivery, DeliveryStatus, Mailing, MailingType, Recipient
from mailings.settings import settings

MOST = 1000  # asked for one by one
#: the messages, of whatever mailing, that deliveries to the doubted numbers are known by. One walk over the texts, as seeking.py's is
KNOWN = """
    WITH doubted AS (SELECT COALESCE(delivery.address, recipient.address) AS number FROM delivery
        JOIN recipient ON recipient.id = delivery.recipient_id WHERE delivery.mailing_id = :mailing AND delivery.status = 'in_doubt'),
    texts AS (SELECT delivery.id, delivery.provider_id, COALESCE(delivery.address, recipient.address) AS number FROM mailing
        JOIN delivery ON delivery.mailing_id = mailing.id LEFT JOIN recipient ON recipient.id = delivery.recipient_id
        WHERE mailing.type = 'sms')
    SELECT number, provider_id, id FROM texts WHERE provider_id IS NOT NULL AND number IN (SELECT number FROM doubted)
    UNION SELECT texts.number, evidence.name, texts.id FROM evidence JOIN texts ON texts.id = evidence.delivery_id
    WHERE evidence.name IS NOT NULL AND texts.number IN (SELECT number FROM doubted)"""


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
    named: set[int] = set()  # what they are known by tells of them, and nothing else does
    for address, name, delivery in session.execute(text(KNOWN), {"mailing": mailing.id}):
        known.setdefault(address, set()).add(name)
        named.add(delivery)
    for number in (one for one in numbers if one not in named):
        row = session.execute(compiled.select, {"mailing_id": mailing.id, "low": number, "high": number}).one()
        offer = compiled.offer(row)
        try:
            said = offer.message.short().text
        except Unreadable:
            continue
        yield Texted(number, offer.address, said, claimed[number] / 1000, frozenset(known.get(offer.address, ())))


def free(session: Session, words: Sequence[Word]) -> list[Word]:
    """The words, but for those of a message that is another delivery's, whichever mailing it is of.

    Nor is one kept while another message to the same number is being handed over: its name, which may be this one, is told in a moment.
    """
    names = {word.delivery: word.name for word in words if word.name}
    if not names:
        return list(words)
    number = func.coalesce(Delivery.address, Recipient.address)
    texts = select(Delivery.id, number, Delivery.provider_id).select_from(Delivery).join(Mailing, Mailing.id == Delivery.mailing_id)
    texts = texts.outerjoin(Recipient, Recipient.id == Delivery.recipient_id).where(Mailing.type == MailingType.SMS)
    numbers = {one: to for one, to, _ in session.execute(texts.where(among(session, Delivery.id, sorted(names))))}
    under_way = and_(Delivery.status == DeliveryStatus.SENDING, among(session, number, sorted(filter(None, numbers.values()))))
    others = session.execute(texts.where(or_(under_way, among(session, Delivery.provider_id, sorted(names.values())))))
    whose: dict[str, set[int]] = {}
    for one, to, name in others:
        whose.setdefault(name or to, set()).add(one)
    by_word = ((word, whose.get(word.name or "", set()) | whose.get(numbers.get(word.delivery) or "", set())) for word in words)
    return [word for word, theirs in by_word if not word.name or theirs <= {word.delivery}]
