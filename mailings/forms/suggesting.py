"""Whom a submission may be of, for the person who processes it: by its address; by name or company as hints only (domain.md J.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.forms.definition import FormPart
from mailings.model import Address, Person, Submission
from mailings.people.companies import Companies, key_of
from mailings.people.searching import Found, members_page, people_found

MOST = 8  # hints


@dataclass(frozen=True, slots=True)
class Suggested:
    """`known` have the submission's address, whoever had it first before the others; `hints` only look alike."""

    known: Sequence[Found]
    hints: Sequence[Found]


def suggested(session: Session, part: FormPart, submission: Submission) -> Suggested:
    """Who has the address, and who has the name, or is in the company, that was written."""
    owners = select(Address.person_id).where(Address.normal == submission.email).distinct() if submission.email else None
    known = members_page(session, owners, limit=MOST) if owners is not None else []
    written = _written(part, submission)
    alike = [*_named(session, written), *_colleagues(session, written)]
    seen = {one.id for one in known}
    hints = {one.id: one for one in alike if one.id not in seen}
    return Suggested(known, list(hints.values())[:MOST])


def _written(part: FormPart, submission: Submission) -> dict[str, str]:
    """What was written, by kind of field."""
    return {one.kind: str(submission.values[one.identifier]) for one in part.every if submission.values.get(one.identifier)}


def _named(session: Session, written: dict[str, str]) -> Sequence[Found]:
    name = written.get("name") or " ".join(filter(None, (written.get("first_name"), written.get("last_name"))))
    found = people_found(session, name, limit=MOST) if name else []
    last = written.get("last_name") or name.rpartition(" ")[2]
    return found or (people_found(session, last, limit=MOST) if last else [])


def _colleagues(session: Session, written: dict[str, str]) -> Sequence[Found]:
    company = written.get("company_name")
    if not company:
        return []
    known = Companies(session).ids([company]).get(key_of(company))
    if known is None:
        return []
    return members_page(session, select(Person.id.label("person_id")).where(Person.company_id == known), limit=MOST)
