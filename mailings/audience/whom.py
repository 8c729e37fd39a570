"""Finds whom an explanation is about: people, companies and bare addresses of a mailing, by address or by name."""

from __future__ import annotations

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from mailings.addresses import read_address, read_mobile
from mailings.audience.imported import is_unknown, reached_at
from mailings.audience.particulars import Subject
from mailings.channels import channel_of
from mailings.errors import NotFound
from mailings.model import Address, Company, ImportedRow, Mailing, Person, Recipient, Source
from mailings.settings import settings

MOST = 20  # people of one name or address that are explained


def subjects(session: Session, mailing: Mailing, text: str) -> list[Subject]:
    """Everybody `text` could mean, recipients of the mailing first. Raises NotFound when it is nobody, here or on an imported list."""
    normal = read_address(text).normal if "@" in text else read_mobile(text, settings().default_country).normal
    found = [
        *_people(session, mailing, (text, normal)),
        *_companies(session, mailing, (text, normal)),
        *_bare(session, mailing, (text, normal)),
    ]
    if not found:
        raise NotFound(f"Nobody has the address or name {text!r}, neither in the database nor on a list of {mailing.name}.")
    return sorted(found, key=lambda subject: (subject.recipient is None, subject.recipient.id if subject.recipient else 0))


def subject_of(session: Session, mailing: Mailing, recipient: Recipient) -> Subject:
    """Whom one row of the list is about, and where it would go today."""
    person = session.get(Person, recipient.person_id) if recipient.person_id else None
    if person is not None:
        return _of_person(session, mailing, person)
    company = session.get(Company, recipient.company_id) if recipient.company_id else None
    return Subject(mailing, None, company, _of_company(session, mailing, company) if company else recipient.address, recipient)


def _people(session: Session, mailing: Mailing, asked: tuple[str, str | None]) -> list[Subject]:
    text, normal = asked
    rows = select(Person).where(Person.deleted_at.is_(None)).order_by(Person.id).limit(MOST)
    if "@" in text:
        same = or_(Address.normal == (normal or text.strip().lower()), Address.written == text.strip())
        rows = rows.where(Person.id.in_(select(Address.person_id).where(same)))
    elif normal:
        rows = rows.where(Person.mobile_normal == normal)
    else:
        rows = rows.where(func.lower(Person.name) == text.strip().lower())
    return [_of_person(session, mailing, person) for person in session.scalars(rows)]


def _of_person(session: Session, mailing: Mailing, person: Person) -> Subject:
    where = select(channel_of(mailing).address_of().person).select_from(Person).outerjoin(Company, Company.id == Person.company_id)
    usual = session.scalar(where.where(Person.id == person.id))
    recipient = session.scalar(select(Recipient).where(Recipient.mailing_id == mailing.id, Recipient.person_id == person.id))
    company = session.get(Company, person.company_id) if person.company_id else None
    return Subject(mailing, person, company, usual, recipient)


def _companies(session: Session, mailing: Mailing, asked: tuple[str, str | None]) -> list[Subject]:
    text, normal = asked
    same = Company.email_normal == normal if normal else func.lower(Company.name) == text.strip().lower()
    found = []
    for company in session.scalars(select(Company).where(Company.deleted_at.is_(None), same).limit(MOST)):
        recipient = session.scalar(select(Recipient).where(Recipient.mailing_id == mailing.id, Recipient.company_id == company.id))
        found.append(Subject(mailing, None, company, _of_company(session, mailing, company), recipient))
    return found if not normal or not found else [subject for subject in found if subject.recipient is not None]


def _of_company(session: Session, mailing: Mailing, company: Company) -> str | None:
    """Where a message for the company goes."""
    return session.scalar(select(channel_of(mailing).address_of().company).select_from(Company).where(Company.id == company.id))


def _bare(session: Session, mailing: Mailing, asked: tuple[str, str | None]) -> list[Subject]:
    """Recipients without a person, and imported rows that were left out."""
    text, normal = asked
    nobody = (Recipient.mailing_id == mailing.id, Recipient.person_id.is_(None), Recipient.company_id.is_(None))
    same = Recipient.address == normal if normal else func.lower(Recipient.name) == text.strip().lower()
    kept = [Subject(mailing, None, None, row.address, row) for row in session.scalars(select(Recipient).where(*nobody, same).limit(MOST))]
    if kept:
        return kept
    where = reached_at(mailing)
    listed = where == normal if normal else func.lower(ImportedRow.name) == text.strip().lower()
    rows = select(ImportedRow).join(Source, Source.id == ImportedRow.source_id).where(Source.mailing_id == mailing.id, listed)
    left_out = session.scalars(rows.where(is_unknown(mailing)).with_only_columns(where).limit(MOST))
    return [Subject(mailing, None, None, address, None) for address in left_out]
