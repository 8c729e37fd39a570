"""What stands behind a rule's answer for one recipient, in plain words: which consent, which bounce, whose duplicate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.addresses import read_mobile
from mailings.channels import CHANNELS
from mailings.consent.standing import STOP
from mailings.model import (
    EMARKETING,
    Address,
    AddressStanding,
    Company,
    Consent,
    Mailing,
    OptOut,
    Person,
    Recipient,
    Source,
    Topic,
    Verdict,
)
from mailings.readable import counted
from mailings.settings import settings


@dataclass(frozen=True)
class Subject:
    """Whom an explanation is about, on which mailing. `address` = where it would go."""

    mailing: Mailing
    person: Person | None
    company: Company | None
    address: str | None
    recipient: Recipient | None


def particulars_of(session: Session, verdict: Verdict, subject: Subject) -> str:
    """The particulars behind a rule, e.g. `legitimate_interest, since 2026-03-01 (Import)`; empty where there is nothing to add."""
    found = _PARTICULARS.get(verdict)
    return found(session, subject) if found else ""


def _stopped(_session: Session, subject: Subject) -> str:
    company = subject.company
    set_ = [
        f"{what} on {whose}"
        for what, whose, on in (
            ("No mailings", "the person", bool(subject.person and subject.person.no_mailings)),
            ("No mailings", company.name if company else "", bool(company and company.no_mailings)),
            ("Stop", company.name if company else "", bool(company and company.stop)),
        )
        if on
    ]
    return " and ".join(set_)


def _company(_session: Session, subject: Subject) -> str:
    return f"{subject.company.name}, at {subject.company.email}" if subject.company else ""


def _address(session: Session, subject: Subject) -> str:
    if subject.address:
        return subject.address
    if subject.person is None:
        return ""
    if CHANNELS[subject.mailing.type] != "email":
        return _elsewhere(subject.mailing, subject.person)
    rows = select(Address.written, Address.problem).where(Address.person_id == subject.person.id).order_by(Address.rank)
    wrong = [f"{written!r}: {problem}" for written, problem in session.execute(rows)]
    return "; ".join(wrong) or "none is known"


def _elsewhere(mailing: Mailing, person: Person) -> str:
    """Why there is no number for a text message; of a letter there is nothing to say but that it has no place to go to."""
    if CHANNELS[mailing.type] != "sms" or not person.mobile:
        return "none is known"
    return f"{person.mobile!r}: {read_mobile(person.mobile, person.country or settings().default_country).problem}"


def _blocked(session: Session, subject: Subject) -> str:
    standing = session.get(AddressStanding, subject.address) if subject.address else None
    if standing is None:
        return ""
    blocked = ((standing.stopped_at, STOP), (standing.blocked_at, standing.blocked_why))
    if said := [f"since {_day(since)}" + (f": {why}" if why else "") for since, why in blocked if since is not None]:
        return "; ".join(said)
    last = " ".join(filter(None, (standing.last_bounce_code, standing.last_bounce_reason)))
    return f"{counted(standing.bounces, 'bounce')} in a row" + (f", the last: {last}" if last else "") if standing.bounces else ""


def _complained(session: Session, subject: Subject) -> str:
    standing = session.get(AddressStanding, subject.address) if subject.address else None
    return f"on {_day(standing.complained_at)}" if standing and standing.complained_at else ""


def _consent(session: Session, subject: Subject) -> str:
    if subject.person is None:
        return _declared(session, subject)
    rows = select(Consent).where(Consent.person_id == subject.person.id, Consent.purpose == EMARKETING)
    newest = session.scalar(rows.order_by(Consent.id.desc()).limit(1))
    return f"{newest.basis}, since {_day(newest.given_at)} ({newest.source})" if newest else "nothing is recorded"


def _declared(session: Session, subject: Subject) -> str:
    standing = session.get(AddressStanding, subject.address) if subject.address else None
    if standing is not None and standing.unsubscribed_at is not None:
        return f"the reader at {standing.normal} unsubscribed on {_day(standing.unsubscribed_at)}"
    if subject.company is not None:
        return "companies need none"
    source = session.get(Source, subject.recipient.source_id) if subject.recipient and subject.recipient.source_id else None
    return f"{source.basis}, declared for {source.label}" if source and source.basis else ""


def _topic(session: Session, subject: Subject) -> str:
    topic = session.get(Topic, subject.mailing.topic_id) if subject.mailing.topic_id else None
    if topic is None:
        return "the mailing has no topic"
    rows = select(OptOut).where(OptOut.topic_id == topic.id, OptOut.ended_at.is_(None))
    left = session.scalar(rows.where(OptOut.person_id == subject.person.id)) if subject.person else None
    return f"{topic.name}, on {_day(left.since)} ({left.source})" if left else topic.name


def _duplicate(session: Session, subject: Subject) -> str:
    if not subject.mailing.one_per_address:
        return "one message per address is off"
    if subject.recipient is None or subject.recipient.verdict is not Verdict.DUPLICATE:
        return ""
    rows = select(Person.name, Company.name, Recipient.name).outerjoin(Person, Person.id == Recipient.person_id)
    rows = rows.outerjoin(Company, Company.id == Recipient.company_id)
    same = (Recipient.mailing_id == subject.mailing.id, Recipient.address == subject.recipient.address)
    served = session.execute(rows.where(*same, Recipient.verdict == Verdict.ELIGIBLE).limit(1)).first()
    return f"{next((name for name in served if name), subject.recipient.address)} gets it" if served else ""


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")


_PARTICULARS: dict[Verdict, Callable[[Session, Subject], str]] = {
    Verdict.STOPPED: _stopped,
    Verdict.COMPANY_PREFERRED: _company,
    Verdict.NO_ADDRESS: _address,
    Verdict.BLOCKED_ADDRESS: _blocked,
    Verdict.COMPLAINED: _complained,
    Verdict.NO_CONSENT: _consent,
    Verdict.NOT_SUBSCRIBED: _topic,
    Verdict.DUPLICATE: _duplicate,
}
