"""Deliveries in doubt, and what others say of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from mailings import clock
from mailings.channels.email.identity import message_id
from mailings.db import Database
from mailings.message import Word
from mailings.model import Delivery, DeliveryNote, DeliveryStatus, Mailing, MailingStatus
from mailings.sending.doubt.gathering import keep
from mailings.sending.doubt.settling import Settled, settle, settle_as
from mailings.sending.finding import mailing_named
from mailings.settings import Settings
from mailings.tokens import Tokens
from tests.sending import world

LATER = timedelta(hours=72)
DROP = {"policy": "drop", "after_s": 72 * 3600}
RESEND = {"policy": "resend", "after_s": 72 * 3600}


def in_doubt(db: Database, count: int = 4, status: MailingStatus = MailingStatus.SENT, **facts: Any) -> list[int]:
    """A mailing `høst-nytt` in that status, everybody on it in doubt since world.START; the deliveries' numbers."""
    mailing_id = world.sending(db, recipients=count, **facts)
    with db.writing() as session:
        session.get_one(Mailing, mailing_id).status = status
        ids = list(session.scalars(select(Delivery.id).order_by(Delivery.id)))
        come_into_doubt(session, ids)
    return ids


def come_into_doubt(session: Session, ids: Sequence[int], after: timedelta = timedelta()) -> None:
    """As a sender that died leaves them, a line of history each."""
    for delivery in session.scalars(select(Delivery).where(Delivery.id.in_(ids))):
        delivery.status, delivery.reason, delivery.claimed_at = DeliveryStatus.IN_DOUBT, "the sender died", world.START + after
        session.add(DeliveryNote(delivery_id=delivery.id, at=world.START + after, what="in_doubt", why="the sender died"))


def told(db: Database, delivery: int, *verdicts: str, source: str = "postfix log") -> None:
    """A source says this of a delivery."""
    with db.writing() as session:
        keep(session, [Word(delivery, verdict, source, f"status={verdict} <åse@fjord.test>") for verdict in verdicts])


def settled(db: Database, **how: Any) -> Settled:
    """Settle `høst-nytt`."""
    with db.writing() as session:
        return settle(session, session.scalars(select(Mailing).where(Mailing.name == "høst-nytt")).one(), Settings(), **how)


def stands(db: Database) -> list[str]:
    """The status of every delivery, in order."""
    with db.reading() as session:
        return [str(status) for status in session.scalars(select(Delivery.status).order_by(Delivery.id))]


def decided(db: Database) -> list[tuple[int, str, str]]:
    """The lines of history that name who decided: delivery, what, by whom."""
    with db.reading() as session:
        rows = session.execute(text("SELECT delivery_id, what, by FROM delivery_note WHERE by IS NOT NULL ORDER BY delivery_id, id"))
        return [tuple(row) for row in rows]


def named(db: Database, delivery: int) -> str:
    """The Message-ID the delivery went out with."""
    with db.reading() as session:
        mailing = session.get_one(Mailing, session.get_one(Delivery, delivery).mailing_id)
        return message_id(mailing, "acme.test", Tokens(Settings().secret.get_secret_value()))(delivery)


def after(db: Database, waited: timedelta, **how: object) -> Settled:
    """Settle so long after everything came into doubt."""
    with clock.standing_at(world.START + waited):
        return settled(db, **how)


def status_of(db: Database) -> MailingStatus:
    """Where the mailing stands."""
    with db.reading() as session:
        return session.scalars(select(Mailing.status)).one()


def asked(db: Database, status: DeliveryStatus) -> Settled:
    """A person decides."""
    with db.writing() as session:
        return settle_as(session, session.scalars(select(Mailing)).one(), Settings(), status, "kari")


def locked(db: Database) -> Settled:
    """Settle as a door does."""
    with db.writing() as session:
        return settle(session, mailing_named(session, "høst-nytt", locked=True), Settings())
