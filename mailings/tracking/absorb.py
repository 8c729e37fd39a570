"""Takes in what a provider reports: each report kept once as an event, and what it means for deliveries, addresses and people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Table, bindparam, select, text, update
from sqlalchemy.orm import Session, load_only

from mailings import clock
from mailings.addresses import is_number, read_address
from mailings.channels.email.identity import mark_of
from mailings.db import among, insert_into
from mailings.model import Delivery, Event, Mailing, Recipient
from mailings.reported import Report
from mailings.settings import Settings
from mailings.tracking import bouncing, heeding, moving, tally
from mailings.tracking.news import News, Sent


def absorb(session: Session, reports: Sequence[Report], source: str, settings: Settings) -> int:
    """Keep the reports of `source`, a provider's name, and let those not heard before have their effect; returns how many those were.

    In one transaction, in statements over rows. What becomes of a delivery is made of all its events, and a bounce count of all events of
    the address, so that a day told twice, late or out of order leads to the same state (house.md 4). Only the mark of the mailing makes a
    delivery ours: a number under another mark is kept, and moves nothing. Raises Unreachable where the database does not answer.
    """
    if not reports:
        return 0
    _one_at_a_time(session)
    known = _named_by(session, reports)
    news = _kept(session, [_read(report, known) for report in reports], source)
    _name(session, news)
    told = sorted({one.sent.delivery for one in news if one.sent})
    with tally.watched(session, told):
        moving.move(session, told, source)
    bouncing.blame(session, news, source, settings.bounce_threshold)
    heeding.heed(session, news, source)
    return len(news)


def _one_at_a_time(session: Session) -> None:
    """As on SQLite: two that count the bounces of one address side by side would each miss the other's.

    A sender's receipts lock rows in an order of their own. Within half a second it is we who give way, before the database picks one
    (after a second): a provider asks again, a sender would leave messages in doubt.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('mailings absorb'))"))
        session.execute(text("SET LOCAL lock_timeout = '500ms'"))


def _named_by(session: Session, reports: Sequence[Report]) -> dict[tuple[int, str], Sent]:
    """The deliveries that are named, by number and mark; locked, so that a sender's receipt waits."""
    numbers = sorted({report.delivery for report in reports if report.delivery is not None})
    asked = (
        select(Delivery.id, Delivery.mailing_id, Delivery.address, Delivery.test, Delivery.provider_id)
        .add_columns(Recipient.address.label("theirs"), Recipient.erased_at, Recipient.person_id)
        .outerjoin(Recipient, Recipient.id == Delivery.recipient_id)
        .where(among(session, Delivery.id, numbers))
        .order_by(Delivery.id)
        .with_for_update(of=Delivery)
    )
    rows = session.execute(asked).all()
    theirs = select(Mailing).where(among(session, Mailing.id, sorted({row.mailing_id for row in rows})))
    marks = {found.id: mark_of(found) for found in session.scalars(theirs.options(load_only(Mailing.name, Mailing.created_at)))}
    return {(row.id, marks[row.mailing_id]): _sent(row) for row in rows}


def _sent(row: Any) -> Sent:
    erased = row.erased_at is not None and not row.test
    return Sent(row.id, row.mailing_id, row.address or row.theirs, row.test, erased, row.person_id, row.provider_id)


def _name(session: Session, news: Sequence[News]) -> None:
    """A message whose answer was lost learns here what the provider calls it; not that of somebody erased, whom the name leads back to."""
    ours = [(one.sent, one.report.provider_id) for one in news if one.sent and not one.sent.erased]
    told = {sent.delivery: called for sent, called in ours if called and not sent.provider_id}
    if told:
        unnamed = update(Delivery.__table__).where(Delivery.id == bindparam("number"), Delivery.provider_id.is_(None))  # type: ignore[arg-type]
        named = [{"number": number, "called": called} for number, called in sorted(told.items())]
        session.execute(unnamed.values(provider_id=bindparam("called")), named)


def _read(report: Report, known: dict[tuple[int, str], Sent]) -> News:
    """Whom a report is about. Of somebody erased nothing comes back that would name them (domain.md D30)."""
    sent = known.get((report.delivery or 0, report.mark or ""))
    if sent is not None and sent.erased:
        return News(report, sent, None)
    told = report.address or ""
    address = told if is_number(told) else read_address(told).normal
    return News(report, sent, address or (sent.address if sent else None))


def _kept(session: Session, told: list[News], source: str) -> list[News]:
    """Store the events; those that were new, each once, in an order of their own."""
    by_key = {one.report.content_key: one for one in reversed(told)}
    rows = [_row(by_key[key], source) for key in sorted(by_key)]
    insert = insert_into(session, cast(Table, Event.__table__)).on_conflict_do_nothing().returning(Event.content_key)
    return [by_key[key] for key in sorted(filter(None, session.scalars(insert, rows)))]


def _row(news: News, source: str) -> dict[str, Any]:
    report, sent = news.report, news.sent
    erased = sent is not None and sent.erased
    return {
        "at": report.at,
        "received_at": clock.now(),
        "kind": report.kind,
        "source": source,
        "mailing_id": sent.mailing if sent else None,
        "delivery_id": sent.delivery if sent else None,
        "url": None if erased else report.url,
        "agent": None if erased else report.agent,
        "address": news.address,
        "code": report.code,
        "reason": None if erased else report.reason,
        "bounce": report.bounce,
        "bounce_why": report.bounce_why,
        "provider_key": None if erased else report.provider_key,
        "content_key": report.content_key,
        "original": None if erased else dict(report.original),
    }
