"""Where e-mail for a person, a company or a bare recipient goes."""

from __future__ import annotations

from sqlalchemy import case, null, select

from mailings.channels import AddressOf
from mailings.model import Address, Company, Person, Recipient


def address_of() -> AddressOf:
    """The addresses of this channel: a person's first valid one by rank (domain.md C.2), a company's own, a bare recipient's."""
    first = select(Address.normal).where(Address.person_id == Person.id, Address.valid).order_by(Address.rank, Address.id).limit(1)
    company = case((Company.email_valid, Company.email_normal), else_=null())
    return AddressOf(first.correlate(Person).scalar_subquery(), company, Recipient.address.expression)
