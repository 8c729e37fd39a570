"""Figures as the tests compare them: those kept, and those counted anew in the same moment."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import text

from mailings.db import Database
from mailings.model import Mailing
from mailings.model.counting import KEPT
from mailings.model.figure import STALE, STALE_CLICKS
from mailings.reports.anew import Figures, click_parts, counted, walk_parts
from mailings.reports.figures import report_of
from mailings.reports.kept import figures_of


def report(db: Database, mailing_id: int) -> dict[str, Any]:
    """The report of this moment, without its moment."""
    with db.reading() as session:
        return {name: value for name, value in report_of(session, session.get_one(Mailing, mailing_id)).items() if name != "as_of"}


def kept(db: Database, mailing_id: int) -> Figures:
    """What a look adds up, kept or not."""
    with db.reading() as session:
        found = figures_of(session, session.get_one(Mailing, mailing_id))
    return Counter({key: n for key, n in found.items() if n})


def anew(db: Database, mailing_id: int) -> Figures:
    """What the rows say."""
    with db.reading() as session:
        parts = [*walk_parts(session.get_bind().dialect.name), *click_parts()]
        return Counter({key: n for key, n in counted(session, mailing_id, parts).items() if n})


def sums(db: Database, mailing_id: int) -> Figures:
    """What the kept rows add up to and nothing else, not even where they do not hold any more."""
    with db.reading() as session:
        rows = session.execute(text("SELECT what, key, sum(n) FROM figure WHERE mailing_id = :m GROUP BY what, key"), {"m": mailing_id})
        found = {(what, key): int(n) for what, key, n in rows}
    return Counter({key: n for key, n in found.items() if n and key[0] not in (STALE, STALE_CLICKS) and not key[0].startswith(KEPT)})
