"""Form responses: queues the answer to what somebody sent with a form, when it is processed (domain.md J.5)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mailings.errors import NotAllowed
from mailings.model import Mailing, Submission


def queue_response(session: Session, mailing: Mailing, submission: Submission) -> int | None:
    """Queue the mailing for the submission's person; its delivery, or None where nobody may be written to. Not built yet."""
    raise NotAllowed(f"{mailing.name} cannot answer submission {submission.id} yet.")
