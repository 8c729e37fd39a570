"""What stands in a form before anybody writes in it: defaults, what the link says, and of whose link it is their name and address (J.3)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.forms.definition import FormPart
from mailings.forms.fields import FieldPart
from mailings.model import Delivery, Person, Recipient

LONGEST = 2_000  # characters a link may write in one field
MOST = 50  # boxes a link may tick in one field
#: a link ticks nothing for anybody: what is ticked before one has read it is no consent (domain.md C.7)
WISHES = frozenset({"consent", "topics"})

Values = dict[str, list[str]]


def prefilled(session: Session, part: FormPart, said: Iterable[tuple[str, str]], delivery: int | None = None) -> Values:
    """Identifier -> what stands in the field. `said` = (identifier, value) as the link writes them; `delivery` = whose link it is.

    Whoever holds the link sees this, and messages are forwarded: so of the reader only what the message itself shows, the name and the
    address it was sent to. Everything else stands in the link or nowhere. Fields with `prefill: false`, files and wishes stay empty.
    """
    values: Values = {one.identifier: [one.default] for one in part.every if one.default and one.kind not in WISHES}
    may = {one.identifier: one for one in part.every if _may(one)}
    known = _known(session, delivery) if delivery is not None else {}
    values |= {one.identifier: [theirs] for one in may.values() if (theirs := known.get(one.kind))}
    written: Values = {}
    for identifier, value in said:
        if identifier in may and value:
            written.setdefault(identifier, []).extend(_several(may[identifier], value))
    return values | {identifier: given[:MOST] for identifier, given in written.items()}


def _may(one: FieldPart) -> bool:
    return one.prefill and one.kind not in WISHES and one.holds not in ("nothing", "files")


def _several(one: FieldPart, value: str) -> list[str]:
    """Ticked boxes come as `["one", "two"]` (J.3), or each by itself."""
    if one.holds == "choices" and value.startswith("["):
        try:
            read = json.loads(value)
        except (ValueError, RecursionError):
            return []
        return [str(each)[:LONGEST] for each in read if isinstance(each, str)][:MOST] if isinstance(read, list) else []
    return [value[:LONGEST]]


def _known(session: Session, delivery: int) -> Mapping[str, str | None]:
    """By kind of field. Nothing of tests, of companies, of anybody who is deleted."""
    columns = (Person.name, Person.first_name, Person.last_name, Delivery.address, Recipient.address)
    rows = select(*columns).select_from(Delivery).join(Recipient, Recipient.id == Delivery.recipient_id)
    rows = rows.join(Person, Person.id == Recipient.person_id).where(Person.deleted_at.is_(None), ~Delivery.test)
    found = session.execute(rows.where(Delivery.id == delivery)).one_or_none()
    if found is None:
        return {}
    name, first, last, sent_to, address = found
    email = sent_to or address
    return {"name": name, "first_name": first, "last_name": last, "email": email if email and "@" in email else None}
