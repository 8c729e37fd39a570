"""How many parts a text message will come to, and what they cost: told from the messages of some recipients and of the longest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from mailings.channels.sms.compiling import columns_of
from mailings.channels.sms.composing import CompiledSms
from mailings.channels.sms.parts import Length, foreign, length_of
from mailings.content.variables import joined
from mailings.errors import Unreadable
from mailings.model import Mailing, Recipient, Verdict
from mailings.readable import counted

SAMPLE = 500  # recipients whose messages are put together, evenly from all over the list
NOTHING = Length(0, wide=False)
LONGEST = 20  # recipients with the most to put in, who are looked at beside them


@dataclass
class Size:
    """What the messages of a mailing come to. `mean` = parts a message among those looked at; `exact` = they are all alike.

    `foreign` = letters of recipients' data that make theirs UCS-2; `trouble` = why the first of those looked at cannot be put together.
    """

    recipients: int
    mean: float = 0.0
    most: Length = NOTHING
    exact: bool = True
    foreign: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    def sentence(self, price: Decimal | None, currency: str) -> str:
        """For people: parts each, parts in all, cost."""
        about, parts = "" if self.exact else "about ", round(self.mean * self.recipients)
        most = "" if self.exact else f" (at most {self.most.parts})"
        cost = "set MAILINGS_SMS_PRICE to see the cost"
        if price is not None:
            cost = f"cost {about}{_money(price * parts)} {currency}".rstrip()
        told = f"{about}{counted(round(self.mean, 1), 'part')} each{most}, {about}{counted(parts, 'part')}"
        return f"{told[0].upper()}{told[1:]} to {counted(self.recipients, 'recipient')}, {cost}."


def size_of(session: Session, mailing: Mailing, compiled: CompiledSms) -> Size:
    """What the messages to the eligible recipients, as the list stands, will come to."""
    eligible = (Recipient.mailing_id == mailing.id, Recipient.verdict == Verdict.ELIGIBLE)
    count, low, high = session.execute(select(func.count(), func.min(Recipient.id), func.max(Recipient.id)).where(*eligible)).one()
    size = Size(int(count))
    if not count:
        return size
    sample = _texts(session, compiled, [*eligible, _evenly(low, high)], size)
    lengths = [length_of(text) for text in sample]
    longest = [length_of(text) for text in _longest(session, compiled, eligible, size)] if compiled.names else lengths
    whole = [*lengths, *longest] or [NOTHING]
    size.most = max(whole)
    size.mean = sum(length.parts for length in lengths or whole) / len(lengths or whole)
    size.exact = len({length.parts for length in whole}) == 1 and (len(lengths) >= count or not compiled.names)
    return size


def parts_each(session: Session, mailing: Mailing, compiled: CompiledSms) -> float:
    """Parts a message has in the mean, told from some; those of a text that is the same for all are counted once."""
    if not compiled.names:
        return float(length_of(compiled.said(())).parts)
    eligible = (Recipient.mailing_id == mailing.id, Recipient.verdict == Verdict.ELIGIBLE)
    low, high = session.execute(select(func.min(Recipient.id), func.max(Recipient.id)).where(*eligible)).one()
    if low is None:
        return 0.0
    lengths = [length_of(text).parts for text in _texts(session, compiled, [*eligible, _evenly(low, high)], Size(0))]
    return sum(lengths) / len(lengths) if lengths else 0.0


def _evenly(low: int, high: int) -> ColumnElement[bool]:
    return (Recipient.id - low) % max(1, (high - low + 1) // SAMPLE) == 0


def _texts(session: Session, compiled: CompiledSms, rules: Sequence[Any], size: Size) -> list[str]:
    columns = list(columns_of(compiled.words).values())
    asked = joined(select(Recipient.id, *columns).select_from(Recipient), columns).where(*rules).order_by(Recipient.id).limit(2 * SAMPLE)
    return list(_said(compiled, session.execute(asked).all(), size))


def _longest(session: Session, compiled: CompiledSms, eligible: Sequence[Any], size: Size) -> Iterator[str]:
    columns = list(columns_of(compiled.words).values())
    weight = sum((func.length(one) for one in columns[1:]), func.length(columns[0]))
    asked = joined(select(Recipient.id, *columns).select_from(Recipient), columns).where(*eligible)
    return _said(compiled, session.execute(asked.order_by(weight.desc(), Recipient.id).limit(LONGEST)).all(), size)


def _said(compiled: CompiledSms, rows: Sequence[Sequence[Any]], size: Size) -> Iterator[str]:
    for row in rows:
        try:
            text = compiled.said(row[1:])
        except Unreadable as error:
            size.trouble = size.trouble or [f"Already for one recipient: {error} Such recipients will be refused."]
            continue
        size.foreign = size.foreign or foreign(text)
        yield text


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"
