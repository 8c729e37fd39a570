"""People as a list that `mailings people import` takes in again: only those of whom a list can say all that keeps mail away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from mailings.model import EMARKETING, Address, AddressStanding, Company, Consent, Interest, OptOut, Person, PersonInterest, Topic
from mailings.reports.plain import Written, write_rows

PEOPLE_LIST = "people-to-import.csv"
PORTION = 500
#: head, as the importer knows it -> what of a person stands there
PLAIN = {
    "Name": "name",
    "First name": "first_name",
    "Middle name": "middle_name",
    "Last name": "last_name",
    "Salutation": "salutation",
    "Title": "title",
    "Position": "position",
    "Mobile": "mobile",
    "Phone": "phone",
    "Direct phone": "direct_phone",
    "Language": "language",
    "Country": "country",
    "Street": "street",
    "Zip": "zip",
    "City": "city",
}
MOST = 3  # addresses of one person


def write_people_list(session: Session, path: Path) -> Written:
    """One row a person: names, up to three addresses, company, consent in force, topics they do not take, interests, fields of your own.

    Left out are those of whom a list cannot tell why they get nothing: deleted, former, with No mailings, and whose address or number is
    blocked, complained or was unsubscribed without a person; they stand in people.csv and standings.csv.
    """
    own = sorted(_own_fields(session))
    addresses = ["E-mail", *(f"E-mail {number}" for number in range(2, MOST + 1))]
    heads = [*PLAIN, *addresses, "Company", "Consent", "Opted out", "Interests", *own]
    return write_rows(path.parent, path.name, heads, (_row(session, person, own) for person in _people(session)))


def _people(session: Session) -> Iterator[Person]:
    for some in session.scalars(_free().order_by(Person.id), execution_options={"yield_per": PORTION}).partitions():
        yield from some
        session.expunge_all()


def _free() -> Select[Any]:
    told = or_(*(getattr(AddressStanding, when).is_not(None) for when in ("blocked_at", "complained_at", "stopped_at", "unsubscribed_at")))
    by_mail = exists().where(Address.person_id == Person.id, AddressStanding.normal == Address.normal, told)
    by_mobile = exists().where(AddressStanding.normal == Person.mobile_normal, told)
    return select(Person).where(and_(Person.deleted_at.is_(None), ~Person.retired, ~Person.no_mailings, ~by_mail, ~by_mobile))


def _own_fields(session: Session) -> set[str]:
    found: set[str] = set()
    for custom in session.scalars(select(Person.custom), execution_options={"yield_per": PORTION}):
        found |= custom.keys()
    return found


def _row(session: Session, person: Person, own: list[str]) -> list[Any]:
    addresses = [address.written for address in person.addresses][:MOST]
    company = session.scalar(select(Company.name).where(Company.id == person.company_id)) if person.company_id else None
    return [
        *(getattr(person, name) or None for name in PLAIN.values()),
        *addresses,
        *[None] * (MOST - len(addresses)),
        company,
        session.scalar(
            select(Consent.basis).where(Consent.person_id == person.id, Consent.purpose == EMARKETING).order_by(Consent.id.desc()).limit(1)
        ),
        _listed(session, select(Topic.name).join(OptOut).where(OptOut.person_id == person.id, OptOut.ended_at.is_(None))),
        _listed(session, select(Interest.name).join(PersonInterest).where(PersonInterest.person_id == person.id)),
        *(person.custom.get(name) for name in own),
    ]


def _listed(session: Session, names: Select[str]) -> str | None:
    return ", ".join(sorted(session.scalars(names))) or None
