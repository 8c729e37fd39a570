"""Where a link leads that opens a form: the form's page, told whose link it is, with the fields its author named filled in (E.3, J.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.content.variables import column, joined, known_variable
from mailings.model import Delivery, Form, Recipient
from mailings.settings import Settings
from mailings.tokens import Kind, Tokens

#: variable of a template -> the kind of field that holds the same; fields of somebody's own have one name in both
SAME = {
    "customer.name": "name",
    "customer.firstname": "first_name",
    "customer.lastname": "last_name",
    "customer.email": "email",
    "customer.cellphone": "mobile",
    "customer.phone": "phone",
    "customer.direct": "direct_phone",
    "customer.mrmrs": "salutation",
    "customer.title": "title",
    "customer.position": "position",
    "customer.language": "language",
    "customer.business": "business",
    "company.name": "company_name",
    "company.phone": "company_phone",
    "company.department": "department",
}
CUSTOM = "customer."


def address_of_form(session: Session, name: str, delivery: int | None, wanted: tuple[Sequence[str], Settings]) -> str:
    """`/f/NAME`, with a token that says whose link it is and `field_IDENTIFIER=value` for each of the `wanted` variables that is known.

    Nothing is filled in for previews, companies and bare addresses, nor what a person has nothing in.
    """
    fields, settings = wanted
    address = f"/f/{quote(name, safe='')}"
    definition = session.scalar(select(Form.definition).where(Form.name == name))
    pairs = [] if delivery is None else _known(session, delivery, fields)
    told = [(f"field_{_identifier(definition, variable)}", str(value)) for variable, value in pairs]
    if delivery is not None and definition is not None:
        told.insert(0, ("t", Tokens(settings.secret.get_secret_value()).sign(Kind.FORM, delivery)))
    query = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in told)
    return f"{address}?{query}" if query else address


def _known(session: Session, delivery: int, fields: Sequence[str]) -> list[tuple[str, Any]]:
    known = [field for field in fields if known_variable(field)]
    if not known:
        return []
    columns = [column(field) for field in known]
    recipient = select(Delivery.recipient_id).where(Delivery.id == delivery).scalar_subquery()
    rows = joined(select(*columns).select_from(Recipient), columns).where(Recipient.person_id.is_not(None))
    row = session.execute(rows.where(Recipient.id == recipient)).one_or_none()
    return [(field, value) for field, value in zip(known, row or (), strict=False) if value]


def _identifier(definition: Mapping[str, Any] | None, variable: str) -> str:
    """The identifier of the form's field that holds what the variable says; where it has none, the variable itself."""
    kind = SAME.get(variable, variable.removeprefix(CUSTOM))
    return next((field["identifier"] for field in _fields(definition) if field.get("kind") == kind), variable)


def _fields(definition: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    for section in (definition or {}).get("sections", ()):
        yield from section.get("fields", ())
