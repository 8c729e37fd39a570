"""Counts a mailing's figures anew from its rows and keeps them, as of one moment: nothing added meanwhile is lost or doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.db import Database
from mailings.model import Figure, Mailing, MailingStatus
from mailings.model.counting import KEPT
from mailings.model.figure import STALE, STALE_CLICKS
from mailings.reports.anew import Figures, click_parts, counted, gather, settled, walk_parts
from mailings.tracking import tally
from mailings.tracking.counts import LINK_FIGURES

_MINE = f"mailing_id = :mailing AND NOT (what >= '{KEPT}' AND what < 'kept!')"
_CLICKS = ", ".join(f"'{what}'" for what in (*LINK_FIGURES, STALE_CLICKS))
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('mailings figures'), CAST(:mailing AS INTEGER))"
_MARK = f"SELECT count(*), COALESCE(max(id), 0) FROM figure WHERE {_MINE}"  # noqa: S608  constants of this file


def freshen(database: Database, mailing_id: int) -> None:
    """Count the mailing's figures anew, if they are to be; a door, with transactions of its own.

    On SQLite the counting, seconds for a million recipients, is done in a transaction that only reads, so that nobody waits for it.
    Where the figures were folded meanwhile they stay as they are: the next look counts.
    """
    with database.reading() as session:
        if not is_stale(session, mailing_id):
            return
        if database.sqlite:
            whole = _knows_clicks(session, mailing_id)
            mark = session.execute(text(_MARK), {"mailing": mailing_id}).one()
            found = counted(session, mailing_id, _parts(session, whole=whole))
    with database.writing() as session:
        if not database.sqlite:
            count_anew(session, mailing_id)
        elif session.execute(text(f"{_MARK} AND id <= :last"), {"mailing": mailing_id, "last": mark[1]}).one()[0] == mark[0]:
            session.execute(text(_gone(whole=whole) + " AND id <= :last"), {"mailing": mailing_id, "last": mark[1]})
            _keep(session, mailing_id, found)


def to_be_counted(session: Session, most: int = 10) -> list[int]:
    """Mailings that are done, whose figures do not hold: every look at a list walks their messages until `freshen` has counted them."""
    marked = select(Figure.id).where(Figure.mailing_id == Mailing.id, Figure.what.in_((STALE, STALE_CLICKS))).exists()
    done = Mailing.status.in_((MailingStatus.SENT, MailingStatus.CANCELLED)) & Mailing.started_at.is_not(None)
    return list(
        session.scalars(select(Mailing.id).where(done, Mailing.figures_at.is_(None) | marked).order_by(Mailing.id.desc()).limit(most))
    )


def count_anew(session: Session, mailing_id: int) -> None:
    """Count the mailing's figures from its rows and keep them instead of those there are. What its deleted events told stays as it is."""
    whole = _knows_clicks(session, mailing_id)
    marks = {"mailing": mailing_id}
    if session.get_bind().dialect.name == "sqlite":
        found = counted(session, mailing_id, _parts(session, whole=whole))
        session.execute(text(_gone(whole=whole)), marks)
    else:
        # one statement sees one moment: what it deletes is what it has counted, and no addition waits for it
        session.execute(text(_LOCK), marks)
        all_parts = " UNION ALL ".join(f"({part})" for part in _parts(session, whole=whole))
        rows = session.execute(text(f"WITH gone AS ({_gone(whole=whole)}) {all_parts}"), marks)
        found = Counter()
        gather(found, rows)
        found = settled(found)
    _keep(session, mailing_id, found)


def is_stale(session: Session, mailing_id: int) -> bool:
    """True where figures are to be counted anew before they can be added up."""
    if session.scalar(select(Mailing.figures_at).where(Mailing.id == mailing_id)) is None:
        return True
    marked = select(Figure.id).where(Figure.mailing_id == mailing_id, Figure.what.in_((STALE, STALE_CLICKS)))
    return session.scalar(marked.limit(1)) is not None


def _parts(session: Session, *, whole: bool) -> Sequence[str]:
    return [*walk_parts(session.get_bind().dialect.name), *(click_parts() if whole else ())]


def _gone(*, whole: bool) -> str:
    return f"DELETE FROM figure WHERE {_MINE}" + ("" if whole else f" AND what NOT IN ({_CLICKS})")  # noqa: S608  constants


def _knows_clicks(session: Session, mailing_id: int) -> bool:
    """False where events are deleted, of which clicks are counted: then those figures are all there is."""
    return session.scalar(select(Mailing.events_deleted_at).where(Mailing.id == mailing_id)) is None


def _keep(session: Session, mailing_id: int, found: Figures) -> None:
    rows: dict[tuple[int, str, str], Any] = {(mailing_id, *key): n for key, n in found.items()}
    if any(found["status", status] for status in ("queued", "sending")):
        rows[mailing_id, STALE, ""] = 1  # what is in a sender's hands moves without additions
    tally.add(session, rows)
    first = update(Mailing).where(Mailing.id == mailing_id, Mailing.figures_at.is_(None))
    session.execute(first.values(figures_at=clock.now()))
