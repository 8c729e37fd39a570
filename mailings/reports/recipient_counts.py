"""How many recipients each filter of the Recipients tab shows: by kept figures where they stand, else counted, and not at each look."""

from __future__ import annotations

import time
from collections import Counter
from threading import Lock

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.audience.filters import GROUP, Group, with_latest
from mailings.audience.labels import GROUPS
from mailings.model import Figure, Mailing, Recipient, Verdict
from mailings.model.figure import STALE
from mailings.reports.kept import SETTLED, figures_of

Counts = dict[Group, int]

LEAST = 1.0  # seconds a count is good for; what took long to count is good for longer
SHARE = 20  # a count is asked for again when this many times as long has passed as it took: a twentieth of a processor at most
MOST = 200  # mailings remembered


class Remembered:
    """Counts of mailings that are on their way, asked for by many who look at once; one for a database."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[float, Counts]] = {}
        self._lock = Lock()

    def counts_of(self, session: Session, mailing: Mailing) -> Counts:
        """filter -> how many recipients it shows, at most some moments old while the mailing is on its way."""
        if is_kept(session, mailing):
            return kept(session, mailing)
        until, counts = self._kept.get(mailing.id, (0.0, {}))
        if time.monotonic() < until:
            return counts
        began = time.monotonic()
        counts = counted(session, mailing)
        took = time.monotonic() - began
        with self._lock:
            if len(self._kept) >= MOST:
                self._kept.clear()
            self._kept[mailing.id] = (began + took + (took * SHARE if took > LEAST / SHARE else 0.0), counts)
        return counts


def is_kept(session: Session, mailing: Mailing) -> bool:
    """True where the figures as they are kept tell it."""
    return mailing.figures_at is not None and mailing.status in SETTLED and not _stale(session, mailing)


def kept(session: Session, mailing: Mailing) -> Counts:
    """From the kept figures: some thousand rows whatever the size of the list."""
    figures = figures_of(session, mailing)
    return {group: sum(figures["label", word] for word in GROUPS[group]) for group in Group}


def counted(session: Session, mailing: Mailing) -> Counts:
    """From the rows: a walk over the list and its latest messages."""
    counts: Counter[Group] = Counter()
    ours = Recipient.mailing_id == mailing.id
    for verdict, n in session.execute(select(Recipient.verdict, func.count()).where(ours).group_by(Recipient.verdict)):
        if verdict != Verdict.ELIGIBLE:
            counts[Group.NO_ADDRESS if verdict == Verdict.NO_ADDRESS else Group.BLOCKED] += n
    rows = with_latest(select(GROUP, func.count())).where(ours, Recipient.verdict == Verdict.ELIGIBLE).group_by(GROUP)
    counts.update({Group(group): n for group, n in session.execute(rows)})
    return {group: counts[group] for group in Group}


def _stale(session: Session, mailing: Mailing) -> bool:
    marks = select(func.sum(Figure.n)).where(Figure.mailing_id == mailing.id, Figure.what == STALE)
    return bool(session.scalar(marks))
