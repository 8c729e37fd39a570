"""Whose a submission is: whoever has its e-mail address, and nobody by anything else (domain.md J.4)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from mailings import clock
from mailings.addresses import read_mobile
from mailings.db import among
from mailings.errors import NotAllowed
from mailings.forms.definition import FormPart
from mailings.model import Address, Associate, Person, Submission
from mailings.people.finding import being_erased, person_ids_by_normal
from mailings.people.names import parted


def matching(session: Session, email: str | None) -> int | None:
    """The person with this address: the one known longest where several share it; nobody who is being erased. None = nobody.

    Two submissions of one new address at the same moment take their turn, so that one person is made.
    """
    if email is None:
        return None
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('submitted by'), hashtext(:email))"), {"email": email})
    return person_ids_by_normal(session, [email]).get(email)


def held(session: Session, person_id: int) -> Person:
    """The person, held until the transaction ends. Raises NotAllowed for somebody who is gone or being erased."""
    rows = select(Person).where(Person.id == person_id, Person.deleted_at.is_(None)).with_for_update(key_share=True)
    person = session.scalar(rows.execution_options(populate_existing=True))
    if person is None:
        raise NotAllowed("This person is deleted or being erased; nothing can be added to them.")
    return person


def made(session: Session, part: FormPart, submission: Submission) -> Person:
    """A new person with what the form gives to those it makes. Raises NotAllowed where whoever has the address is being erased."""
    if submission.email and being_erased(session, [submission.email]):
        raise NotAllowed(f"Whoever has {submission.email} is being erased; take them back first, or delete this submission.")
    new = part.actions.new
    person = Person(
        created_at=clock.now(), category=new.category, business=new.business, our_contact_id=associate(session, new.our_contact)
    )
    session.add(person)
    session.flush()
    return person


def take_address(session: Session, person: Person, email: str) -> bool:
    """Give the person the address, behind those they have; False where they, or somebody else, have it already."""
    owner = select(Address.person_id).join(Person, Person.id == Address.person_id).where(Address.normal == email)
    if session.scalar(owner.limit(1)) is not None:
        return False
    last = max((address.rank for address in person.addresses), default=0)
    person.addresses.append(Address(rank=last + 1, written=email, normal=email, valid=True))
    session.flush()
    return True


def associate(session: Session, username: str | None) -> int | None:
    """The key of one of ours by user name; None for None. Raises NotAllowed when there is nobody of that name any more."""
    if username is None:
        return None
    found = session.scalar(select(Associate.id).where(among(session, Associate.username, [username])))
    if found is None:
        raise NotAllowed(f"There is no associate named {username!r} any more; correct the form's actions and push it again.")
    return found


def name_parts(person: Person) -> None:
    """Keep the full name and its parts together: each is made from the other where it is missing."""
    if person.name and not (person.first_name or person.last_name):
        person.first_name, person.middle_name, person.last_name = parted(person.name)
    elif not person.name:
        person.name = " ".join(filter(None, (person.first_name, person.middle_name, person.last_name)))


def name_anew(person: Person, filled: Collection[str]) -> None:
    """The same after a form: a name written anew is read anew, and parts written anew make the name, so that no two people are mixed."""
    first, last = ("first_name" in filled), ("last_name" in filled)
    if "name" in filled:
        read = parted(person.name)
        person.first_name, person.middle_name = (person.first_name if first else read[0]), read[1]
        person.last_name = person.last_name if last else read[2]
    elif first or last:
        person.middle_name = "" if first and last else person.middle_name
        person.name = " ".join(filter(None, (person.first_name, person.middle_name, person.last_name)))


def number_of(value: str, country: str) -> str | None:
    """A mobile number as it is sent to."""
    return read_mobile(value, country).normal
