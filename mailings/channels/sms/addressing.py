"""Where a text message for a person or a bare recipient goes; companies get none (domain.md A, C.2)."""

from __future__ import annotations

from sqlalchemy import String, cast, func, null, select

from mailings.channels import AddressOf
from mailings.model import Person, Recipient


def address_of() -> AddressOf:
    """The numbers of this channel, in E.164: a person's mobile, a bare recipient's own."""
    number = Person.mobile_normal.expression
    repeated = select(number).where(number.is_not(None)).group_by(number).having(func.count() > 1)
    return AddressOf(number, cast(null(), String), Recipient.address.expression, repeated=repeated)
