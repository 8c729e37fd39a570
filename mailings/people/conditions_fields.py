"""What a selection's condition may ask about: every field by its word, with its column and the rows it lives in."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Text, cast, func, or_, select
from sqlalchemy.orm import aliased

from mailings.errors import Unreadable
from mailings.model import (
    EMARKETING,
    Address,
    Associate,
    Basis,
    Company,
    Consent,
    Delivery,
    DeliveryStatus,
    Interest,
    Mailing,
    OptOut,
    Person,
    PersonInterest,
    Project,
    ProjectMember,
    Recipient,
    Topic,
)

Kind = Literal["text", "flag", "date", "address", "custom"]
Test = ColumnElement[bool]


@dataclass(frozen=True)
class Field:
    """One field. `within` turns a test of `column` into a test of the person, e.g. by looking among their interests."""

    name: str
    kind: Kind
    column: ColumnElement[Any]
    within: Callable[[Test], Test] = lambda test: test


def _of_company(test: Test) -> Test:
    return select(Company.id).where(Company.id == Person.company_id, Company.deleted_at.is_(None), test).correlate(Person).exists()


def _of_addresses(test: Test) -> Test:
    return select(Address.id).where(Address.person_id == Person.id, test).correlate(Person).exists()


def _of_interests(test: Test) -> Test:
    has = PersonInterest.interest_id == Interest.id
    return select(Interest.id).join(PersonInterest, has).where(PersonInterest.person_id == Person.id, test).correlate(Person).exists()


def _of_projects(test: Test) -> Test:
    has = ProjectMember.project_id == Project.id
    return select(Project.id).join(ProjectMember, has).where(ProjectMember.person_id == Person.id, test).correlate(Person).exists()


def _of_opt_outs(test: Test) -> Test:
    in_force = (OptOut.person_id == Person.id, OptOut.ended_at.is_(None))
    return select(Topic.id).join(OptOut, OptOut.topic_id == Topic.id).where(*in_force, test).correlate(Person).exists()


def _of_consent(test: Test) -> Test:
    newest = aliased(Consent)
    last = (
        select(func.max(newest.id)).where(newest.person_id == Person.id, newest.purpose == EMARKETING).correlate(Person).scalar_subquery()
    )
    return select(Consent.id).where(Consent.id == last, Consent.basis != Basis.WITHDRAWN, test).correlate(Person).exists()


def _of_our_contact(test: Test) -> Test:
    return select(Associate.id).where(Associate.id == Person.our_contact_id, test).correlate(Person).exists()


def received(mailing: str | None) -> Test:
    """True for people a mailing (any, when None) went out to; tests do not count (domain.md D11)."""
    went_out = Delivery.status.in_([DeliveryStatus.SENT, DeliveryStatus.DELIVERED])
    found = select(Delivery.id).join(Recipient, Recipient.id == Delivery.recipient_id)
    found = found.where(Recipient.person_id == Person.id, Delivery.test.is_(False), went_out)
    if mailing is not None:
        found = found.where(Recipient.mailing_id == select(Mailing.id).where(Mailing.name == mailing).scalar_subquery())
    return found.correlate(Person).exists()


_PERSON_TEXTS = {
    "name": Person.name,
    "first_name": Person.first_name,
    "middle_name": Person.middle_name,
    "last_name": Person.last_name,
    "salutation": Person.salutation,
    "title": Person.title,
    "position": Person.position,
    "language": Person.language,
    "country": Person.country,
    "phone": Person.phone,
    "direct_phone": Person.direct_phone,
    "street": Person.street,
    "zip": Person.zip,
    "city": Person.city,
    "number": Person.number,
    "category": Person.category,
    "business": Person.business,
    "note": Person.note,
}
_COMPANY_WORDS = (
    "name",
    "department",
    "email",
    "phone",
    "street",
    "zip",
    "city",
    "country",
    "domain",
    "url",
    "category",
    "business",
    "number",
)


def _fields() -> dict[str, Field]:
    found = [Field(name, "text", column.expression) for name, column in _PERSON_TEXTS.items()]
    found += [Field(f"company.{word}", "text", Company.__table__.c[word], _of_company) for word in _COMPANY_WORDS]
    found += [
        Field("company", "text", Company.name.expression, _of_company),
        Field("company.stop", "flag", Company.stop.expression, _of_company),
        Field("company.no_mailings", "flag", Company.no_mailings.expression, _of_company),
        Field("company.created", "date", Company.created_at.expression, _of_company),
        Field("mobile", "text", func.coalesce(Person.mobile_normal, Person.mobile)),
        Field("email", "address", Address.normal.expression, _of_addresses),
        Field("retired", "flag", Person.retired.expression),
        Field("no_mailings", "flag", Person.no_mailings.expression),
        Field("created", "date", Person.created_at.expression),
        Field("interest", "text", Interest.name.expression, _of_interests),
        Field("project", "text", Project.name.expression, _of_projects),
        Field("opted_out", "text", Topic.name.expression, _of_opt_outs),
        Field("consent", "text", cast(Consent.basis, Text), _of_consent),
        Field("consent.source", "text", Consent.source.expression, _of_consent),
        Field("consent.given", "date", Consent.given_at.expression, _of_consent),
        Field("our_contact", "text", Associate.name.expression, _of_our_contact),
    ]
    return {field.name: field for field in found}


#: word -> field; `custom.KEY` exists besides
FIELDS: dict[str, Field] = _fields()


def field_named(word: str, place: str) -> Field:
    """The field a person wrote. Raises Unreadable naming the place and the nearest words there are."""
    name = word.lower()
    if name in FIELDS:
        return FIELDS[name]
    if name.startswith("custom."):
        return _custom(word, word.split(".", 1)[1].strip('"'))
    near = difflib.get_close_matches(name, [*FIELDS, "custom."], n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sorted(FIELDS))} and custom.NAME."
    raise Unreadable(f"The condition has no field {word!r} ({place}); {hint}")


def _custom(word: str, key: str) -> Field:
    written = func.coalesce(cast(Person.custom[key].as_string(), Text), "")
    return Field(word, "custom", written)


def addressed(like: Callable[[ColumnElement[Any]], Test]) -> Test:
    """A test of an address in both its forms: as it was written and as it is compared."""
    return or_(like(Address.normal.expression), like(Address.written.expression))
