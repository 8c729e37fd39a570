"""Populates a mailing's recipient list: sources to rows with verdicts, in a few statements whatever the size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, Table, UpdateBase, delete, exists, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from mailings import seams
from mailings.audience.facts import facts_of
from mailings.audience.frozen import take_off
from mailings.audience.scratch import named_people, scratch, wanted_recipients
from mailings.audience.sources import Candidates, expanded, on_the_list
from mailings.audience.verdicts import judged, mark_duplicates
from mailings.clock import now
from mailings.model import Delivery, Mailing, MailingStatus, MailingType, Recipient, Verdict
from mailings.planner import counted, grown
from mailings.seams import Seam
from mailings.settings import settings

STORED = ("source_id", "person_id", "company_id", "name", "address", "verdict", "overridden")
RECIPIENTS: Table = Recipient.metadata.tables["recipient"]
OPEN = frozenset({MailingStatus.DRAFT, MailingStatus.SCHEDULED, MailingStatus.POPULATING})


def populate(session: Session, mailing: Mailing, *, launch: bool) -> dict[Verdict, int]:
    """Bring the list up to date (domain.md C.5, D28). Returns how many recipients have each verdict.

    A draft's sources are expanded anew each time; at launch only with *update when sending*, or when that was never done. Verdicts are
    always decided anew, as a whole. From a list somebody was asked to approve people are only taken off (frozen.py). The list of a
    mailing that has started stays: it is only counted (reloading.py is what changes it), and so is who waits for a form response.
    Of two who make one list at once the later waits, and finds it made.
    """
    if mailing.status in OPEN:
        session.flush()
        session.refresh(mailing, with_for_update={"key_share": True})  # what refers to the mailing is written meanwhile
    if mailing.status not in OPEN or mailing.type is MailingType.FORM_RESPONSE:
        return counts(session, mailing)
    if mailing.frozen_at is not None:
        take_off(session, mailing)
        return counts(session, mailing)
    anew = mailing.populated_at is None or (mailing.update_when_sending if launch else mailing.status is MailingStatus.DRAFT)
    if anew:
        begun = now()  # before the first look: on PostgreSQL people say no while a long list is made
        _expand_and_decide(session, mailing)
        mailing.populated_at = begun
    else:
        _decide(session, mailing, on_the_list(mailing))
    session.flush()
    return counts(session, mailing)


def counts(session: Session, mailing: Mailing) -> dict[Verdict, int]:
    """How many recipients have each verdict, as the list stands."""
    rows = select(Recipient.verdict, func.count()).where(Recipient.mailing_id == mailing.id).group_by(Recipient.verdict)
    return {verdict: int(n) for verdict, n in session.execute(rows)}


@contextmanager
def expansion(session: Session, mailing: Mailing) -> Iterator[Candidates]:
    """The candidates as the sources name them now, evaluated once for the block."""
    candidates = expanded(session, mailing)
    with scratch(session, named_people()) as named:
        step(session, insert(named).from_select(["source_id", "person_id"], candidates.people, include_defaults=False))
        counted(session, named)
        yield replace(candidates, people=select(named.c.source_id, named.c.person_id))


@contextmanager
def decided(session: Session, mailing: Mailing, candidates: Candidates) -> Iterator[Table]:
    """The candidates with their verdicts, beside the list, for the block; duplicates are still to be marked."""
    with scratch(session, wanted_recipients()) as wanted:
        rows = judged(mailing, facts_of(mailing, candidates, settings())).subquery("judged")
        found = select(literal(mailing.id), rows.c.recipient_id, *(rows.c[name] for name in STORED))
        step(session, insert(wanted).from_select(["mailing_id", "recipient_id", *STORED], found, include_defaults=False))
        counted(session, wanted)
        yield wanted


def step(session: Session, statement: UpdateBase) -> int:
    """One statement that makes or changes a list; how many rows it made or changed."""
    seams.before(Seam.POPULATE)
    done = session.execute(statement, execution_options={"synchronize_session": False, "preserve_rowcount": True})
    seams.after(Seam.POPULATE)
    return int(done.rowcount)  # type: ignore[attr-defined]  # a cursor result


def write_differences(session: Session, mailing: Mailing, wanted: Table) -> None:
    """Make the list what `wanted` says, writing only what differs. Whoever has a delivery that is no test keeps the row."""
    still = exists().where(wanted.c.recipient_id == RECIPIENTS.c.id)
    begun = exists().where(Delivery.recipient_id == RECIPIENTS.c.id, Delivery.test.is_(False))
    gone = delete(RECIPIENTS).where(RECIPIENTS.c.mailing_id == mailing.id, RECIPIENTS.c.erased_at.is_(None), ~still, ~begun)
    step(session, gone)
    change(session, wanted)
    new = select(wanted.c.mailing_id, *(wanted.c[name] for name in STORED)).where(wanted.c.recipient_id.is_(None))
    _add(session, new.order_by(wanted.c.id))


def _add(session: Session, found: Select[Any]) -> None:
    added = step(session, insert(Recipient).from_select(["mailing_id", *STORED], found, include_defaults=False))
    grown(session, RECIPIENTS, added)


def change(session: Session, wanted: Table) -> None:
    """Write to the rows that are there already what `wanted` says differently of them."""
    told = [name for name in STORED if name not in {"person_id", "company_id"}]
    differs = or_(*(RECIPIENTS.c[name].is_distinct_from(wanted.c[name]) for name in told))
    changed = update(RECIPIENTS).values({name: wanted.c[name] for name in told})
    step(session, changed.where(RECIPIENTS.c.id == wanted.c.recipient_id, differs))


def _expand_and_decide(session: Session, mailing: Mailing) -> None:
    with expansion(session, mailing) as candidates:
        _decide(session, mailing, candidates)


def _decide(session: Session, mailing: Mailing, candidates: Candidates) -> None:
    if session.scalar(select(Recipient.id).where(Recipient.mailing_id == mailing.id).limit(1)) is None:
        _insert(session, mailing, candidates)
    else:
        _bring_up_to_date(session, mailing, candidates)


def _insert(session: Session, mailing: Mailing, candidates: Candidates) -> None:
    """A new list: every row written once, with its verdict; PostgreSQL would keep both versions of a row written twice."""
    rows = judged(mailing, facts_of(mailing, candidates, settings())).subquery("judged")
    # in the order of people: their rows are read beside the list's when messages are made
    found = select(literal(mailing.id), *(rows.c[name] for name in STORED)).order_by(rows.c.person_id)
    _add(session, found)
    if mailing.one_per_address:
        mark_duplicates(session, mailing, RECIPIENTS)


def _bring_up_to_date(session: Session, mailing: Mailing, candidates: Candidates) -> None:
    """An existing list: decided anew beside it, then only what differs is written."""
    with decided(session, mailing, candidates) as wanted:
        if mailing.one_per_address:
            mark_duplicates(session, mailing, wanted)
        write_differences(session, mailing, wanted)
