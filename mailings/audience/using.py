"""Which mailings a selection or a project has: archived on it, or with it as a source (domain.md C.3: Mailings and Activities tabs)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, defer

from mailings.model import Mailing, Project, Selection, Source

NEWEST = 200  # mailings on the tab


def mailings_of(session: Session, group: Selection | Project) -> Sequence[Mailing]:
    """The newest first, at most NEWEST."""
    archived: ColumnElement[bool]
    if isinstance(group, Selection):
        archived, named = Mailing.archive_selection_id == group.id, Source.selection_id == group.id
    else:
        archived, named = Mailing.archive_project_id == group.id, Source.project_id == group.id
    latest = func.coalesce(Mailing.started_at, Mailing.scheduled_at, Mailing.created_at).desc()
    found = select(Mailing).where(or_(archived, Mailing.id.in_(select(Source.mailing_id).where(named))))
    return session.scalars(found.options(defer(Mailing.html), defer(Mailing.text)).order_by(latest, Mailing.id.desc()).limit(NEWEST)).all()
