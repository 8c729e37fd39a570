"""Reads kept visits again, by the rules of today: readings and stamps are replaced, the events stay as they came."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.model import VISIT, Delivery, Event
from mailings.tracking.readings import READ, renew, sent_of

PORTION = 500  # messages with visits in one transaction: a door that writes clicks meanwhile waits no longer than for a batch of its own


@dataclass(frozen=True, slots=True)
class Reread:
    """What a portion came to: messages read again, up to which delivery, readings that changed; whether more may follow."""

    messages: int
    last: int
    changed: int
    more: bool


def reread(session: Session, mailing_id: int | None, after: int = 0, limit: int = PORTION) -> Reread:
    """The next `limit` messages with visits after delivery `after`, of one mailing or of all, read anew.

    By the same rules nothing changes, save what became known since: when a server took the message. What was set going stays done:
    errands, and bounces that were forgiven.
    """
    visited = select(Event.id).where(Event.delivery_id == Delivery.id, Event.source == VISIT, Event.kind.in_(READ)).exists()
    asked = select(Delivery.id).where(Delivery.id > after, ~Delivery.test, visited).order_by(Delivery.id).limit(limit)
    ids = session.scalars(asked if mailing_id is None else asked.where(Delivery.mailing_id == mailing_id)).all()
    changed = renew(session, list(sent_of(session, ids).values()), window=None)
    return Reread(len(ids), ids[-1] if ids else after, changed, len(ids) == limit)
