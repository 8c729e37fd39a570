"""Approval: a mailing's list is frozen and laid before somebody with its content; what they approve is what is sent, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.clock import now
from mailings.errors import IllegalMove, MailingsError
from mailings.model import Approval, Company, Decision, Door, Mailing, MailingStatus, Person, Recipient, Verdict
from mailings.sending.approval import approved
from mailings.sending.approval.approved_list import Marker, forget_marks, keep_marks
from mailings.sending.approval.content_hash import content_hash
from mailings.sending.books import books_of
from mailings.sending.previewing import preview_for
from mailings.settings import Settings

REASON = "awaiting approval"
SAMPLES = 3  #: messages shown to whoever is asked


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody says to a question: who they are, where they said it, and what they add.

    `question` = the number of the one they saw; where another is asked by now, theirs is no answer to it. None = whichever is asked.
    """

    by: str
    door: Door
    comment: str | None = None
    question: int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One recipient's message, decoded, under their name; no address. `html` shows its images by itself."""

    name: str
    subject: str
    text: str
    html: str
    recipient_id: int  # whose the message is, for doors that lead on to it


@dataclass(frozen=True, slots=True)
class Question:
    """What is laid before somebody: how many it would go to, who is left out by verdict, what preflight warned of, some messages."""

    approval: Approval
    eligible: int
    excluded: dict[str, int]
    warnings: list[str]
    samples: list[Sample]

    @property
    def document(self) -> dict[str, object]:
        """For machines: {asked_at, eligible, excluded, warnings, samples: [{name, subject, text}]}."""
        samples = [{"name": each.name, "subject": each.subject, "text": each.text} for each in self.samples]
        asked_at = self.approval.asked_at
        return {"asked_at": asked_at, "eligible": self.eligible, "excluded": self.excluded, "warnings": self.warnings, "samples": samples}


def asked(session: Session, mailing: Mailing) -> Approval | None:
    """The question nobody has answered yet; None where there is none."""
    return session.scalar(select(Approval).where(Approval.mailing_id == mailing.id, Approval.decided_at.is_(None)))


def must_ask(session: Session, mailing: Mailing, settings: Settings) -> bool:
    """Whether somebody has to be asked before the mailing, its list made, may be sent."""
    if mailing.status is not MailingStatus.POPULATING or approved.given(session, mailing) is not None:
        return False
    return approved.needed(mailing, books_of(session, mailing.id).eligible, settings)


def ask(session: Session, mailing: Mailing, warnings: Sequence[str], settings: Settings) -> Approval | None:
    """Freeze the list of a mailing that needs approval and ask for it; the question. None where it needs none, or has it.

    Safe to repeat: whoever asks again after a crash finds the question that was asked. The mailing is paused, awaiting approval.
    """
    if (open_question := asked(session, mailing)) is not None:
        return open_question
    if not must_ask(session, mailing, settings):
        return None
    question = Approval(mailing_id=mailing.id, asked_at=now(), eligible=0, audience_hash="", warnings=list(warnings))
    question.content_hash = content_hash(session, mailing)
    session.add(question)
    session.flush()
    question.eligible, question.audience_hash = keep_marks(session, question, Marker(settings.secret.get_secret_value()))
    mailing.move("ask")
    mailing.frozen_at, mailing.held_reason = question.asked_at, REASON
    session.flush()
    return question


def approve(session: Session, mailing: Mailing, answer: Answer) -> Approval:
    """It may be sent as it was shown; the run goes on with it. Raises IllegalMove where nobody is asked, saying who answered already."""
    question = _answered(session, mailing, Decision.APPROVED, answer)
    mailing.move("approve")
    mailing.held_reason = None
    session.flush()
    return question


def decline(session: Session, mailing: Mailing, answer: Answer) -> Approval:
    """It is a draft again, its list no longer frozen. Raises IllegalMove where nobody is asked, saying who answered already."""
    question = _answered(session, mailing, Decision.DECLINED, answer)
    forget_marks(session, question)
    mailing.move("decline")
    mailing.held_reason, mailing.frozen_at, mailing.scheduled_at = None, None, None
    session.flush()
    return question


def question_of(session: Session, mailing: Mailing, settings: Settings) -> Question:
    """What every door lays before somebody; SAMPLES messages, from all over the list. Raises IllegalMove where nobody is asked."""
    question = asked(session, mailing)
    if question is None:
        raise _nobody_asks(session, mailing)
    books = books_of(session, mailing.id)
    shown = [_sample(session, mailing, recipient) for recipient in _spread(session, mailing)]
    return Question(question, books.eligible, books.excluded, [str(sentence) for sentence in question.warnings], shown)


def said(approval: Approval, name: str) -> str:
    """For people: what was said to a question about the mailing of that name, by whom and when; begins with the name, as it is written."""
    if approval.decision is None:
        return f"{name} awaits approval"
    when, comment = f"{approval.decided_at:%Y-%m-%d %H:%M} UTC", f": {approval.comment}" if approval.comment else ""
    if approval.decision is Decision.VOID:
        return f"{name} is approved no more{comment}"
    return f"{name} was {approval.decision} by {approval.decided_by} ({approval.door}) on {when}{comment}"


def _answered(session: Session, mailing: Mailing, decision: Decision, answer: Answer) -> Approval:
    session.refresh(mailing, with_for_update=True)  # of two who answer at once the second finds the first one's answer
    question = asked(session, mailing)
    if question is None or not mailing.awaits_approval:
        raise _nobody_asks(session, mailing)
    if answer.question not in (None, question.id):
        raise IllegalMove(f"{mailing.name} was changed and asks anew since you looked; look at it again before you answer.")
    question.decision, question.decided_at = decision, now()
    question.decided_by, question.door, question.comment = (
        answer.by.strip() or "somebody",
        answer.door,
        (answer.comment or "").strip() or None,
    )
    return question


def _nobody_asks(session: Session, mailing: Mailing) -> IllegalMove:
    last = approved.latest(session, mailing)
    if last is None or last.decision is None:
        return IllegalMove(f"{mailing.name} is {mailing.status} and asks for no approval now.")
    return IllegalMove(f"Nobody need answer any more: {said(last, mailing.name)}; it is {mailing.status} now.")


def _spread(session: Session, mailing: Mailing) -> list[Recipient]:
    """SAMPLES of those it would go to: the first, the last, and at even steps between them."""
    whose = (Recipient.mailing_id == mailing.id, Recipient.verdict == Verdict.ELIGIBLE)
    first, last = session.execute(select(func.min(Recipient.id), func.max(Recipient.id)).where(*whose)).one()
    if first is None:
        return []
    steps = [first + (last - first) * n // (SAMPLES - 1) for n in range(SAMPLES)]
    found = [session.scalar(select(Recipient).where(*whose, Recipient.id >= step).order_by(Recipient.id).limit(1)) for step in steps]
    return list({each.id: each for each in found if each is not None}.values())


def _sample(session: Session, mailing: Mailing, recipient: Recipient) -> Sample:
    name = _name(session, recipient)
    try:
        shown = preview_for(session, mailing, recipient)
    except MailingsError as error:  # it was fit to go when somebody was asked: say what is wrong now, and let them answer
        return Sample(name, "", str(error), "", recipient.id)
    return Sample(name, shown.subject, shown.text, shown.html, recipient.id)


def _name(session: Session, recipient: Recipient) -> str:
    person = session.get(Person, recipient.person_id) if recipient.person_id else None
    company = session.get(Company, recipient.company_id) if recipient.company_id else None
    return (person.name if person else company.name if company else recipient.name) or f"recipient {recipient.id}"
