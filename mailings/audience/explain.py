"""Why somebody does or does not get a mailing: the sources that name them, and each rule's answer in plain words."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import false, literal, select
from sqlalchemy.orm import Session

from mailings.audience.facts import facts_of
from mailings.audience.naming import NamedBy, sources_naming
from mailings.audience.particulars import Subject, particulars_of
from mailings.audience.populate import OPEN
from mailings.audience.sources import Candidates
from mailings.audience.verdicts import RULES, Rule, answers, in_words
from mailings.audience.whom import subjects
from mailings.model import Delivery, Mailing, Person, Verdict
from mailings.model.base import BIG
from mailings.settings import settings


@dataclass(frozen=True)
class Answer:
    """One rule asked about one recipient. `holds` = it keeps them back, unless `waived` by the mailing's override."""

    rule: str
    holds: bool
    waived: bool
    why: str


@dataclass(frozen=True)
class Explanation:
    """Everything about one recipient, or about somebody who is none (`verdict` None). `summary` is the answer in one sentence."""

    mailing: str
    name: str | None
    email: str | None
    recipient: bool
    frozen: bool  # the mailing has started: the verdict stays as it was given, while `rules` are asked as things stand now
    verdict: str | None
    overridden: bool
    summary: str
    sources: list[NamedBy] = field(default_factory=list)
    rules: list[Answer] = field(default_factory=list)
    delivery: dict[str, Any] | None = None

    def document(self) -> dict[str, Any]:
        """As `explain --json` prints it."""
        return asdict(self)


def explain(session: Session, mailing: Mailing, text: str) -> list[Explanation]:
    """One explanation for everybody the address or name could mean, recipients first. Of a list as it stands: populate a draft before.

    Raises NotFound when it is nobody.
    """
    return [explained(session, subject) for subject in subjects(session, mailing, text)]


def explained(session: Session, subject: Subject) -> Explanation:
    """The explanation of one subject."""
    recipient, named = subject.recipient, sources_naming(session, subject)
    # an imported row that was left out is nobody the rules could be asked about
    asked = _answers(session, subject) if recipient or subject.person or subject.company else []
    return Explanation(
        mailing=subject.mailing.name,
        name=_name(subject),
        email=recipient.address if recipient and recipient.address else subject.address,
        recipient=recipient is not None,
        frozen=subject.mailing.status not in OPEN,
        verdict=recipient.verdict.value if recipient else None,
        overridden=bool(recipient and recipient.overridden),
        summary=_summary(session, subject, named),
        sources=named,
        rules=asked,
        delivery=_delivery(session, subject),
    )


def _answers(session: Session, subject: Subject) -> list[Answer]:
    """Each rule as things stand now, over the same facts and conditions the list is made of."""
    facts = facts_of(subject.mailing, _alone(subject), settings())
    row = session.execute(select(*(holds.label(verdict.value) for verdict, holds, _ in answers(facts)))).first()
    now_holds = dict(row._mapping) if row else {}
    now_holds[Verdict.DUPLICATE.value] = bool(subject.recipient and subject.recipient.verdict is Verdict.DUPLICATE)
    return [_answer(session, subject, rule, holds=bool(now_holds.get(rule.verdict.value))) for rule in RULES]


def _answer(session: Session, subject: Subject, rule: Rule, *, holds: bool) -> Answer:
    particulars = particulars_of(session, rule.verdict, subject) if holds or rule.verdict in _TELLING else ""
    said = in_words(rule.sentence if holds else rule.otherwise, subject.mailing)
    waived = holds and rule.overridable and subject.mailing.override_consent
    return Answer(rule.verdict.value, holds, waived, f"{said} ({particulars})" if particulars else said)


#: rules whose particulars are worth telling also where they keep nobody back
_TELLING = frozenset({Verdict.NO_ADDRESS, Verdict.NO_CONSENT, Verdict.NOT_SUBSCRIBED})


def _alone(subject: Subject) -> Candidates:
    """The one candidate this is about, as if a source had just named it."""
    source = literal(subject.recipient.source_id if subject.recipient else None, BIG).label("source_id")
    nobody = select(source, Person.id.label("person_id")).where(false())
    if subject.person is not None:
        return Candidates(select(source, literal(subject.person.id, BIG).label("person_id")), None, None)
    if subject.company is not None:
        return Candidates(nobody, select(source, literal(subject.company.id, BIG).label("company_id")), None)
    name = literal(subject.recipient.name if subject.recipient else None).label("name")
    return Candidates(nobody, None, select(source, name, literal(subject.address).label("address")))


def _summary(session: Session, subject: Subject, named: list[NamedBy]) -> str:
    who, mailing, recipient = _name(subject) or subject.address or "This recipient", subject.mailing, subject.recipient
    if recipient is None:
        return f"{who} is no recipient of {mailing.name}: {_why_no_recipient(subject, named)}."
    if recipient.verdict is Verdict.ELIGIBLE:
        anyway = " although consent or subscription is missing (overridden)" if recipient.overridden else ""
        return f"{who} gets {mailing.name}{anyway}." if mailing.status in OPEN else f"{who} is on the list of {mailing.name}{anyway}."
    rule = next((rule for rule in RULES if rule.verdict is recipient.verdict), None)
    why = in_words(rule.sentence, mailing) if rule else f"the verdict is {recipient.verdict}"
    particulars = particulars_of(session, recipient.verdict, subject)
    return f"{who} does not get {mailing.name}: {why}" + (f" ({particulars})." if particulars else ".")


def _why_no_recipient(subject: Subject, named: list[NamedBy]) -> str:
    noted = [source.note for source in named if source.note]
    if noted:
        return "; ".join(noted)
    if not any(source.names for source in named):
        return "not in any source: " + ", ".join(f"{source.kind} {source.source}" for source in named) if named else "it has no sources"
    if subject.mailing.status not in OPEN:
        return "a source names them now, but did not when the list was frozen"
    return "a source names them, but the list was made before; it is brought up to date when it is sent"


def _name(subject: Subject) -> str | None:
    if subject.person is not None:
        return subject.person.name or None
    if subject.company is not None:
        return subject.company.name
    return subject.recipient.name if subject.recipient else None


def _delivery(session: Session, subject: Subject) -> dict[str, Any] | None:
    """The latest message, what became of it, and of the one it repeats; tests do not count (D11)."""
    if subject.recipient is None:
        return None
    rows = select(Delivery).where(Delivery.recipient_id == subject.recipient.id, Delivery.test.is_(False))
    latest = session.scalar(rows.order_by(Delivery.id.desc()).limit(1))
    if latest is None:
        return None
    told: dict[str, str | int | datetime | None] = {"status": latest.status.value, "sent_at": latest.sent_at, "attempts": latest.attempts}
    before = session.get(Delivery, latest.again_of or 0)
    again = " ".join(filter(None, (before.status, before.code, before.reason))) if before else None
    return told | {"code": latest.code, "reason": latest.reason, "next_attempt": latest.next_attempt_at, "again_after": again}
