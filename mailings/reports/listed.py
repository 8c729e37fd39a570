"""The list of mailings as the desk shows it: chosen, sorted by what they are or what they came to, a page at a time (domain.md B.11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from mailings.db import among
from mailings.model import Mailing, MailingStatus, MailingType, Recipient, Topic, Verdict
from mailings.reports.figures import figures_of_all
from mailings.sending.form_responses import system_mailings

PAGE = 50
VIEWS = ("recent", "mine", "scheduled")
RATES = ("sent", "open_rate", "click_rate", "bounce_rate")  # sorted by what is counted

# a message sent again moves the end of a mailing, and never its beginning
WHEN = func.coalesce(Mailing.started_at, Mailing.finished_at, Mailing.scheduled_at, Mailing.created_at)
COLUMNS: dict[str, Any] = {
    "when": WHEN,
    "name": func.lower(Mailing.name),
    "type": Mailing.type,
    "status": Mailing.status,
    "topic": func.lower(func.coalesce(Topic.name, "")),
}
SORTS = (*COLUMNS, *RATES)
#: paused, and never begun: somebody is asked for approval; beside the statuses it may be asked for by this word
AWAITS = "awaits_approval"
#: the list is frozen and approved, and its run has not come yet
APPROVED = "approved"
TEMPLATE = "template"
AWAITING = and_(Mailing.status == MailingStatus.PAUSED, Mailing.started_at.is_(None))
STANDS = case(
    (AWAITING, AWAITS),
    (and_(Mailing.status == MailingStatus.POPULATING, Mailing.frozen_at.is_not(None)), APPROVED),
    (and_(Mailing.status == MailingStatus.DRAFT, Mailing.template), TEMPLATE),
    else_=type_coerce(Mailing.status, String),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the list is asked for. `folders` = ids, None = in any or none; `sort` one of SORTS; `page` counts from 1; `by` = who asks."""

    view: str = "recent"
    words: str = ""
    type: str = ""
    status: str = ""
    topic: str = ""
    folders: Sequence[int] | None = None
    sort: str = "when"
    down: bool = True
    page: int = 1
    by: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A mailing in the list; rates are fractions, None where they are divided by nothing."""

    name: str
    subject: str
    type: str
    status: str
    held: bool
    stands: str  # the status as people say it
    topic: str | None
    when: datetime
    recipients: int
    figures: dict[str, Any] = field(repr=False)


def mailings_listed(session: Session, asked: Asked) -> tuple[list[Row], int]:
    """One page of what is asked for, and how many there are in all. The installation's own messages are on no list but a search's."""
    chosen = _chosen(session, asked)
    total = session.scalar(select(func.count()).select_from(chosen.order_by(None).subquery())) or 0
    start = (max(asked.page, 1) - 1) * PAGE
    if asked.sort in RATES:
        ids = list(session.scalars(chosen.order_by(Mailing.id.desc())))
        figures = figures_of_all(session, ids)
        ids = sorted(ids, key=lambda key: _by_rate(figures.get(key, {}), asked))[start : start + PAGE]
    else:
        column = COLUMNS.get(asked.sort, WHEN)
        ids = list(session.scalars(chosen.order_by(column.desc() if asked.down else column, Mailing.id.desc()).offset(start).limit(PAGE)))
        figures = figures_of_all(session, ids)
    return _rows(session, ids, figures), total


def _by_rate(figures: dict[str, Any], asked: Asked) -> tuple[bool, float]:
    """Those without a figure come last, whichever way it is sorted."""
    value = figures.get(asked.sort)
    return value is None, -float(value or 0) if asked.down else float(value or 0)


def _chosen(session: Session, asked: Asked) -> Select[int]:
    return select(Mailing.id).outerjoin(Topic, Topic.id == Mailing.topic_id).where(*_rules(session, asked))


def _rules(session: Session, asked: Asked) -> list[ColumnElement[bool]]:
    rules: list[ColumnElement[bool]] = []
    if asked.words:
        found = _containing(asked.words)
        rules.append(or_(func.lower(Mailing.name).like(found, escape="\\"), func.lower(Mailing.subject).like(found, escape="\\")))
    else:
        rules.append(~and_(Mailing.type == MailingType.FORM_RESPONSE, Mailing.name.in_(system_mailings.names())))
    if asked.view == "mine":
        rules.append(Mailing.created_by == asked.by)
    if asked.view == "scheduled":
        rules.append(Mailing.status == MailingStatus.SCHEDULED)
    if asked.type in set(MailingType):
        rules.append(Mailing.type == MailingType(asked.type))
    if asked.status == AWAITS:
        rules.append(AWAITING)
    elif asked.status in set(MailingStatus):
        rules.append(Mailing.status == MailingStatus(asked.status))
    if asked.topic:
        rules.append(Topic.name == asked.topic)
    if asked.folders is not None:
        rules.append(among(session, Mailing.folder_id, asked.folders))
    return rules


def _containing(words: str) -> str:
    escaped = words.strip().lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _rows(session: Session, ids: Sequence[int], figures: dict[int, dict[str, Any]]) -> list[Row]:
    columns = (
        Mailing.name,
        Mailing.subject,
        Mailing.type,
        Mailing.status,
        Mailing.held_reason,
        STANDS,
        Topic.name,
        WHEN,
    )  # not what they say: 30 kB
    found = select(Mailing.id, *columns).outerjoin(Topic, Topic.id == Mailing.topic_id).where(among(session, Mailing.id, ids))
    rows = {row[0]: row[1:] for row in session.execute(found)}
    sizes = _sizes(session, ids)
    return [
        Row(name, subject, kind, status, held is not None, stands, topic, when, sizes.get(key, 0), figures.get(key, {}))
        for key in ids
        for name, subject, kind, status, held, stands, topic, when in [rows[key]]
    ]


def _sizes(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """How many are on the list of each; people without an address are on none that people see (D26)."""
    listed = select(Recipient.mailing_id, func.count()).where(
        among(session, Recipient.mailing_id, ids), Recipient.verdict != Verdict.NO_ADDRESS
    )
    return dict(session.execute(listed.group_by(Recipient.mailing_id)).all())
