"""What the tests of approval start from: a mailing to a selection of people with consent, its list made, somebody asked."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.audience.populate import populate
from mailings.db import Database
from mailings.errors import NotAsApproved
from mailings.model import Approval, Delivery, Door, Mailing, Person, Recipient, Selection, Source, SourceKind
from mailings.sending import lifecycle
from mailings.sending.approval import approving
from mailings.sending.approval.approving import Answer
from mailings.sending.finding import mailing_named
from mailings.settings import Settings
from tests.audience.people import person, selection
from tests.sending import world

NAME = "høst-nytt"
SETTINGS = Settings()
YES = Answer("Désirée van der IJssel", Door.CLI, "Fint!")


def ready(db: Database, people: int = 3, **facts: object) -> int:
    """A draft to the selection Kunder, whose people are `p0@blåbær.test`, ...; it asks for approval. Its id."""
    told = {"approval": {"above": 0}, "subject": "Høst", "html": "<p>Hei</p>", "update_when_sending": True}
    mailing_id = world.mailing(db, NAME, **(told | facts))
    with db.writing() as session:
        chosen = [person(session, f"Åse Ødegård {n}", f"p{n}@blåbær.test") for n in range(people)]
        kunder = selection(session, "Kunder", *chosen)
        session.add(Source(mailing_id=mailing_id, position=1, kind=SourceKind.SELECTION, label="Kunder", selection_id=kunder.id))
        session.get_one(Mailing, mailing_id).populated_at = None
    return mailing_id


def ask(db: Database) -> int | None:
    """What a run does until it asks: pick up, make the list, ask. The number of the question; None where it may be sent."""
    listed(db)
    return asked(db)


def listed(db: Database) -> None:
    """Its list is made."""
    with db.writing() as session:
        mailing = mailing_named(session, NAME, locked=True)
        lifecycle.pick_up(mailing)
        populate(session, mailing, launch=True)


def asked(db: Database) -> int | None:
    """Somebody is asked."""
    with db.writing() as session:
        found = approving.ask(session, mailing_named(session, NAME, locked=True), ["Det mangler en tekst."], SETTINGS)
        return found and found.id


def approve(db: Database, answer: Answer = YES) -> None:
    """Somebody says yes."""
    with db.writing() as session:
        approving.approve(session, mailing_named(session, NAME, locked=True), answer)


def send(db: Database) -> set[tuple[int, str]]:
    """What a run does once it was approved; whom it queued: recipient and address."""
    listed(db)
    with db.writing() as session:
        lifecycle.begin_sending(session, mailing_named(session, NAME, locked=True))
    return queued(db)


def refused(db: Database) -> str:
    """A run that finds what was approved changed: why. It leaves a draft."""
    try:
        send(db)
    except NotAsApproved as error:
        with db.writing() as session:
            lifecycle.refuse(session, mailing_named(session, NAME, locked=True), str(error))
        return str(error)
    raise AssertionError("it was sent")


def queued(db: Database) -> set[tuple[int, str]]:
    """Recipient and address of every delivery."""
    rows = select(Recipient.id, Recipient.address).join(Delivery, Delivery.recipient_id == Recipient.id)
    with db.reading() as session:
        return {(number, address or "") for number, address in session.execute(rows)}


def eligible(db: Database) -> set[tuple[int, str]]:
    """Recipient and address of everybody it would go to."""
    rows = select(Recipient.id, Recipient.address).where(Recipient.verdict == "eligible")
    with db.reading() as session:
        return {(number, address or "") for number, address in session.execute(rows)}


def join_in(session: Session, name: str, email: str | None = None) -> Person:
    """Somebody new in the selection."""
    kunder = session.scalars(select(Selection)).one()
    made = person(session, name, email)
    session.flush()
    session.execute(Selection.metadata.tables["selection_member"].insert().values(selection_id=kunder.id, person_id=made.id))
    return made


def question(db: Database) -> Approval:
    """The last question asked, read and let go."""
    with db.reading() as session:
        found = session.scalars(select(Approval).order_by(Approval.id.desc())).first()
        assert found is not None
        session.expunge(found)
        return found
