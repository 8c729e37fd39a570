"""How many recipients each filter shows."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.audience.filters import GROUP, Group, with_latest
from mailings.model import Mailing, Recipient, Verdict


def counts_of(session: Session, mailing: Mailing) -> dict[Group, int]:
    """filter -> how many recipients it shows."""
    counts = dict.fromkeys(Group, 0)
    ours = Recipient.mailing_id == mailing.id
    for verdict, n in session.execute(select(Recipient.verdict, func.count()).where(ours).group_by(Recipient.verdict)):
        if verdict != Verdict.ELIGIBLE:
            counts[Group.NO_ADDRESS if verdict == Verdict.NO_ADDRESS else Group.BLOCKED] += n
    rows = with_latest(select(GROUP, func.count())).where(ours, Recipient.verdict == Verdict.ELIGIBLE).group_by(GROUP)
    return counts | {Group(group): n for group, n in session.execute(rows)}
