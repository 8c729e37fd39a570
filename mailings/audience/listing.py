"""Lists for people: the recipients of one mailing, page by page, and all mailings with their figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session, aliased

from mailings.model import Company, Delivery, DeliveryStatus, Folder, Mailing, Person, Recipient, Source, Topic, Verdict

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Listed:
    """One recipient as a list shows it. `delivery` = what became of the latest message, None while there is none."""

    id: int
    name: str | None
    email: str | None
    company: str | None
    source: str | None
    verdict: str
    overridden: bool
    delivery: str | None


def recipients(session: Session, mailing: Mailing, verdict: Verdict | None = None) -> Iterator[Listed]:
    """The recipients in the order of the list, fetched by pages. People without an address only under their own filter (D26)."""
    last = 0
    while page := page_of(session, mailing, verdict, last):
        yield from page
        last = page[-1].id


def page_of(session: Session, mailing: Mailing, verdict: Verdict | None = None, after: int = 0) -> list[Listed]:
    """Up to PAGE recipients whose id comes after `after`."""
    rows = _rows().where(Recipient.mailing_id == mailing.id, Recipient.id > after).order_by(Recipient.id).limit(PAGE)
    rows = rows.where(Recipient.verdict != Verdict.NO_ADDRESS if verdict is None else Recipient.verdict == verdict)
    return [Listed(*row) for row in session.execute(rows)]


def _rows() -> Select[*tuple[Any, ...]]:
    latest = select(Delivery.status).where(Delivery.recipient_id == Recipient.id, Delivery.test.is_(False))
    latest_status = latest.order_by(Delivery.id.desc()).limit(1).scalar_subquery()
    there = Person.deleted_at.is_(None)  # who is to be erased is on no list by name
    columns = (
        Recipient.id,
        case((there, func.coalesce(Person.name, Company.name, Recipient.name))),
        case((there, Recipient.address)),
        case((there, Company.name)),
        case((there, Source.label)),
        Recipient.verdict,
        Recipient.overridden,
        latest_status,
    )
    found = select(*columns).outerjoin(Person, Person.id == Recipient.person_id)
    found = found.outerjoin(Company, Company.id == func.coalesce(Recipient.company_id, Person.company_id))
    return found.outerjoin(Source, Source.id == Recipient.source_id)


def mailings(session: Session) -> Iterator[dict[str, Any]]:
    """Every mailing, newest first, with how many recipients it has and how many of them it was sent to, as reports count (B.11).

    `system` = the installation's own, sent to whoever asks our pages for it.
    """
    folders = _folder_paths(session)
    listed = (Recipient.verdict != Verdict.NO_ADDRESS).label("shown")
    counted = dict(session.execute(select(Recipient.mailing_id, func.count()).where(listed).group_by(Recipient.mailing_id)).all())
    went_out = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.BOUNCED)
    further = aliased(Delivery)
    latest = ~select(further.id).where(further.again_of == Delivery.id).exists()
    sent = select(Delivery.mailing_id, func.count()).where(Delivery.status.in_(went_out), Delivery.test.is_(False), latest)
    sent_of = dict(session.execute(sent.group_by(Delivery.mailing_id)).all())
    rows = select(Mailing, Topic.name).outerjoin(Topic, Topic.id == Mailing.topic_id).order_by(Mailing.id.desc())
    for mailing, topic in session.execute(rows):
        yield {
            "name": mailing.name,
            "type": mailing.type.value,
            "status": mailing.status.value,
            "topic": topic,
            "folder": folders.get(mailing.folder_id or 0),
            "recipients": counted.get(mailing.id, 0),
            "sent": sent_of.get(mailing.id, 0),
            "scheduled": mailing.scheduled_at,
            "started": mailing.started_at,
            "finished": mailing.finished_at,
            "system": mailing.is_system,
            "template": mailing.template,
        }


def _folder_paths(session: Session) -> dict[int, str]:
    kept = {folder.id: folder for folder in session.scalars(select(Folder))}

    def path(folder: Folder) -> str:
        return f"{path(kept[folder.parent_id])}/{folder.name}" if folder.parent_id else folder.name

    return {key: path(folder) for key, folder in kept.items()}
