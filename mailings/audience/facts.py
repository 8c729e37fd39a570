"""What the rules ask about each candidate, in one SQL row: whose it is, where it would go, and everything that could keep it back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, String, Subquery, and_, cast, false, func, not_, null, or_, select, true, union_all

from mailings.audience.sources import Candidates
from mailings.channels import AddressOf, channel_of
from mailings.consent.rules import accepted_bases, consent_in_force, opted_out, standing_blocked, withdrawn
from mailings.model import AddressStanding, Company, Mailing, Person, Recipient, Source
from mailings.model.base import BIG
from mailings.settings import Settings

NONE = cast(null(), BIG)


def facts_of(mailing: Mailing, candidates: Candidates, settings: Settings) -> Subquery:
    """One row a candidate: recipient_id (NULL while not on the list), source_id, person_id, company_id, name, address.

    And the answers the rules need, none of them NULL: retired, stopped, company_preferred, blocked, complained, consent (may be written
    to), subscribed (takes the topic).
    """
    where = channel_of(mailing).address_of()
    parts: list[Select[Any]] = [_person_facts(mailing, candidates.people.subquery(), where, settings)]
    if candidates.companies is not None:
        parts.append(_company_facts(mailing, candidates.companies.subquery(), where, settings))
    if candidates.bare is not None:
        parts.append(_bare_facts(mailing, candidates.bare.subquery(), settings))
    return (union_all(*parts) if len(parts) > 1 else parts[0]).subquery("facts")


def _person_facts(mailing: Mailing, named: Subquery, where: AddressOf, settings: Settings) -> Select[Any]:
    standing, address = AddressStanding, where.through[2] if where.through else where.person
    stop = or_(Person.no_mailings, func.coalesce(or_(Company.stop, Company.no_mailings), false()))
    columns = (
        *_whose(named, person_id=named.c.person_id),
        address.label("address"),
        Person.retired.label("retired"),
        stop.label("stopped"),
        (and_(Company.id.is_not(None), where.company.is_not(None)) if mailing.prefer_company else false()).label("company_preferred"),
        *_standing_answers(settings),
        _may_be_written_to(settings).label("consent"),
        (not_(opted_out(Person.id.expression, mailing.topic_id)) if mailing.topic_id is not None else true()).label("subscribed"),
    )
    found = select(*columns).select_from(named).join(Person, and_(Person.id == named.c.person_id, Person.deleted_at.is_(None)))
    found = found.outerjoin(Company, and_(Company.id == Person.company_id, Company.deleted_at.is_(None)))
    if where.through:
        found = found.outerjoin(where.through[0], where.through[1])
    found = found.outerjoin(Recipient, _already(mailing, Recipient.person_id == named.c.person_id))
    return found.outerjoin(standing, standing.normal == address)


def _may_be_written_to(settings: Settings) -> ColumnElement[bool]:
    if not settings.consent_filter:
        return not_(withdrawn(Person.id.expression))  # domain.md D2
    return consent_in_force(Person.id.expression, accepted_bases(settings.accepted_bases))


def _company_facts(mailing: Mailing, named: Subquery, where: AddressOf, settings: Settings) -> Select[Any]:
    # a company has no consent row: Stop, No mailings and a reader who unsubscribed are all that keeps it back (D26)
    columns = (
        *_whose(named, company_id=named.c.company_id),
        where.company.label("address"),
        false().label("retired"),
        or_(Company.stop, Company.no_mailings).label("stopped"),
        false().label("company_preferred"),
        *_standing_answers(settings),
        AddressStanding.unsubscribed_at.is_(None).label("consent"),
        true().label("subscribed"),
    )
    found = select(*columns).select_from(named).join(Company, and_(Company.id == named.c.company_id, Company.deleted_at.is_(None)))
    found = found.outerjoin(Recipient, _already(mailing, Recipient.company_id == named.c.company_id))
    return found.outerjoin(AddressStanding, AddressStanding.normal == where.company)


def _bare_facts(mailing: Mailing, named: Subquery, settings: Settings) -> Select[Any]:
    # nobody we know: the basis their owner declared is all the consent there can be (D1), until a reader unsubscribes
    bases = sorted(accepted_bases(settings.accepted_bases))
    declared = Source.basis.in_(bases) if settings.consent_filter else true()
    columns = (
        *_whose(named, name=named.c.name),
        named.c.address.label("address"),
        false().label("retired"),
        false().label("stopped"),
        false().label("company_preferred"),
        *_standing_answers(settings),
        and_(func.coalesce(declared, false()), AddressStanding.unsubscribed_at.is_(None)).label("consent"),
        true().label("subscribed"),
    )
    found = select(*columns).select_from(named).outerjoin(Source, Source.id == named.c.source_id)
    nobody = (Recipient.person_id.is_(None), Recipient.company_id.is_(None), Recipient.address == named.c.address)
    found = found.outerjoin(Recipient, _already(mailing, *nobody))
    return found.outerjoin(AddressStanding, AddressStanding.normal == named.c.address)


def _whose(named: Subquery, **key: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    return (
        Recipient.id.label("recipient_id"),
        named.c.source_id.label("source_id"),
        key.get("person_id", NONE).label("person_id"),
        key.get("company_id", NONE).label("company_id"),
        key.get("name", cast(null(), String)).label("name"),
    )


def _already(mailing: Mailing, *key: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(Recipient.mailing_id == mailing.id, *key)


def _standing_answers(settings: Settings) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    blocked = func.coalesce(standing_blocked(AddressStanding, settings.bounce_threshold), false())
    return blocked.label("blocked"), AddressStanding.complained_at.is_not(None).label("complained")
