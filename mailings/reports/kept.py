"""Figures as they are kept: added up where they hold, counted from the rows where they do not; a look never writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

import orjson
from sqlalchemy import case, func, select, text
from sqlalchemy.orm import Session

from mailings.db import among
from mailings.model import Figure, Mailing, MailingStatus
from mailings.model.counting import COUNTED, KEPT
from mailings.model.figure import STALE, STALE_CLICKS
from mailings.reports.anew import Figures, click_parts, counted, walk_parts
from mailings.reports.document import numbers_of
from mailings.reports.seen import known
from mailings.tracking.counts import FACTS, LINK_FIGURES, Facts, counts_of

SETTLED = (MailingStatus.SENT, MailingStatus.CANCELLED)  # in the others statuses move in the hot path, which adds nothing
NUMBERS = ("status", "bounce", "opened", "clicked", "clicks", "machine_opened", "machine_clicked", "unsubscribed", "complained")
SUMS = "SELECT what, key, sum(n) FROM figure WHERE mailing_id = :mailing GROUP BY what, key"


def figures_of(session: Session, mailing: Mailing) -> Figures:
    """The mailing's figures of this moment."""
    kept: Figures = Counter()
    for what, key, n in session.execute(text(SUMS), {"mailing": mailing.id}):
        kept[what, key] = int(n)
    there = mailing.figures_at is not None
    deliveries = there and mailing.status in SETTLED and not kept[STALE, ""]
    clicks = there and (not kept[STALE_CLICKS, ""] or mailing.events_deleted_at is not None)
    found: Figures = Counter({key: n for key, n in kept.items() if _stands(key[0], deliveries=deliveries, clicks=clicks)})
    missing = ([] if deliveries else walk_parts(session.get_bind().dialect.name)) + ([] if clicks else click_parts())
    found.update(counted(session, mailing.id, missing))
    return found


def _stands(what: str, *, deliveries: bool, clicks: bool) -> bool:
    if what in (STALE, STALE_CLICKS) or what.startswith(KEPT):
        return False
    return clicks if what in LINK_FIGURES else deliveries


def figures_of_all(session: Session, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """The numbers and rates of these mailings, as a report has them; `clicks` as far as they are kept, None for rates a type has none of.

    Kept figures of all are one statement; mailings under way, and those never counted, are walked together in one more.
    """
    kept = _sums(session, ids)
    rows = select(Mailing.id, Mailing.type, Mailing.status, Mailing.figures_at, Mailing.started_at).where(among(session, Mailing.id, ids))
    found, types, moving = {}, {}, []
    for mailing_id, kind, status, figures_at, started_at in session.execute(rows):
        types[mailing_id] = kind.value
        found[mailing_id] = kept.get(mailing_id, Counter())
        if started_at is not None and (status not in SETTLED or figures_at is None or found[mailing_id][STALE, ""]):
            found[mailing_id] = Counter({key: n for key, n in found[mailing_id].items() if key[0] == "clicks"})
            moving.append(mailing_id)
    if moving:
        for mailing_id, facts, n in _moving(session, moving):
            found[mailing_id].update(dict.fromkeys(counts_of(facts), n))
    return {mailing_id: known(types[mailing_id], numbers_of(figures)) for mailing_id, figures in found.items()}


def _sums(session: Session, ids: Collection[int]) -> dict[int, Figures]:
    key = case((Figure.what.in_(("status", "bounce")), Figure.key), else_="").label("of")
    rows = select(Figure.mailing_id, Figure.what, key, func.sum(Figure.n))
    rows = rows.where(among(session, Figure.mailing_id, ids), Figure.what.in_((*NUMBERS, STALE)))
    rows = rows.group_by(Figure.mailing_id, Figure.what, key)
    found: dict[int, Figures] = {}
    for mailing_id, what, of, n in session.execute(rows):
        found.setdefault(mailing_id, Counter())[what, of] = int(n)
    return found


def _moving(session: Session, ids: Collection[int]) -> Iterator[tuple[int, Facts, int]]:
    sqlite = session.get_bind().dialect.name == "sqlite"
    listed = "IN (SELECT value FROM json_each(:ids))" if sqlite else "= ANY(:ids)"
    every = f"(SELECT delivery.mailing_id, {FACTS} {COUNTED} AND delivery.mailing_id {listed}) AS facts"
    names = ", ".join(Facts._fields)
    asked = f"SELECT mailing_id, {names}, count(*) FROM {every} GROUP BY mailing_id, {names}"  # noqa: S608  constants
    for mailing_id, *columns, n in session.execute(text(asked), {"ids": orjson.dumps(list(ids)).decode() if sqlite else list(ids)}):
        yield mailing_id, Facts(*columns), n
