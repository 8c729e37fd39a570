"""Settles what is in doubt: by what others say, by the policy the mailing declares, or by a person; each with a line of history."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailings import seams
from mailings.clock import milliseconds
from mailings.model import DeliveryStatus, Mailing, MailingStatus
from mailings.model.figure import stale
from mailings.readable import counted
from mailings.seams import Seam
from mailings.sending.doubt.deciding import DOUBT, LATEST, NOT_AGAIN, POLICY, SINCE, Decision, decide, send_again
from mailings.settings import Settings

#: what weighs more comes first: what arrived cannot have come back, and what came back had been taken
RANK = "CASE evidence.verdict WHEN 'delivered' THEN 1 WHEN 'bounced' THEN 2 WHEN 'failed' THEN 3 ELSE 4 END"
#: the word that decides, for each delivery that is in doubt, or that was taken and, as is now said, arrived or came back
BEST = f"""WITH best AS (
    SELECT delivery_id, verdict, source, said FROM (
        SELECT evidence.delivery_id, evidence.verdict, evidence.source, evidence.said,
            row_number() OVER (PARTITION BY evidence.delivery_id ORDER BY {RANK}, evidence.id) AS turn
        FROM evidence JOIN delivery ON delivery.id = evidence.delivery_id
        WHERE delivery.mailing_id = :mailing AND NOT delivery.test AND (delivery.status = 'in_doubt'
            OR (delivery.status = 'sent' AND evidence.verdict IN ('delivered', 'bounced')))
    ) AS ranked WHERE turn = 1)"""  # noqa: S608  constants of this file
COUNT = f"{BEST} SELECT source, verdict, count(*) FROM best GROUP BY source, verdict"  # noqa: S608
TELL = f"{BEST} INSERT INTO delivery_note (delivery_id, at, what, why, by) SELECT delivery_id, :now, verdict, said, source FROM best"  # noqa: S608
MARK = f"""{BEST} UPDATE delivery SET status = best.verdict, next_attempt_at = NULL, code = NULL,
    sent_at = CASE WHEN best.verdict = 'failed' THEN sent_at ELSE COALESCE(sent_at, claimed_at) END,
    reason = CASE WHEN best.verdict IN ('bounced', 'failed') THEN best.said END,
    provider_id = COALESCE(provider_id, (SELECT max(name) FROM evidence WHERE evidence.delivery_id = delivery.id))
    FROM best WHERE delivery.id = best.delivery_id"""  # noqa: S608
#: how many stay as the books count them, and when the first of those came into doubt that the policy will decide
LEFT = f"SELECT count(CASE WHEN {LATEST} THEN 1 END) AS n, min(CASE WHEN {{policys}} THEN {SINCE} END) FROM delivery WHERE {DOUBT}"  # noqa: S608
POLICIES = {"drop": DeliveryStatus.FAILED, "resend": DeliveryStatus.QUEUED}


@dataclass(slots=True)
class Settled:
    """What became of a mailing's doubt: (by whom, to which status) -> deliveries; `left` in doubt, of the first policy decides `until`."""

    mailing: str
    status: MailingStatus
    settled: Counter[tuple[str, str]] = field(default_factory=Counter)
    left: int = 0
    until: datetime | None = None
    queued: int = 0  # to be sent again, those who may not get it any more taken out

    @property
    def worth_telling(self) -> bool:
        """True when something was settled, or is left."""
        return bool(self.settled or self.left)

    @property
    def sentence(self) -> str:
        """What was settled by whom, what is left until when, and what to do next."""
        told = [f"{n:,} {status} ({by})" for (by, status), n in self.settled.items()]
        said = [f"{self.mailing}: {', '.join(told) or 'nothing was settled'}."]
        if self.queued:
            first = f"mailings resume {self.mailing}, then " if self.status is MailingStatus.PAUSED else ""
            said.append(f"{self.queued:,} to be sent again: {first}mailings send {self.mailing}")
        if self.left:
            policy = f" its policy decides from {self.until.astimezone():%Y-%m-%d %H:%M} on," if self.until else ""
            stay = counted(self.left, "stays", "stay")
            said.append(f"{stay} in doubt;{policy} a person at any time: mailings settle {self.mailing} --as sent|queued|failed")
        return " ".join(said)


def settle(session: Session, mailing: Mailing, settings: Settings, *, policy: bool = True) -> Settled:
    """Settle by the evidence there is, then, where `policy`, by what the mailing declares for what has waited long enough.

    The caller holds the mailing locked. A run that is sending it picks up what is queued again.
    """
    found = Settled(mailing.name, mailing.status)
    _by_evidence(session, mailing, found)
    declared, wait = _declared(mailing)
    if policy and declared is not None:
        why = f"in_doubt: nothing was heard of it in {_hours(wait)}, and the mailing's policy is {mailing.in_doubt['policy']}"
        _by_decision(session, mailing, found, Decision(declared, why, POLICY, milliseconds() - wait), settings)
    return _left(session, mailing, found)


def settle_as(session: Session, mailing: Mailing, settings: Settings, status: DeliveryStatus, person: str) -> Settled:
    """A person says what became of all that is in doubt on the mailing: sent, failed, or queued to be sent once more.

    Evidence goes before: what a server's log tells is no question any more.
    """
    found = Settled(mailing.name, mailing.status)
    _by_evidence(session, mailing, found)
    _by_decision(session, mailing, found, Decision(status, f"{person} decided", person), settings)
    return _left(session, mailing, found)


def _declared(mailing: Mailing) -> tuple[DeliveryStatus | None, int]:
    """What the mailing's policy makes of doubt, None where a person is to decide, and after how many milliseconds."""
    return POLICIES.get(str(mailing.in_doubt.get("policy"))), int(mailing.in_doubt.get("after_s", 0)) * 1000


def _by_evidence(session: Session, mailing: Mailing, found: Settled) -> None:
    marks = {"mailing": mailing.id, "now": milliseconds()}
    seams.before(Seam.SETTLE)
    for source, verdict, n in session.execute(text(COUNT), marks):
        found.settled[source, verdict] += n
    if found.settled:
        session.execute(text(TELL), marks)
        session.execute(text(MARK), marks)
        stale(session, [mailing.id])
    seams.after(Seam.SETTLE)


def _by_decision(session: Session, mailing: Mailing, found: Settled, decision: Decision, settings: Settings) -> None:
    seams.before(Seam.SETTLE)
    if decision.status is DeliveryStatus.QUEUED:
        moved, found.queued = send_again(session, mailing, settings, decision)
    else:
        moved, _ = decide(session, mailing, decision)
    if moved:
        stale(session, [mailing.id])
    seams.after(Seam.SETTLE)
    if moved:
        found.settled[decision.by, str(decision.status)] += moved


def _left(session: Session, mailing: Mailing, found: Settled) -> Settled:
    declared, wait = _declared(mailing)
    policys = f"{LATEST} AND {NOT_AGAIN}" if declared is DeliveryStatus.QUEUED else LATEST if declared else "1 = 0"
    found.left, first = session.execute(text(LEFT.format(policys=policys)), {"mailing": mailing.id}).one()
    found.until = None if first is None else datetime.fromtimestamp((first + wait) / 1000, UTC)
    found.status = mailing.status
    return found


def _hours(milliseconds: int) -> str:
    return counted(milliseconds / 3_600_000, "hour")
