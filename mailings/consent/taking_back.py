"""Takes back a further message that is stopped before it went out: the one it repeats, which the recipient has, is their latest again."""

from __future__ import annotations

from sqlalchemy import ColumnElement, String, and_, delete, exists, insert, literal, select
from sqlalchemy.orm import Session, aliased

from mailings import clock
from mailings.model import Delivery, DeliveryNote, DeliveryStatus
from mailings.model.figure import stale

NOT_REPEATED = "not_repeated"  #: what the history of the earlier message says was done

_EARLIER = aliased(Delivery)
#: never in any sender's hands for good. A line of history means that it was tried, or sent again out of doubt: it may be out
_UNSENT = and_(
    Delivery.status == DeliveryStatus.QUEUED,
    Delivery.test.is_(False),
    Delivery.attempts == 0,
    Delivery.again_of.is_not(None),  # for its index: a mailing that nothing was repeated of is not walked
    ~exists().where(DeliveryNote.delivery_id == Delivery.id),
    exists().where(_EARLIER.id == Delivery.again_of),
)


def take_back(session: Session, which: ColumnElement[bool], why: str, by: str | None = None) -> int:
    """Remove what is queued of `which`, a condition on Delivery, as a repetition and was never tried; how many.

    An attempt that never went out must not displace one that did: every figure counts the latest (house.md 4). The earlier message keeps
    a line of history. It is written first, under a lock, and says which go: what a sender gives back meanwhile stays.
    """
    at, gone = clock.now(), and_(which, _UNSENT)
    line = select(Delivery.again_of, literal(at, DeliveryNote.at.type), literal(NOT_REPEATED), literal(why), literal(by, String()))
    which_go = (
        line.where(gone).order_by(Delivery.again_of).with_for_update(of=Delivery)
    )  # in one order: two that lock never wait for each other
    lines = insert(DeliveryNote).from_select(["delivery_id", "at", "what", "why", "by"], which_go)
    if not session.execute(lines).rowcount:  # type: ignore[attr-defined]  # a cursor result
        return 0
    note = DeliveryNote
    told = exists().where(note.delivery_id == Delivery.again_of, note.at == at, note.what == NOT_REPEATED, note.why == why)
    mailings = session.scalars(select(Delivery.mailing_id).where(gone, told).distinct()).all()
    removed = session.execute(delete(Delivery).where(gone, told).execution_options(synchronize_session=False))
    stale(session, mailings)  # what they displaced counts again
    return int(removed.rowcount)  # type: ignore[attr-defined]  # a cursor result
