"""A list that was laid before somebody for approval: people are only taken off it, nobody is added and no address changes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Subquery, Table, UpdateBase, and_, exists, false, not_, or_, select, update
from sqlalchemy.orm import Session

from mailings import seams
from mailings.audience.facts import facts_of
from mailings.audience.sources import on_the_list
from mailings.audience.verdicts import judged
from mailings.consent.rules import address_blocked, address_complained, address_left, being_erased
from mailings.model import Company, Mailing, Recipient, Verdict
from mailings.seams import Seam
from mailings.settings import settings

RECIPIENTS: Table = Recipient.metadata.tables["recipient"]


def take_off(session: Session, mailing: Mailing) -> None:
    """Give whoever may not be written to any more the verdict that says so; the row stays (domain.md C.5).

    Judged by the address that was approved, whatever the person's is now. One message per address and *prefer company* were decided
    when the list was frozen: deciding them anew could only bring in somebody who was not on it.
    """
    eligible = and_(RECIPIENTS.c.mailing_id == mailing.id, RECIPIENTS.c.verdict == Verdict.ELIGIBLE)
    deleted = exists().where(Company.id == RECIPIENTS.c.company_id, Company.deleted_at.is_not(None))
    gone = or_(being_erased(RECIPIENTS.c.person_id, RECIPIENTS.c.address), deleted)
    _step(session, update(RECIPIENTS).values(verdict=Verdict.ERASED, overridden=False).where(eligible, gone))
    now = judged(mailing, _as_frozen(mailing)).subquery("judged")
    off = update(RECIPIENTS).values(verdict=now.c.verdict, overridden=False)
    _step(session, off.where(RECIPIENTS.c.id == now.c.recipient_id, eligible, now.c.verdict != Verdict.ELIGIBLE))


def _as_frozen(mailing: Mailing) -> Subquery:
    """What the rules ask of the eligible, with the address on the list in place of today's."""
    facts, row = facts_of(mailing, on_the_list(mailing), settings()), RECIPIENTS.alias("frozen")
    left = and_(row.c.person_id.is_(None), address_left(row.c.address))
    found: Select[Any] = select(
        row.c.id.label("recipient_id"),
        *(facts.c[name] for name in ("source_id", "person_id", "company_id", "name")),
        row.c.address,
        facts.c.retired,
        facts.c.stopped,
        false().label("company_preferred"),
        address_blocked(row.c.address, settings().bounce_threshold).label("blocked"),
        address_complained(row.c.address).label("complained"),
        and_(facts.c.consent, not_(left)).label("consent"),
        facts.c.subscribed,
    )
    return found.join(facts, facts.c.recipient_id == row.c.id).where(row.c.verdict == Verdict.ELIGIBLE).subquery("still")


def _step(session: Session, statement: UpdateBase) -> None:
    seams.before(Seam.POPULATE)
    session.execute(statement, execution_options={"synchronize_session": False})
    seams.after(Seam.POPULATE)
