"""Takes the person out of what came back from them: the events stay and are counted, and say no more of whom (domain.md D30)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.model import Delivery, Errand, Event, FollowUp, Outbox, Request

#: everything by which an event could be led back to somebody. `content_key` stays: it is a digest, and by it the provider's
#: repetition of the event is known for one and not stored again
_NAMES_SOMEBODY = ("agent", "network", "address", "reason", "original", "url", "provider_key")


def forget_events(session: Session, recipients: Sequence[int], normals: Sequence[str]) -> None:
    """Blank the events of these recipients' deliveries, and of these addresses; what they set going and is not done never is.

    To be called while the deliveries still say whose they are.
    """
    deliveries = select(Delivery.id).where(or_(Delivery.recipient_id.in_(recipients), Delivery.address.in_(normals)))
    of_nothing_sent = and_(Event.delivery_id.is_(None), Event.address.in_(normals))  # who shares the address has deliveries of their own
    theirs: ColumnElement[bool] = or_(Event.delivery_id.in_(deliveries), of_nothing_sent)
    session.execute(update(Event).where(theirs).values(dict.fromkeys(_NAMES_SOMEBODY)))
    errands = update(Errand).where(Errand.delivery_id.in_(deliveries))
    session.execute(errands.values(outcome=None))
    session.execute(errands.where(Errand.done_at.is_(None)).values(done_at=clock.now()))


def forget_untold(session: Session, person_id: int) -> None:
    """What the outbox holds about the person's follow-ups and requests, which go with the person by their foreign keys."""
    follow_ups = select(FollowUp.id).where(FollowUp.person_id == person_id)
    requests = select(Request.id).where(Request.person_id == person_id)
    about = or_(
        and_(Outbox.what == "follow_up", Outbox.subject_id.in_(follow_ups)), and_(Outbox.what == "request", Outbox.subject_id.in_(requests))
    )
    session.execute(delete(Outbox).where(about))
