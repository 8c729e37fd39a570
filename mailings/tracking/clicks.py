"""Clicks on links, kept as figures: what newly read clicks add to clicks, clickers and machines' clicks (domain.md E.4, E.6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import orjson
from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from mailings.db import among
from mailings.model import Figure, Mailing, Recipient, RegisteredLink, TrackedLink
from mailings.model.figure import STALE_CLICKS, stale
from mailings.reported import EventKind
from mailings.tracking.counts import LINK_FIGURES
from mailings.tracking.long_ago import silent_of
from mailings.tracking.reading import TRAP, Reading, Seen
from mailings.tracking.tally import Additions, add

#: who has clicked which link of the mailing since it was reset, on any message; the recipients' visits are walked
CLICKED = """SELECT DISTINCT delivery.recipient_id, COALESCE(CAST(event.link AS TEXT), '') AS link
    FROM delivery JOIN event ON event.delivery_id = delivery.id AND event.kind = 'clicked' AND event.source = 'visit'
    JOIN event_reading ON event_reading.event_id = event.id AND event_reading.machine IS NULL
    LEFT JOIN tracked_link ON tracked_link.mailing_id = delivery.mailing_id AND tracked_link.number = event.link
    LEFT JOIN registered_link ON registered_link.id = tracked_link.registered_id
    WHERE delivery.recipient_id {listed} AND NOT delivery.test
    AND event.at > COALESCE(tracked_link.reset_at, 0) AND event.at > COALESCE(registered_link.reset_at, 0)"""


class Read(NamedTuple):
    """A click read anew: on whose message, and how. `walked` = its recipient's visits are asked who has clicked before, as `first` alone
    does not tell: there is another message, or the readings of this one were not all made together."""

    mailing: int
    recipient: int
    seen: Seen
    now: Reading
    walked: bool

    @property
    def link(self) -> str:
        """Its link's number; addresses that one message alone has are counted together."""
        return "" if self.seen.link is None else str(self.seen.link)


@contextmanager
def watched(session: Session, read: Sequence[Read]) -> Iterator[None]:
    """These clicks are written with their readings within the block; what they add to the figures is added."""
    clicks = [one for one in read if one.seen.kind is EventKind.CLICKED and one.seen.link != TRAP]
    resets = _resets(session, {one.mailing for one in clicks})
    counted = [one for one in clicks if one.seen.at > resets.get((one.mailing, one.seen.link), -1)]
    # who is walked is, for every link
    walked = {
        one.recipient: one.mailing for one in counted if one.walked or one.seen.link is None or (one.mailing, one.seen.link) in resets
    }
    silent = silent_of(session, walked, resets)
    before = _clicked(session, walked, silent)
    yield
    added = _clicked(session, walked, silent)
    added.subtract(before)
    for one in counted:
        _add(added, one, first=one.recipient not in walked)
    add(session, added)


def _add(added: Additions, one: Read, *, first: bool) -> None:
    """Add the click as it is read now, less as it was read before; `first` = its message alone tells who clicked."""
    link, was = one.link, one.seen.was
    added[one.mailing, "clicks" if one.now.machine is None else "machine clicks", link] += 1
    if was is not None:
        added[one.mailing, "clicks" if was.machine is None else "machine clicks", link] -= 1
    if first and one.now.first:
        added[one.mailing, "clickers", link] += 1
    if first and was is not None and was.first:
        added[one.mailing, "clickers", link] -= 1


def _resets(session: Session, mailings: Collection[int]) -> dict[tuple[int, int | None], int]:
    """When links of these mailings were reset, by (mailing, number); ms."""
    if not mailings:
        return {}
    rows = select(TrackedLink.mailing_id, TrackedLink.number, TrackedLink.reset_at, RegisteredLink.reset_at)
    rows = rows.outerjoin(RegisteredLink, RegisteredLink.id == TrackedLink.registered_id).where(
        among(session, TrackedLink.mailing_id, mailings)
    )
    found = session.execute(rows.where(or_(TrackedLink.reset_at.is_not(None), RegisteredLink.reset_at.is_not(None))))
    return {
        (mailing_id, number): max(round(at.timestamp() * 1000) for at in resets if at is not None) for mailing_id, number, *resets in found
    }


def _clicked(session: Session, recipients: Mapping[int, int], silent: Callable[[int, str], bool]) -> Additions:
    """The clickers among these recipients. They are locked in their order: two messages of one may be clicked side by side."""
    found: Additions = Counter()
    if not recipients:
        return found
    sqlite = session.get_bind().dialect.name == "sqlite"
    held = select(Recipient.id).where(among(session, Recipient.id, recipients)).order_by(Recipient.id)
    session.execute(held.with_for_update(key_share=True)).all()
    listed = "IN (SELECT value FROM json_each(:ids))" if sqlite else "= ANY(:ids)"
    ids = orjson.dumps(list(recipients)).decode() if sqlite else list(recipients)
    for recipient, link in session.execute(text(CLICKED.replace("{listed}", listed)), {"ids": ids}):
        if not silent(recipient, link):
            found[recipients[recipient], "clickers", link] += 1
    return found


def forget(session: Session, links: Collection[tuple[int, int]]) -> None:
    """These links (mailing, number) count from nothing: their clicks are counted anew, or taken away where older events are deleted."""
    mailings = {mailing_id for mailing_id, _ in links}
    known = select(Mailing.id).where(among(session, Mailing.id, mailings), Mailing.events_deleted_at.is_(None))
    walked = set(session.scalars(known))
    stale(session, walked, STALE_CLICKS)
    gone: Additions = Counter()
    for mailing_id, number in sorted(link for link in links if link[0] not in walked):
        sums = select(Figure.what, func.sum(Figure.n)).where(Figure.mailing_id == mailing_id, Figure.key == str(number))
        for what, n in session.execute(sums.where(Figure.what.in_(LINK_FIGURES)).group_by(Figure.what)):
            gone[mailing_id, what, str(number)] -= int(n)
    add(session, gone)


def kept_clicks(session: Session, mailing: Mailing) -> dict[int, tuple[int, int, int]] | None:
    """Clicks of people, people, clicks of machines, by the number of the link; None where the figures are to be counted anew."""
    marked = select(Figure.id).where(Figure.mailing_id == mailing.id, Figure.what == STALE_CLICKS)
    if mailing.figures_at is None or (mailing.events_deleted_at is None and session.scalar(marked.limit(1)) is not None):
        return None
    sums = select(Figure.what, Figure.key, func.sum(Figure.n)).where(Figure.mailing_id == mailing.id, Figure.what.in_(LINK_FIGURES))
    found: Counter[tuple[str, int]] = Counter()
    for what, key, n in session.execute(sums.where(Figure.key != "").group_by(Figure.what, Figure.key)):
        found[what, int(key)] = int(n)
    clicks, machines, clickers = LINK_FIGURES
    return {number: (found[clicks, number], found[clickers, number], found[machines, number]) for _, number in found}


def kept_clicks_on(session: Session, link: TrackedLink) -> tuple[int, int, int] | None:
    """The same for one link."""
    kept = kept_clicks(session, session.get_one(Mailing, link.mailing_id))
    return None if kept is None else kept.get(link.number, (0, 0, 0))
