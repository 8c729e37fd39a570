"""Fills in a person and their company from a submission: what is empty, and more only where the field may overwrite (domain.md J.2)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mailings import clock
from mailings.forms.doing import Doing
from mailings.forms.fields import FieldPart
from mailings.forms.kinds import CUSTOM, PERSON
from mailings.forms.whose import associate, name_anew, name_parts, number_of, take_address
from mailings.model import Company
from mailings.people.companies import Companies, key_of
from mailings.people.joining import note_interests
from mailings.settings import Settings

#: kinds that fill a column of the company -> the column
COMPANY = {"company_phone": "phone", "department": "department"}
_TABLES = ("email", "interests", "mobile")  # not one plain column of Person


def fill_person(session: Session, doing: Doing, settings: Settings) -> None:
    """Names, numbers, address, custom fields and interests of the person."""
    person, filled = doing.person, list[str]()
    name_parts(person)
    for one, value in doing.answered():
        if one.kind in PERSON and one.kind not in _TABLES and _may(getattr(person, one.kind), value, one):
            setattr(person, one.kind, value)
            filled.append(one.kind)
        elif one.kind == "mobile" and _may(person.mobile, value, one):
            person.mobile, person.mobile_normal = value, number_of(value, settings.default_country)
            filled.append("mobile")
        elif one.kind.startswith(CUSTOM):
            key = one.kind.removeprefix(CUSTOM)
            if _may(person.custom.get(key), value, one):
                person.custom = {**person.custom, key: _plain(value)}
                filled.append(one.kind)
    name_anew(person, filled)
    if not person.language and doing.created:
        person.language = doing.submission.language
    session.flush()
    email = doing.value("email")
    if email and take_address(session, person, email):
        filled.append("email")
    note_interests(session, [(person.id, name) for name in doing.value("interests") or ()])
    if filled:
        doing.said.append(f"Filled in {', '.join(filled)}.")


def fill_company(session: Session, doing: Doing) -> None:
    """The company by name, for somebody who has none: a known one where the field says so, else a new one (J.2)."""
    name, person = doing.value("company_name"), doing.person
    field = doing.part.of_kind("company_name")
    if name and field is not None and person.company_id is None:
        known = Companies(session).ids([name]).get(key_of(name)) if field.use_existing else None
        person.company_id = known or _new_company(session, doing, name)
        doing.said.append(f"{'Joined' if known else 'Made'} the company {name}.")
        session.flush()
    company = session.get(Company, person.company_id) if person.company_id else None
    for one, value in doing.answered() if company is not None else ():
        column = COMPANY.get(one.kind)
        if column and _may(getattr(company, column), value, one):
            setattr(company, column, value)
    session.flush()


def _new_company(session: Session, doing: Doing, name: str) -> int:
    new = doing.part.actions.new
    company = Company(name=name, created_at=clock.now(), category=new.category, business=new.business)
    company.our_contact_id = company.our_sales_contact_id = associate(session, new.our_contact)
    session.add(company)
    session.flush()
    return company.id


def _may(known: Any, value: Any, one: FieldPart) -> bool:
    """True where something was written, and nothing is known or the field may overwrite."""
    return value not in (None, "", []) and (known in (None, "", []) or one.overwrite) and known != value


def _plain(value: Any) -> Any:
    """Custom fields hold texts."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
