"""Where e-mail for a person, a company or a bare recipient goes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ScalarSelect, case, func, null, select
from sqlalchemy.orm import aliased

from mailings.channels import AddressOf
from mailings.model import Address, Company, Person, Recipient


def address_of() -> AddressOf:
    """The addresses of this channel: a person's first valid one by rank (domain.md C.2), a company's own, a bare recipient's."""
    usual, first = aliased(Address), _first(Address.normal)
    company = case((Company.email_valid, Company.email_normal), else_=null())
    through = (usual, usual.id == _first(Address.id), usual.normal.expression)
    repeated = select(Address.normal).group_by(Address.normal).having(func.count() > 1)
    return AddressOf(first, company, Recipient.address.expression, through, repeated)


def _first(column: Any) -> ScalarSelect[Any]:
    first = select(column).where(Address.person_id == Person.id, Address.valid).order_by(Address.rank, Address.id).limit(1)
    return first.correlate(Person).scalar_subquery()
