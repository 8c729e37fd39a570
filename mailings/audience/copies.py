"""A mailing copied to a new draft, or deleted while nothing of it has gone out."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete, exists, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from mailings.audience.folder_parts import Name
from mailings.audience.sources import sources_of
from mailings.clock import now
from mailings.errors import NotAllowed
from mailings.model import (
    Delivery,
    DeliveryNote,
    DeliveryStatus,
    Errand,
    Event,
    ImportedRow,
    Mailing,
    MailingFile,
    MailingStatus,
    MailingType,
    Recipient,
    Source,
    TrackedLink,
)
from mailings.model.adding import added
from mailings.readable import counted

#: what a copy does not take over: its own identity, and everything that happened to the original
OWN = {"id", "name", "status", "held_reason", "template", "created_at", "figures_at", "events_deleted_at", "recurs_from", "occasion"} | {
    f"{what}_at" for what in ("populated", "frozen", "scheduled", "started", "finished")
}


def copy(session: Session, mailing: Mailing, name: str) -> Mailing:
    """A new draft with the same content, files, sources and registered links (domain.md B.5). Raises NotAllowed for a name in use."""
    _check_name(session, name)
    same = {column: getattr(mailing, column) for column in Mailing.__table__.columns.keys() if column not in OWN}  # noqa: SIM118  a collection, no dict
    made = Mailing(name=name, created_at=now(), **same)
    if not added(session, made):
        raise _taken(name)
    _copy_rows(session, MailingFile, ("mailing_id", mailing.id, made.id))
    _copy_rows(session, TrackedLink, ("mailing_id", mailing.id, made.id))
    _keep_links_in_use(session, made)
    for source in sources_of(session, mailing):
        same = {column: getattr(source, column) for column in Source.__table__.columns.keys() if column not in {"id", "mailing_id"}}  # noqa: SIM118
        twin = Source(mailing_id=made.id, **same)
        session.add(twin)
        session.flush()
        _copy_rows(session, ImportedRow, ("source_id", source.id, twin.id))
    return made


def _keep_links_in_use(session: Session, made: Mailing) -> None:
    """Local and registered links come along, the latter as what they are; what counts of the original's does not (domain.md B.5, E.1)."""
    theirs = TrackedLink.mailing_id == made.id
    session.execute(delete(TrackedLink).where(theirs, TrackedLink.name.is_(None) | TrackedLink.deleted_at.is_not(None)))
    session.execute(update(TrackedLink).where(theirs).values(reset_at=None))


def delete_mailing(session: Session, mailing: Mailing) -> None:
    """Delete a draft, or a cancelled mailing of which nothing went out. Raises NotAllowed for any other: its links must keep working;
    and for a form response that people wait for."""
    if mailing.status not in {MailingStatus.DRAFT, MailingStatus.CANCELLED}:
        raise NotAllowed(f"{mailing.name} is {mailing.status}; only a draft, or a cancelled mailing that never went out, can be deleted.")
    _nobody_waits(session, mailing)
    # who is sent to again out of doubt counts as never tried, and may have the first one
    doubted = exists().where(DeliveryNote.delivery_id == Delivery.id, DeliveryNote.what == DeliveryStatus.IN_DOUBT)
    tried = or_(Delivery.claimed_at.is_not(None), doubted)
    attempted = select(Delivery.id).where(Delivery.mailing_id == mailing.id, Delivery.test.is_(False), tried)
    if session.scalar(attempted.limit(1)) is not None:
        if mailing.type is MailingType.DOCUMENT:
            raise NotAllowed(f"Letters of {mailing.name} are printed; it stays, for it says who had one. Their files may be deleted.")
        raise NotAllowed(f"{mailing.name} was sent to some; it stays, for the links and unsubscribe addresses in those messages.")
    tests = select(Delivery.id).where(Delivery.mailing_id == mailing.id)
    for came_back in (Errand, Event):  # of its tests; they have no foreign keys
        session.execute(delete(came_back).where(came_back.delivery_id.in_(tests)))
    for rows in (Delivery, Recipient, Source, MailingFile, TrackedLink):
        session.execute(delete(rows).where(rows.mailing_id == mailing.id))
    session.execute(delete(Mailing).where(Mailing.id == mailing.id))


def _nobody_waits(session: Session, mailing: Mailing) -> None:
    """Raises NotAllowed where people sent its form, and wait until the form response is opened."""
    queued = (Delivery.mailing_id == mailing.id, Delivery.status == DeliveryStatus.QUEUED, Delivery.test.is_(False))
    if mailing.status is MailingStatus.DRAFT and (waiting := session.scalar(select(func.count()).where(*queued))):
        ways = f"open it with: mailings send {mailing.name}, or close it first with: mailings cancel {mailing.name}"
        raise NotAllowed(
            f"{counted(waiting, 'answer')} to people who sent its form {'waits' if waiting == 1 else 'wait'} for {mailing.name}; {ways}"
        )


def _check_name(session: Session, name: str) -> None:
    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError as error:
        raise NotAllowed(f"{name!r} cannot be a mailing's name; use letters, digits and hyphens only.") from error
    if session.scalar(select(Mailing.id).where(Mailing.name == name)) is not None:
        raise _taken(name)


def _taken(name: str) -> NotAllowed:
    return NotAllowed(f"There is a mailing named {name!r} already; choose another name.")


def _copy_rows(session: Session, rows: Any, owned: tuple[str, int, int]) -> None:
    owner, old, new = owned
    table = rows.__table__
    kept = [column for column in table.columns if column.name not in {"id", owner}]
    found = select(literal(new), *kept).where(table.c[owner] == old)
    session.execute(insert(rows).from_select([owner, *(column.name for column in kept)], found, include_defaults=False))
