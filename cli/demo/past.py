"""What has happened before the demo begins: people left, addresses bounced, a couple shares a mailbox. Lists never tell."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.consent.rules import consent_in_force
from mailings.consent.standing import block_address, complain
from mailings.model import Address, Company, Person
from mailings.people.correcting import correct
from mailings.readable import counted


def past(session: Session) -> str:
    """Let it have happened to a few of the people, the same ones each time; returns it in a sentence."""
    at_home, at_work = _addresses(session, working=False), _addresses(session, working=True)
    couples, bounced, annoyed = list(zip(at_home[10:13], at_home[20:23], strict=False)), at_home[30:33], at_home[40:41]
    for kept, given_up in couples:
        correct(session, given_up, kept)
    for address in bounced:
        block_address(session, address, "550 5.1.1 there was nobody of that name in July")
    for address in annoyed:
        complain(session, address)
    gone = _leave(session, at_work[10:13])
    stopped = _stop(session)
    return (
        f"Before today: {counted(len(couples), 'couple shares', 'couples share')} a mailbox, "
        f"{counted(len(bounced), 'address', 'addresses')} bounced, {counted(len(annoyed), 'person', 'people')} complained, "
        f"{gone} left their company, and {stopped} wants no mail."
    )


def _addresses(session: Session, *, working: bool) -> list[str]:
    """Addresses of people who may be written to, in the order they came in."""
    employed = Person.company_id.is_not(None) if working else Person.company_id.is_(None)
    may = select(Address.normal).join(Person).where(Address.rank == 1, Address.valid, employed, consent_in_force(Person.id.expression))
    return list(session.scalars(may.order_by(Address.id).limit(50)))


def _leave(session: Session, addresses: list[str]) -> int:
    gone = session.scalars(select(Person).join(Address).where(Address.normal.in_(addresses))).all()
    for person in gone:
        person.retired = True
    return len(gone)


def _stop(session: Session) -> str:
    company = session.scalars(select(Company).order_by(Company.name)).first()
    if company is None:
        return "nobody else"
    company.no_mailings = True
    return company.name
