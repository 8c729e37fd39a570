"""What a person said last: the newest row of the consent history is the one in force."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.db import among
from mailings.model import EMARKETING, Basis, Consent


def in_force(session: Session, people: Sequence[int], purpose: str = EMARKETING) -> dict[int, tuple[Basis, str]]:
    """person id -> (basis, source) of the newest row; people of whom nothing is recorded are absent."""
    newest = (
        select(func.max(Consent.id))
        .where(among(session, Consent.person_id, people), Consent.purpose == purpose)
        .group_by(Consent.person_id)
    )
    rows = session.execute(select(Consent.person_id, Consent.basis, Consent.source).where(Consent.id.in_(newest)))
    return {person_id: (basis, source) for person_id, basis, source in rows}
