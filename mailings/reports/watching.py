"""A mailing watched while it is sent: quick numbers for many looks, how fast it goes, and when it may be done."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailings.clock import now
from mailings.model import DeliveryStatus, Mailing, MailingStatus
from mailings.sending.finding import mailing_named
from mailings.sending.soonest import waits

#: statuses in which numbers still move by themselves
MOVING = (MailingStatus.SCHEDULED, MailingStatus.POPULATING, MailingStatus.SENDING, MailingStatus.PAUSED)
OUT = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.BOUNCED)
#: everyone once, by the latest message; what was repeated is found by an index of the few that were
LOOK = (
    "SELECT status, count(*), count(CASE WHEN attempts > 0 THEN next_attempt_at END) FROM delivery"
    " WHERE mailing_id = :mailing AND NOT test AND NOT EXISTS (SELECT 1 FROM delivery further WHERE further.again_of = delivery.id)"
    " GROUP BY status"
)
WINDOW = timedelta(seconds=60)  # over which the rate is told


@dataclass(frozen=True, slots=True)
class Look:
    """The numbers of one moment: recipients once each, tests nowhere. `waiting` of the `left` are to be tried again later."""

    at: datetime
    status: str
    total: int
    sent: int
    left: int
    failed: int
    in_doubt: int
    cancelled: int
    waiting: int
    held: str | None = None  # why it is paused
    limited: str | None = None  # until when it waits, and for which limit

    @property
    def moving(self) -> bool:
        """True while looking again may show something else."""
        return self.status in MOVING

    @property
    def done(self) -> int:
        """Those nothing more happens to by itself."""
        return self.total - self.left


@dataclass(frozen=True, slots=True)
class Pace:
    """Messages a minute, None until two looks are there; and when the last may leave, None where that cannot be told."""

    per_minute: float | None = None
    ends: datetime | None = None


def look_at(session: Session, name: str, before: Look | None = None) -> Look:
    """The numbers of the mailing now. Which limit it waits for is asked where nothing left since the look `before`. Raises NotFound."""
    mailing = mailing_named(session, name)
    rows = {status: (count, later) for status, count, later in session.execute(text(LOOK), {"mailing": mailing.id})}
    n = {status: rows.get(status, (0, 0))[0] for status in DeliveryStatus}
    sent = sum(n[status] for status in OUT)
    left = n[DeliveryStatus.QUEUED] + n[DeliveryStatus.SENDING]
    return Look(
        at=now(),
        status=str(mailing.status),
        total=sum(n.values()),
        sent=sent,
        left=left,
        failed=n[DeliveryStatus.FAILED],
        in_doubt=n[DeliveryStatus.IN_DOUBT],
        cancelled=n[DeliveryStatus.CANCELLED],
        waiting=rows.get(DeliveryStatus.QUEUED, (0, 0))[1],
        held=mailing.held_reason,
        limited=waits(session, mailing) if _stands(mailing, left) and (before is None or before.sent == sent) else None,
    )


def _stands(mailing: Mailing, left: int) -> bool:
    return mailing.status is MailingStatus.SENDING and left > 0


class Watch:
    """Looks at one mailing, and from those of the last minute how fast it goes."""

    def __init__(self) -> None:
        self._looks: deque[Look] = deque()

    @property
    def last(self) -> Look | None:
        """The newest look."""
        return self._looks[-1] if self._looks else None

    def add(self, look: Look) -> Pace:
        """Take a look in, forget those that are too old, and tell the pace."""
        if self._looks and self._looks[-1].status != look.status:
            self._looks.clear()  # a pause is no slowness
        self._looks.append(look)
        while len(self._looks) > 2 and look.at - self._looks[1].at >= WINDOW:
            self._looks.popleft()
        return self._pace(look)

    def _pace(self, look: Look) -> Pace:
        first: Any = self._looks[0]
        seconds = (look.at - first.at).total_seconds()
        if look.status != MailingStatus.SENDING or seconds <= 0:
            return Pace()
        per_minute = max(0.0, (look.done - first.done) * 60 / seconds)
        return Pace(per_minute, look.at + timedelta(minutes=look.left / per_minute) if per_minute and look.left else None)
