"""Takes what a visitor sent: window, maximum and flood limits looked at in the transaction that stores it, once per key (domain.md J.4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.errors import NotFound
from mailings.forms.answers import Answers
from mailings.forms.finding import closed
from mailings.forms.flooding import flooded
from mailings.forms.opting_in import ask_to_confirm
from mailings.forms.processing import by_itself
from mailings.model import Form, Submission, SubmissionStatus, SubmittedFile
from mailings.settings import Settings


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sends, as far as it is known. `key` is the text of the form key; `network` is cut already, None = not kept."""

    key: str
    network: str | None = None
    language: str = ""
    delivery_id: int | None = None  # the message whose link led here
    version: int | None = None  # of the form that was shown; None = as it is now


class Reception(StrEnum):
    """How a submission was received, for the page that answers."""

    THANKED = "thanked"  #: taken (and processed where it is processed by itself)
    UNCONFIRMED = "unconfirmed"  #: taken; waits for the click on the link in a message
    CLOSED = "closed"  #: the form was closed, or full, before it came
    FLOODED = "flooded"  #: too many of this address or network in a short time; nothing is stored


@dataclass(frozen=True, slots=True)
class Taken:
    """How it was received, and the submission's number where there is one. `again` = its key came before, and nothing was done twice."""

    reception: Reception
    submission: int | None = None
    again: bool = False


def submit(session: Session, form_id: int, answers: Answers, visitor: Visitor, settings: Settings) -> Taken:
    """Store a submission without problems, and do what is done by itself, all in the caller's transaction (D31).

    The form's row is held meanwhile, so that two at once never exceed its maximum. Raises NotFound when the form is gone meanwhile,
    and Misconfigured when a link to confirm has to be sent and nobody is named whom system messages come from.
    """
    assert not answers.problems, "what has problems is shown again, not stored"
    form = session.scalar(select(Form).where(Form.id == form_id).with_for_update())
    if form is None:
        raise NotFound("This form is gone.")
    there = sent_before(session, form_id, visitor.key)
    if there is not None:
        return Taken(_reception(there), there.id, again=True)
    if closed(session, form) is not None:
        return Taken(Reception.CLOSED)
    if flooded(session, form_id, answers.email, visitor.network):
        return Taken(Reception.FLOODED)
    submission = _stored(session, form, answers, visitor)
    if _asks(form, answers):
        ask_to_confirm(session, submission, settings)
    else:
        by_itself(session, form, submission, settings)
    return Taken(_reception(submission), submission.id)


def sent_before(session: Session, form_id: int, key: str) -> Submission | None:
    """The submission that came with this key already."""
    return session.scalar(select(Submission).where(Submission.form_id == form_id, Submission.key == key))


def _asks(form: Form, answers: Answers) -> bool:
    """Double opt-in goes by the form as it is now; who saw one without a field for an address has nothing to confirm."""
    return form.double_opt_in and answers.email is not None


def _reception(submission: Submission) -> Reception:
    return Reception.UNCONFIRMED if submission.status is SubmissionStatus.UNCONFIRMED else Reception.THANKED


def _stored(session: Session, form: Form, answers: Answers, visitor: Visitor) -> Submission:
    now = clock.now()
    made = Submission(
        form_id=form.id,
        key=visitor.key,
        version=visitor.version or form.version,
        status=SubmissionStatus.UNCONFIRMED if _asks(form, answers) else SubmissionStatus.SUBMITTED,
        values=answers.values,
        language=visitor.language or form.language,
        email=answers.email,
        delivery_id=visitor.delivery_id,
        network=visitor.network,
        created_at=now,
        submitted_at=now,
    )
    session.add(made)
    session.flush()
    for identifier, file in answers.files:
        session.add(SubmittedFile(submission_id=made.id, field=identifier, name=file.name, content_type=file.content_type, data=file.data))
    session.flush()
    return made
