"""What a provider counted against what we heard of it: differences are told, and neither side's numbers are taken for the other's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from mailings.addresses import read_address
from mailings.db import among
from mailings.model import Delivery, Event, Mailing, MailingStatus, MailingType
from mailings.reported import EventKind
from mailings.transports.sendgrid.activity import SOURCE, Undelivered, request_of

SOURCES = ("sendgrid", SOURCE)
#: what is compared -> the kind of event that tells it; taken = what went out, told by our own books
KINDS = {
    "delivered": EventKind.DELIVERED,
    "bounced": EventKind.BOUNCED,
    "dropped": EventKind.DROPPED,
    "complained": EventKind.COMPLAINED,
    "unsubscribed": EventKind.UNSUBSCRIBED,
    "opened": EventKind.OPENED,
    "clicked": EventKind.CLICKED,
}
LEFT = (MailingStatus.SENT, MailingStatus.PAUSED, MailingStatus.CANCELLED)  # of one that is sending both sides change by the second
WORDS = ("taken", *KINDS)


@dataclass(frozen=True, slots=True)
class Difference:
    """A number of one mailing that the provider and we do not agree on. Tests are in both: the provider knows of none."""

    mailing: str
    what: str
    theirs: int
    ours: int

    def document(self) -> dict[str, object]:
        """As JSON writes it."""
        return asdict(self)


def mailings_since(session: Session, since: datetime) -> dict[str, datetime]:
    """The e-mailings begun since, by name, and when; those whose events are deleted cannot be compared any more."""
    begun = select(Mailing.name, Mailing.started_at).where(Mailing.type == MailingType.EMAIL, Mailing.started_at >= since)
    kept = begun.where(Mailing.events_deleted_at.is_(None), Mailing.status.in_(LEFT)).order_by(Mailing.id)
    return {name: started for name, started in session.execute(kept) if started is not None}


def differences(session: Session, theirs: Mapping[str, Counter[str]]) -> list[Difference]:
    """Where `theirs`, numbers by the mailing's name, are not what we heard. A mailing neither of us knows anything of is not theirs."""
    ids = dict(session.execute(select(Mailing.id, Mailing.name).where(Mailing.name.in_(theirs))).all())
    heard = _heard(session, list(ids))
    found = []
    for mailing_id, name in ids.items():
        ours = heard.get(mailing_id, Counter())
        if any(theirs[name].values()) or any(ours[word] for word in KINDS):
            found += [Difference(name, word, theirs[name][word], ours[word]) for word in WORDS if theirs[name][word] != ours[word]]
    return found


def unheard(session: Session, messages: Sequence[Undelivered]) -> list[Undelivered]:
    """Those of the messages of which we heard neither that they came back nor that they were dropped."""
    normal = {message.number: read_address(message.address).normal or message.address for message in messages}
    there = among(session, Event.address, sorted(set(normal.values())))
    rows = select(Event.address, Delivery.provider_id, Event.original).outerjoin(Delivery, Delivery.id == Event.delivery_id)
    rows = rows.where(there, Event.kind.in_((EventKind.BOUNCED, EventKind.DROPPED)), Event.source.in_(SOURCES))
    known: set[tuple[str | None, str]] = set()
    for address, provider_id, original in session.execute(rows):
        known |= {(address, request) for request in (provider_id, request_of(str((original or {}).get("sg_message_id") or ""))) if request}
    return [message for message in messages if (normal[message.number], message.request) not in known]


def table(found: Iterable[Difference]) -> Iterator[str]:
    """The differences as lines of Markdown."""
    yield "| mailing | what | SendGrid | we | |"
    yield "|---|---|---:|---:|---|"
    for one in found:
        said = "we did not hear of all" if one.theirs > one.ours else "we heard of more"
        yield f"| {one.mailing} | {one.what} | {one.theirs:,} | {one.ours:,} | {said} |"


def _heard(session: Session, ids: Sequence[int]) -> dict[int, Counter[str]]:
    """By way of the messages: events have no index of their mailing."""
    found: dict[int, Counter[str]] = {mailing_id: Counter() for mailing_id in ids}
    out = select(Delivery.mailing_id, func.count()).where(among(session, Delivery.mailing_id, ids), Delivery.sent_at.is_not(None))
    for mailing_id, n in session.execute(out.group_by(Delivery.mailing_id)):
        found[mailing_id]["taken"] = n
    told = select(Delivery.mailing_id, Event.kind, func.count(distinct(Delivery.id))).join(Event, Event.delivery_id == Delivery.id)
    told = told.where(among(session, Delivery.mailing_id, ids), Event.source.in_(SOURCES), Event.kind.in_(KINDS.values()))
    words = {kind: word for word, kind in KINDS.items()}
    for mailing_id, kind, n in session.execute(told.group_by(Delivery.mailing_id, Event.kind)):
        found[mailing_id][words[kind]] = n
    return found
