"""Does what a form says with what was sent: for whom, and each action, all in one transaction and exactly once (domain.md J.4, J.5)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mailings.model import Form, Person, Submission
from mailings.settings import Settings


def by_itself(session: Session, form: Form, submission: Submission, settings: Settings) -> bool:
    """Process a fresh submission as far as the form's mode does so by itself; False = a person has to. What fails is FAILED, not raised."""
    return False


def process(session: Session, submission: Submission, by: str | None, settings: Settings, person: Person | None = None) -> bool:
    """Process a submission for `person`, by default whoever has its address, made where nobody has. True when it is processed now.

    False: it could not be, and is FAILED with the sentence in `problem`; nothing of it was done. One that is processed already stays as it
    is (True). Raises NotAllowed for one that waits for its confirmation.
    """
    raise NotImplementedError
