"""Forms as lists show them: how each stands, how many submissions wait, are done or failed, and when the last one came (domain.md J.6)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.forms.finding import closed
from mailings.model import Form, Mailing, Submission, SubmissionStatus


@dataclass(frozen=True, slots=True)
class Listed:
    """A form and its figures. `standing` = open, inactive, not_yet, over or full; `counts` by status."""

    form: Form
    standing: str
    counts: dict[SubmissionStatus, int] = field(default_factory=dict)
    last: datetime | None = None

    @property
    def total(self) -> int:
        """Submissions that were sent, whatever became of them."""
        return sum(self.counts.values())

    def told(self) -> dict[str, Any]:
        """For machines."""
        counts = {status.value: self.counts.get(status, 0) for status in SubmissionStatus}
        return {
            "name": self.form.name,
            "title": self.form.title,
            "standing": self.standing,
            "mode": self.form.mode.value,
            "double_opt_in": self.form.double_opt_in,
            "version": self.form.version,
            "submissions": {"total": self.total, **counts},
            "last": self.last.isoformat(timespec="seconds") if self.last else None,
        }


def listed(session: Session, only: Form | None = None) -> list[Listed]:
    """Every form by name, or `only` one, with its figures; one statement for all of them."""
    rows = select(Submission.form_id, Submission.status, func.count(), func.max(Submission.submitted_at))
    rows = rows.group_by(Submission.form_id, Submission.status)
    if only is not None:
        rows = rows.where(Submission.form_id == only.id)
    counts: dict[int, dict[SubmissionStatus, int]] = defaultdict(dict)
    latest: dict[int, datetime] = {}
    for form_id, status, count, last in session.execute(rows):
        counts[form_id][status] = count
        if last is not None:
            latest[form_id] = max(last, latest.get(form_id, last))
    forms = [only] if only is not None else list(session.scalars(select(Form).order_by(Form.name)))
    return [Listed(form, str(closed(session, form) or "open"), counts[form.id], latest.get(form.id)) for form in forms]


def response_of(session: Session, form: Form) -> str | None:
    """The name of the mailing that answers."""
    return session.scalar(select(Mailing.name).where(Mailing.id == form.response_mailing_id)) if form.response_mailing_id else None
