"""What the tests of resending start from: a mailing to people with consent, sent, with one message ended in each way."""

from __future__ import annotations

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.audience.populate import populate
from mailings.db import Database
from mailings.model import Address, Delivery, DeliveryStatus, Mailing, MailingStatus, Person, Recipient, Source, SourceKind
from mailings.sending import lifecycle
from mailings.sending.finding import mailing_named
from mailings.sending.resending import Again, resend
from tests.audience.people import person, selection
from tests.sending import world

NAME = "høst-nytt"


def sent(db: Database, *ends: str, **facts: object) -> int:
    """A mailing to the selection Kunder, sent; its people `p0@blåbær.test`, ... got what `ends` says, in order. Its id."""
    mailing_id = world.mailing(db, **facts)
    with db.writing() as session:
        people = [person(session, f"Åse Ødegård {n}", f"p{n}@blåbær.test") for n in range(len(ends))]
        kunder = selection(session, "Kunder", *people)
        session.add(Source(mailing_id=mailing_id, position=1, kind=SourceKind.SELECTION, label="Kunder", selection_id=kunder.id))
        session.flush()
        mailing = session.get_one(Mailing, mailing_id)
        mailing.populated_at = None
        lifecycle.pick_up(mailing)
        populate(session, mailing, launch=True)
        lifecycle.begin_sending(session, mailing)
        for delivery, end in zip(session.scalars(select(Delivery).order_by(Delivery.id)), ends, strict=True):
            delivery.status, delivery.attempts = DeliveryStatus(end), 1
        mailing.status, mailing.finished_at = MailingStatus.SENT, clock.now()
    return mailing_id


def again(db: Database, *, reload: bool = False, only: str = "") -> Again:
    """A resend, as a door asks for it."""
    with db.writing() as session:
        return resend(session, mailing_named(session, NAME, locked=True), reload=reload, only=only)


def finish(db: Database, status: DeliveryStatus = DeliveryStatus.SENT) -> None:
    """What is queued ends so, and the mailing is sent."""
    with db.writing() as session:
        session.execute(update(Delivery).where(Delivery.status == DeliveryStatus.QUEUED).values(status=status, attempts=1))
        session.execute(update(Mailing).values(status=MailingStatus.SENT))


def lines(db: Database) -> list[tuple[str, str, str | None]]:
    """Every delivery that is no test, in order: where it goes, what became of it, and what the one it repeats came to."""
    sql = (
        "SELECT COALESCE(d.address, r.address), d.status, b.status FROM delivery d JOIN recipient r ON r.id = d.recipient_id"
        " LEFT JOIN delivery b ON b.id = d.again_of WHERE NOT d.test ORDER BY d.id"
    )
    with db.reading() as session:
        return [((where or "nobody").partition("@")[0], status, before) for where, status, before in session.execute(text(sql))]


def of(session: Session, number: int) -> tuple[Person, Recipient]:
    """The person with that number, and their row on the list."""
    found = session.scalars(select(Person).order_by(Person.id)).all()[number]
    return found, session.scalars(select(Recipient).where(Recipient.person_id == found.id)).one()


def move(session: Session, number: int, normal: str) -> None:
    """The person has another address from now on."""
    session.execute(update(Address).where(Address.person_id == of(session, number)[0].id).values(normal=normal, written=normal))
