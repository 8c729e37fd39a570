"""What the text messages of a mailing came to: the parts of those that left, at the price of a part (domain.md D15)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.channels import CHANNELS
from mailings.channels.sms.compiling import compiled_of
from mailings.channels.sms.sizing import parts_each
from mailings.errors import BadTemplate
from mailings.model import Delivery, Mailing
from mailings.model.counting import SENT
from mailings.reports.saying import LOCALES, number, say
from mailings.settings import Settings


def cost_of(session: Session, mailing: Mailing, settings: Settings) -> dict[str, Any] | None:
    """Parts and amount of all messages that left, those sent again and tests too; None without a price, and for other types.

    No hand-over keeps its parts: they are counted again from the data of today, so where the text has any, `about` is true.
    """
    if CHANNELS[mailing.type] != "sms" or settings.sms_price is None:
        return None
    try:
        compiled = compiled_of(session, mailing, settings)
    except BadTemplate:
        return None
    left = session.scalar(select(func.count()).where(Delivery.mailing_id == mailing.id, Delivery.status.in_(SENT))) or 0
    parts = round(left * parts_each(session, mailing, compiled)) if left else 0
    amount = f"{settings.sms_price * Decimal(parts):.2f}"
    return {"parts": parts, "amount": amount, "currency": settings.sms_currency, "about": bool(compiled.names and left)}


def cost_told(document: Mapping[str, Any], language: str = "en") -> str | None:
    """The cost as a report says it; None where it has none."""
    if (cost := document.get("cost")) is None:
        return None
    amount = format_decimal(Decimal(cost["amount"]), format="#,##0.00", locale=LOCALES.get(language, "en_GB"))
    money = f"{amount} {cost['currency']}".strip()
    return say("cost_about" if cost["about"] else "cost_is", language, money=money, parts=number(cost["parts"], language))
