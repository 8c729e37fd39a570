"""What returned mail tells, as reports: which delivery each message is about, and what is believed of one that names none of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from mailings import clock
from mailings.addresses import read_address
from mailings.channels.email.bounces import Read, ReadKind, Returned
from mailings.channels.email.identity import mark_of, named_by
from mailings.channels.email.mailboxes.letters import Letter
from mailings.channels.email.verp import delivery_of
from mailings.db import among
from mailings.model import Address, AddressStanding, Company, Delivery, Mailing, Recipient
from mailings.reported import EventKind, Report
from mailings.tokens import Tokens

SOURCE = "mailbox"  #: the source of events that a message in the bounce mailbox told
KINDS = {
    ReadKind.BOUNCE: EventKind.BOUNCED,
    ReadKind.DELAYED: EventKind.DEFERRED,
    ReadKind.DELIVERED: EventKind.DELIVERED,
    ReadKind.COMPLAINT: EventKind.COMPLAINED,
    ReadKind.AUTO_REPLY: EventKind.AUTO_REPLY,
}
#: what a complaint's type means (RFC 5965, 7.3; opt-out is Yahoo's); not-spam and auth-failure are nobody's no
FEEDBACK = {"": EventKind.COMPLAINED, "abuse": EventKind.COMPLAINED, "fraud": EventKind.COMPLAINED, "virus": EventKind.COMPLAINED}
FEEDBACK |= {"opt-out": EventKind.UNSUBSCRIBED, "opt-out-list": EventKind.UNSUBSCRIBED}
_UNKEPT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]+")  # PostgreSQL keeps none of these, terminals choke on them


class Named(NamedTuple):
    """The delivery that a message names by what we signed. No mark: an envelope address has no room for that of the mailing."""

    delivery: int
    mark: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """A message of the mailbox, read. `digest` is the same however often, and over whatever server, it is read."""

    name: str
    read: Read
    arrived: datetime
    digest: str

    def named(self, tokens: Tokens) -> Named | None:
        """The delivery it is about: by the address it came to (VERP), else by the Message-ID it gives back.

        Both are signed for that one delivery: who has a message of ours can say something of that one, and of nobody else's.
        """
        for address in self.read.addressed_to:
            if (number := delivery_of(address, tokens)) is not None:
                return Named(number, None)
        return next((Named(*found) for text in self.read.message_ids if (found := named_by(text, tokens))), None)


@dataclass(slots=True)
class Believed:
    """What a portion came to: reports to absorb, and how many messages said something of nobody we know."""

    reports: list[Report] = field(default_factory=list)
    unknown: int = 0


def told_by(letter: Letter, read: Read) -> Told:
    """The message as it is held until its portion is stored. Line ends do not count: servers hand them out as they like."""
    same = letter.read().replace(b"\r", b"")[: 1 << 16]
    return Told(letter.name, read, min(letter.arrived, clock.now()), sha256(same).hexdigest()[:32])


def believed(session: Session, told: Sequence[Told], tokens: Tokens) -> Believed:
    """The reports that these messages make.

    A message that names a delivery of ours is about that one, whatever addresses its text has: a forwarded message bounces elsewhere, and
    we wrote to the first of them. One that names none says nothing but this: a bounce blames the addresses it names that we know.
    """
    found, names = Believed(), [one.named(tokens) if one.read.kind in KINDS else None for one in told]
    ours = _ours(session, [name for name in names if name is not None])
    strangers = _known(
        session, (to.address for one, name in zip(told, names, strict=True) if name not in ours for to in one.read.recipients)
    )
    for one, name in zip(told, names, strict=True):
        if one.read.kind not in KINDS:
            continue
        reports = [_about(one, *ours[name])] if name in ours else _unnamed(one, strangers)
        found.reports += reports
        found.unknown += not reports
    return found


def _ours(session: Session, names: Iterable[Named]) -> dict[Named | None, tuple[Named, str | None]]:
    """Of the names those that are deliveries of ours: each with the mark of its mailing, and the address it went to."""
    asked = (
        select(Delivery.id, Delivery.mailing_id, Delivery.address, Recipient.address.label("theirs"))
        .outerjoin(Recipient, Recipient.id == Delivery.recipient_id)
        .where(among(session, Delivery.id, sorted({name.delivery for name in names})))
    )
    rows = {row.id: row for row in session.execute(asked)}
    mailings = select(Mailing).where(among(session, Mailing.id, sorted({row.mailing_id for row in rows.values()})))
    marks = {one.id: mark_of(one) for one in session.scalars(mailings.options(load_only(Mailing.name, Mailing.created_at)))}
    ours: dict[Named | None, tuple[Named, str | None]] = {}
    for name in names:
        row = rows.get(name.delivery)
        if row is not None and name.mark in (None, marks[row.mailing_id]):
            ours[name] = (Named(row.id, marks[row.mailing_id]), row.address or row.theirs)
    return ours


def _known(session: Session, addresses: Iterable[str]) -> dict[str, str]:
    """address as written -> normal, of those somebody of ours has or that something stands against."""
    normals = {written: normal for written in addresses if (normal := read_address(written).normal)}
    wanted = sorted(set(normals.values()))
    known: set[str] = set()
    for column in (Address.normal, Company.email_normal, AddressStanding.normal):
        known |= {normal for normal in session.scalars(select(column).where(among(session, column, wanted)).distinct()) if normal}
    return {written: normal for written, normal in normals.items() if normal in known}


def _about(told: Told, name: Named, sent_to: str | None) -> Report:
    """What a message says of a delivery of ours: one thing, of the address we wrote to where it names that one among others."""
    named = [to for to in told.read.recipients if (read_address(to.address).normal or to.address) == sent_to]
    said = max(named or told.read.recipients, key=lambda to: to.confidence, default=None)
    kind = KINDS[told.read.kind]
    if kind is EventKind.COMPLAINED:
        kind = FEEDBACK.get(told.read.feedback.strip().lower(), EventKind.OTHER)
    return _report(told, kind, said, name)


def _unnamed(told: Told, known: dict[str, str]) -> list[Report]:
    """Anybody can write such a message: a bounce counts against the address, once however many come (bouncing.py); nothing else does."""
    if told.read.kind is not ReadKind.BOUNCE:
        return []
    return [_report(told, EventKind.BOUNCED, to, known[to.address]) for to in told.read.recipients if to.address in known]


def _report(told: Told, kind: EventKind, said: Returned | None, about: Named | str) -> Report:
    """The report about a delivery, or about an address alone."""
    name, address = (about, None) if isinstance(about, Named) else (None, about)
    bounced = said if kind is EventKind.BOUNCED else None
    whom = address or (name.delivery if name else "")
    return Report(
        kind=kind,
        at=told.arrived,
        delivery=name.delivery if name else None,
        mark=name.mark if name else None,
        content_key=sha256(f"{SOURCE} {told.digest} {kind} {whom}".encode()).hexdigest()[:32],
        original=_original(told, said),
        address=address,
        code=((said.code or said.status) if said else "") or None,
        reason=(_plain(said.said, 400) if said else "") or None,
        bounce=bounced.kind if bounced else None,
        bounce_why=bounced.why if bounced else None,
        everything=False,  # of a complaint that is an opt-out: from the mailing's topic
    )


def _original(told: Told, said: Returned | None) -> dict[str, Any]:
    """What is kept of the message: never all of it, for it gives back what we wrote."""
    read = told.read
    kept: dict[str, Any] = {"kind": str(read.kind), "evidence": _plain(read.evidence, 2000)}
    if said is not None:
        kept |= {"recipient": _plain(said.final or said.address, 320), "status": said.status, "confidence": round(said.confidence, 3)}
    return kept | ({"feedback": _plain(read.feedback, 40)} if read.feedback else {})


def _plain(text: str, longest: int) -> str:
    return _UNKEPT.sub(" ", text)[:longest]
