"""The rules that keep a candidate back, in the one order they are asked (domain.md C.5), for lists and for explanations alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Subquery,
    Table,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.orm import Session

from mailings.channels import CHANNELS, channel_of
from mailings.model import Mailing, Source, Verdict

Answer = Callable[[Subquery], ColumnElement[bool]]


@dataclass(frozen=True)
class Rule:
    """A verdict, when it holds (over one row of facts), and what people are told when it does and when it does not.

    `holds` is None for what one row cannot tell: duplicates are marked when the others are decided.
    """

    verdict: Verdict
    holds: Answer | None
    sentence: str
    otherwise: str
    overridable: bool = False  # given up by *override consent and subscription* (C.6); no other rule ever is (D19)


#: the order of domain.md C.5; the first that holds decides. `duplicate` comes last: it needs to know who else is eligible (D9)
RULES: tuple[Rule, ...] = (
    Rule(Verdict.RETIRED, lambda f: f.c.retired, "a former employee", "not a former employee"),
    Rule(
        Verdict.STOPPED,
        lambda f: f.c.stopped,
        "No mailings or Stop is set for the person or the company",
        "neither No mailings nor Stop is set",
    ),
    Rule(
        Verdict.COMPANY_PREFERRED,
        lambda f: f.c.company_preferred,
        "the company gets it instead",
        "no company gets it instead",
    ),
    Rule(Verdict.NO_ADDRESS, lambda f: f.c.address.is_(None), "there is no valid address", "there is a valid address"),
    Rule(Verdict.BLOCKED_ADDRESS, lambda f: f.c.blocked, "the address is blocked", "the address is not blocked"),
    Rule(Verdict.COMPLAINED, lambda f: f.c.complained, "somebody at the address reported us as spam", "nobody there reported us as spam"),
    Rule(
        Verdict.NO_CONSENT,
        lambda f: not_(f.c.consent),
        "there is no consent to mailings",
        "there is consent to mailings",
        overridable=True,
    ),
    Rule(
        Verdict.NOT_SUBSCRIBED,
        lambda f: not_(f.c.subscribed),
        "has opted out of this topic",
        "has not opted out of this topic",
        overridable=True,
    ),
    Rule(Verdict.DUPLICATE, None, "somebody before them in the sources has the same address", "nobody before them has the same address"),
)


#: what people are reached at, by channel; the rules say `address`
NOUNS = {"email": "e-mail address", "sms": "mobile number", "document": "postal address"}


def in_words(sentence: str, mailing: Mailing) -> str:
    """A rule's sentence, for a mailing that reaches people otherwise than by e-mail."""
    channel = CHANNELS[mailing.type]
    return sentence if channel == "email" else sentence.replace("address", NOUNS[channel])


def answers(facts: Subquery) -> list[tuple[Verdict, ColumnElement[bool], bool]]:
    """(verdict, whether its rule holds, whether it can be overridden) for every rule one row of facts can answer, in order."""
    return [(rule.verdict, rule.holds(facts), rule.overridable) for rule in RULES if rule.holds is not None]


def judged(mailing: Mailing, facts: Subquery) -> Select[Any]:
    """The rows of a list with their verdicts: recipient_id, source_id, person_id, company_id, name, address, verdict, overridden."""
    asked = [(verdict, holds) for verdict, holds, overridable in answers(facts) if not (overridable and mailing.override_consent)]
    verdict = case(*((holds, literal(verdict.value)) for verdict, holds in asked), else_=literal(Verdict.ELIGIBLE.value))
    whose = [facts.c[name] for name in ("recipient_id", "source_id", "person_id", "company_id", "name", "address")]
    return select(*whose, verdict.label("verdict"), _overridden(mailing, facts).label("overridden"))


def _overridden(mailing: Mailing, facts: Subquery) -> ColumnElement[bool]:
    """True where only the override lets it pass: the reason stays visible (C.6)."""
    if not mailing.override_consent:
        return false()
    kept_back = [holds for _, holds, overridable in answers(facts) if not overridable]
    waived = [holds for _, holds, overridable in answers(facts) if overridable]
    return and_(not_(or_(*kept_back)), or_(*waived))


def mark_duplicates(session: Session, mailing: Mailing, rows: Table) -> None:
    """Of the eligible rows with one address the first in source order stays, the others become duplicates (D9).

    Only addresses that more than one of people, companies and imported rows have are looked at: sorting a million rows costs 4 s.
    """
    order = (Source.position, rows.c.person_id.is_(None), rows.c.person_id, rows.c.company_id.is_(None), rows.c.company_id)
    turn = func.row_number().over(partition_by=rows.c.address, order_by=order).label("turn")
    eligible = (rows.c.mailing_id == mailing.id, rows.c.verdict == Verdict.ELIGIBLE)
    ranked = select(rows.c.id, turn).join(Source, Source.id == rows.c.source_id)
    later = ranked.where(*eligible, rows.c.address.in_(_shared(mailing, rows))).subquery("ranked")
    change = update(rows).values(verdict=Verdict.DUPLICATE, overridden=False)
    session.execute(change.where(rows.c.id.in_(select(later.c.id).where(later.c.turn > 1))))


def _shared(mailing: Mailing, rows: Table) -> CompoundSelect[Any]:
    """Addresses that could come up twice: two people's, and whatever a company or an imported row brings."""
    others = rows.alias("other")
    of_people = channel_of(mailing).address_of().repeated
    if of_people is None:
        of_people = select(others.c.address).where(others.c.mailing_id == mailing.id).group_by(others.c.address).having(func.count() > 1)
    nobody = (others.c.mailing_id == mailing.id, others.c.person_id.is_(None), others.c.address.is_not(None))
    of_others = select(others.c.address).where(*nobody)
    return union_all(of_people, of_others)
