"""People as a list that `mailings people import` takes in again: only those of whom a list can say all that keeps mail away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from mailings.db import among
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
    "Use as postal address": "use_as_postal",
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
    return write_rows(path.parent, path.name, heads, _rows(session, own))


def _rows(session: Session, own: list[str]) -> Iterator[list[Any]]:
    asked = _free().order_by(Person.id)
    for some in session.execute(asked, execution_options={"yield_per": PORTION}).partitions():
        facts = _facts(session, [row.id for row in some])
        for row in some:
            addresses, bases, topics, interests = (fact.get(row.id, []) for fact in facts)
            yield [
                *(getattr(row, name) or None for name in PLAIN.values()),
                *[*addresses, *[None] * MOST][:MOST],
                row.company,
                bases[-1] if bases else None,
                ", ".join(sorted(topics)) or None,
                ", ".join(sorted(interests)) or None,
                *(row.custom.get(name) for name in own),
            ]


def _facts(session: Session, people: list[int]) -> list[dict[int, list[Any]]]:
    """Of these people addresses in their order, bases of consent (the last is in force), topics they do not take, interests: by person."""
    asked: list[tuple[Any, Any]] = [
        (Address.person_id, select(Address.person_id, Address.written).order_by(Address.rank, Address.id)),
        (Consent.person_id, select(Consent.person_id, Consent.basis).where(Consent.purpose == EMARKETING).order_by(Consent.id)),
        (OptOut.person_id, select(OptOut.person_id, Topic.name).join(Topic).where(OptOut.ended_at.is_(None))),
        (PersonInterest.person_id, select(PersonInterest.person_id, Interest.name).join(Interest)),
    ]
    found: list[dict[int, list[Any]]] = []
    for owner, rows in asked:
        by_person: dict[int, list[Any]] = {}
        for person, said in session.execute(rows.where(among(session, owner, people))):
            by_person.setdefault(person, []).append(said)
        found.append(by_person)
    return found


def _free() -> Select[Any]:
    told = or_(*(getattr(AddressStanding, when).is_not(None) for when in ("blocked_at", "complained_at", "stopped_at", "unsubscribed_at")))
    by_mail = exists().where(Address.person_id == Person.id, AddressStanding.normal == Address.normal, told)
    by_mobile = exists().where(AddressStanding.normal == Person.mobile_normal, told)
    columns = (Person.id, Person.custom, *(getattr(Person, name) for name in PLAIN.values()), Company.name.label("company"))
    some = select(*columns).outerjoin(Company, Company.id == Person.company_id)
    return some.where(and_(Person.deleted_at.is_(None), ~Person.retired, ~Person.no_mailings, ~by_mail, ~by_mobile))


def _own_fields(session: Session) -> set[str]:
    found: set[str] = set()
    for custom in session.scalars(select(Person.custom), execution_options={"yield_per": PORTION}):
        found |= custom.keys()
    return found
