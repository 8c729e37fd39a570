"""Records visits: events as they came, how they are read, stamps, and what follows from a person's; all in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.db import among
from mailings.model import VISIT, AddressStanding, Delivery, EventReading, Recipient
from mailings.reported import EventKind
from mailings.settings import Settings
from mailings.tracking.bulk import insert_events
from mailings.tracking.errands import note_errands
from mailings.tracking.reading import TRAP
from mailings.tracking.readings import Sent, renew, sent_of
from mailings.tracking.visits import AGENT, Visit, kept_network


def record_visits(session: Session, visits: Sequence[Visit], settings: Settings) -> None:
    """Keep the visits of deliveries that there are, in one transaction with all that follows.

    Tests are kept and counted nowhere, and set nothing going (D11, D22). Of a reader who was erased nothing is kept but that
    somebody came (D30). An address is forgiven its bounces by a person's open or click (D6).
    """
    sent = sent_of(session, {visit.delivery_id for visit in visits})
    known = [visit for visit in visits if visit.delivery_id in sent]
    erased = _erased(session, sent)
    now = clock.milliseconds()
    ids = insert_events(session, [_row(visit, sent, now, None if visit.delivery_id in erased else settings) for visit in known])
    fresh = dict(zip(ids, known, strict=True))
    agents = {number: visit.agent for number, visit in fresh.items() if visit.delivery_id in erased}
    renew(session, list(sent.values()), agents)
    counted = {number: visit for number, visit in fresh.items() if not sent[visit.delivery_id].test}
    _forgive(session, counted)
    clicks = [(number, visit) for number, visit in counted.items() if visit.kind is EventKind.CLICKED and visit.link not in (None, TRAP)]
    if clicks:
        note_errands(session, clicks)


def _erased(session: Session, ids: Collection[int]) -> set[int]:
    gone = select(Delivery.id).join(Recipient, Recipient.id == Delivery.recipient_id).where(Recipient.erased_at.is_not(None))
    return set(session.scalars(gone.where(among(session, Delivery.id, ids))))


def _row(visit: Visit, sent: Mapping[int, Sent], now: int, kept: Settings | None) -> tuple[object, ...]:
    """`kept` None = of somebody erased, of whom nothing is; an address that only one recipient was sent says whose it is, too."""
    network = kept_network(visit.network, keep=kept.keep_network) if kept else None
    agent, url = (visit.agent[:AGENT].replace("\0", ""), visit.url) if kept else (None, None)
    mailing_id = sent[visit.delivery_id].mailing_id
    at, method = round(visit.at.timestamp() * 1000), None if visit.method == "GET" else visit.method
    return at, now, visit.kind.value, VISIT, mailing_id, visit.delivery_id, visit.link, url, method, agent, network


def _forgive(session: Session, fresh: Mapping[int, Visit]) -> None:
    """Consecutive bounces begin anew where a person opened or clicked after the last of them (D6); bouncing.py counts from `cleared_at`."""
    address = func.coalesce(Delivery.address, Recipient.address)
    blamed = (
        select(AddressStanding.normal, AddressStanding.last_bounce_at, Delivery.id)
        .select_from(Delivery)
        .outerjoin(Recipient, Recipient.id == Delivery.recipient_id)
        .join(AddressStanding, AddressStanding.normal == address)
        .where(among(session, Delivery.id, {visit.delivery_id for visit in fresh.values()}), AddressStanding.bounces > 0)
    )
    rows = session.execute(blamed.order_by(AddressStanding.normal)).all()
    if not rows:
        return
    human = select(EventReading.event_id).where(among(session, EventReading.event_id, fresh), EventReading.machine.is_(None))
    people = set(session.scalars(human))
    for normal, last, delivery_id in rows:
        visits = [visit.at for number, visit in fresh.items() if number in people and visit.delivery_id == delivery_id]
        if visits and (last is None or max(visits) > last):
            cleared = update(AddressStanding).where(AddressStanding.normal == normal)
            session.execute(cleared.values(bounces=0, cleared_at=max(visits)))
