"""What servers refused at hand-over, held against the address as a bounce of it would be (domain.md I, D6)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session, load_only

from mailings import clock
from mailings.channels.email.bounces.causes import why_by_words
from mailings.channels.email.bounces.codes import meaning, reply_in, status_in
from mailings.channels.email.bounces.judging import KINDS
from mailings.channels.email.identity import mark_of
from mailings.db import Database, among
from mailings.model import Bookmark, Mailing
from mailings.plugins import transport_class, transport_names
from mailings.reported import Blame, BounceKind, BounceWhy, EventKind, Report
from mailings.settings import Settings
from mailings.tracking.absorb import absorb
from mailings.tracking.bouncing import REFUSED
from mailings.tracking.remembering import place, put_place

PLACE = "refusals"
PORTION = 500
#: a line of history may be committed after a later one was read; a sender's transaction is over in this many seconds
SETTLES = 60.0
#: refused for good, or asked to wait until there was no time left; by a mail server, not by a provider's web server
REPLY = re.compile(r"(?:5[0-7]\d|42[12]|45[0-5])\b")
MAILBOX_REPLIES = frozenset({"550", "551", "553"})  # no mailbox, moved, no such name (RFC 5321, 4.2.3); 554 may be anything
LINES = """
    SELECT note.id, note.at, delivery.id AS delivery, delivery.mailing_id, delivery.code, delivery.reason
    FROM delivery_note note JOIN delivery ON delivery.id = note.delivery_id
    WHERE note.id > :after AND note.id <= :until AND note.what = 'failed' AND note.by IS NULL
        AND delivery.status = 'failed' AND delivery.code IS NOT NULL AND NOT delivery.test
    ORDER BY note.id LIMIT :portion"""


def count_refusals(database: Database, settings: Settings) -> int:
    """Count what was refused since the last look against the addresses it is about; how many refusals were new. Safe to repeat.

    Read from the history that sending keeps: its own path does nothing for it. Each line is read twice, for one may become visible after
    later ones, and kept once.
    """
    with database.reading() as session:
        before, seen = _place(session)
        until = session.scalar(text("SELECT max(id) FROM delivery_note")) or 0
        fresh = _fresh(session)
    new, after = 0, before
    while True:
        with database.reading() as session:
            lines = session.execute(text(LINES), {"after": after, "until": until, "portion": PORTION}).all()
            reports = _reports(session, lines)
        with database.writing() as session:
            new += absorb(session, reports, REFUSED, settings)
            if len(lines) < PORTION:
                put_place(session, PLACE, f"{before if fresh else seen}.{until}")
                return new
        after = lines[-1].id


def _place(session: Session) -> tuple[int, int]:
    """How far the look before the last one went, and the last one."""
    before, _, seen = (place(session, PLACE) or "0.0").partition(".")
    return int(before), int(seen)


def _fresh(session: Session) -> bool:
    """Whether the last look was a moment ago."""
    last = session.get(Bookmark, PLACE)
    return last is not None and (clock.now() - last.at).total_seconds() < SETTLES


def _reports(session: Session, lines: Sequence[Any]) -> list[Report]:
    mailings = select(Mailing).where(among(session, Mailing.id, sorted({line.mailing_id for line in lines})))
    marks = {one.id: mark_of(one) for one in session.scalars(mailings.options(load_only(Mailing.name, Mailing.created_at)))}
    return [_report(line, marks[line.mailing_id], blame) for line in lines if (blame := _blame(line.code, line.reason or ""))]


def _report(line: Any, mark: str, blame: Blame) -> Report:
    return Report(
        kind=EventKind.DROPPED,
        at=datetime.fromtimestamp(line.at / 1000, UTC),
        delivery=line.delivery,
        mark=mark,
        content_key=sha256(f"{REFUSED} {line.delivery}".encode()).hexdigest()[:32],
        original={"reply": f"{line.code} {line.reason or ''}".strip()[:400]},
        code=line.code,
        reason=line.reason,
        bounce=blame.bounce,
        bounce_why=blame.why,
        also=blame.also,
    )


def _blame(code: str, reason: str) -> Blame | None:
    if REPLY.match(code):
        return Blame(*_judged(code, reason))
    return next(filter(None, (transport_class(name).blames(code) for name in transport_names())), None)


def _judged(code: str, reason: str) -> tuple[BounceKind, BounceWhy]:
    """What the reply says of the address. Without a word or code for the cause only replies about a mailbox blame it."""
    why = why_by_words(reason)
    why = meaning(status_in(code), reply_in(code)) if why is BounceWhy.UNKNOWN else why
    if why is BounceWhy.UNKNOWN and code[0] == "5":
        return (BounceKind.HARD if code[:3] in MAILBOX_REPLIES else BounceKind.POLICY), why
    return KINDS[why], why
