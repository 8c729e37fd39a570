"""Does what a form says with what was sent: for whom, and each action, all in one transaction and exactly once (domain.md J.4, J.5)."""

from __future__ import annotations

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, StatementError
from sqlalchemy.orm import Session

from mailings import clock
from mailings.errors import MailingsError, NotAllowed, NotFound
from mailings.forms import actions
from mailings.forms.definition import FormPart
from mailings.forms.doing import Doing
from mailings.forms.filling import fill_company, fill_person
from mailings.forms.versions import seen
from mailings.forms.whose import held, made, matching
from mailings.forms.wishes import take_wishes
from mailings.model import Form, Person, ProcessingMode, Submission, SubmissionStatus
from mailings.settings import Settings

OPEN = (SubmissionStatus.SUBMITTED, SubmissionStatus.FAILED)
REFUSED_HERE = "The database refused it; somebody else may have changed the same at this moment. Process it again."
UNFIT = "The database cannot keep what was sent where its fields say; correct the person by hand, or delete this submission."
UNREADABLE = "The form's definition cannot be read by this version; push the form again."


def by_itself(session: Session, form: Form, submission: Submission, settings: Settings) -> bool:
    """What follows at once when a submission counts: the notice, and processing as far as the form's mode does that by itself (J.4).

    False = a person has to look. What fails is FAILED with its sentence; the submission is kept in any case.
    """
    if form.definition.get("notify"):
        actions.notify(session, form, submission)
    if form.mode is ProcessingMode.MANUAL:
        return False
    if form.mode is ProcessingMode.KNOWN and matching(session, submission.email) is None:
        return False
    return process(session, submission.id, None, settings)


def process(session: Session, submission_id: int, by: str | None, settings: Settings, person: Person | None = None) -> bool:
    """Process a submission for `person`, by default whoever has its address, made where nobody has. True when it is processed.

    False: it could not be, and is FAILED with the sentence in `problem`; nothing of it was done, and it may be tried again. One that is
    processed already stays as it is (True), so two at the same moment do it once. `by` = a user's name, None = by itself. Raises NotFound
    for one that is gone, NotAllowed for one that still waits for its confirmation.
    """
    rows = select(Submission).where(Submission.id == submission_id).with_for_update()
    submission = session.scalar(rows.execution_options(populate_existing=True))
    if submission is None:
        raise NotFound(f"There is no submission {submission_id}; it may have been deleted.")
    if submission.status is SubmissionStatus.PROCESSED:
        return True
    if submission.status not in OPEN:
        raise NotAllowed(f"Submission {submission_id} still waits for its confirmation; it can be processed when that has come.")
    form = session.get_one(Form, submission.form_id)
    try:
        with session.begin_nested():
            _do(session, (form, submission, person), by, settings)
    except (MailingsError, StatementError, ValidationError) as error:
        if _away(error):
            raise
        session.refresh(submission)
        submission.status, submission.problem = SubmissionStatus.FAILED, _sentence(error)
        session.flush()
        return False
    return True


def _do(session: Session, about: tuple[Form, Submission, Person | None], by: str | None, settings: Settings) -> None:
    form, submission, person = about
    part = seen(session, form, submission.version)
    doing = _doing(session, about, part, by)
    person = doing.person
    submission.person_id = person.id
    fill_person(session, doing, settings)
    fill_company(session, doing)
    take_wishes(session, doing)
    actions.join(session, doing)
    actions.ask(session, doing)
    submission.status, submission.problem = SubmissionStatus.PROCESSED, None
    submission.processed_at, submission.processed_by = clock.now(), by
    session.flush()
    actions.respond(session, doing)
    submission.script_due = part.actions.script is not None
    submission.outcome = "\n".join(doing.said) or None
    session.flush()


def _doing(session: Session, about: tuple[Form, Submission, Person | None], part: FormPart, by: str | None) -> Doing:
    form, submission, person = about
    known = person.id if person is not None else matching(session, submission.email)
    if known is not None:
        doing = Doing(form, part, submission, held(session, known), created=False, by=by)
    else:
        doing = Doing(form, part, submission, made(session, part, submission), created=True, by=by)
    doing.said.append(
        "Made a new person." if doing.created else "Found the person by address." if person is None else "For the person chosen."
    )
    return doing


def _sentence(error: Exception) -> str:
    if isinstance(error, MailingsError):
        return str(error)
    if isinstance(error, ValidationError):
        return UNREADABLE
    return REFUSED_HERE if isinstance(error, IntegrityError) else UNFIT


def _away(error: Exception) -> bool:
    """True where the database went, or asks to be asked again: nothing is wrong with the submission."""
    return isinstance(error, OperationalError) or (isinstance(error, DBAPIError) and error.connection_invalidated)
