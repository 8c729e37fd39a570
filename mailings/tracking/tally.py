"""Figures kept as they change: each transaction that changes what counts adds the difference as rows, and waits for nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from mailings.db import among
from mailings.model import Figure
from mailings.model.counting import COUNTED, domain_sql
from mailings.model.figure import STALE, STALE_CLICKS, stale
from mailings.tracking.counts import FACTS, Facts, counts_at_domain, counts_of, restamped

__all__ = ["STALE", "STALE_CLICKS", "Additions", "add", "fold", "stale", "watched"]

Additions = Counter[tuple[int, str, str]]  #: (mailing, what, key) -> so many more, or fewer

FOLD_EVERY = 4_096  # additions, after which those of a mailing are added up: a report never reads many more
_ADD = "INSERT INTO figure (mailing_id, what, key, n) VALUES (?, ?, ?, ?)"
_ADD_AT_ONCE = (
    "INSERT INTO figure (mailing_id, what, key, n) SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::integer[]) RETURNING id"
)
_LAST = "SELECT seq FROM sqlite_sequence WHERE name = 'figure'"


@contextmanager
def watched(session: Session, deliveries: Collection[int]) -> Iterator[None]:
    """What these deliveries count for changes within the block; the difference is added. The caller holds them locked."""
    before = [row for _, row in _standing(session, deliveries)]
    yield
    session.flush()
    _add_difference(session, before, [row for _, row in _standing(session, deliveries)])


@contextmanager
def restamping(session: Session, stamps: Mapping[int, tuple[Sequence[int | None], str | None]]) -> Iterator[None]:
    """The same where only stamps change, to these (and the program), by delivery: what they count for then need not be asked for again."""
    rows = _standing(session, stamps)
    yield
    after = [(*row[:2], *restamped(Facts(*row[2:]), *stamps[number])) for number, row in rows]
    _add_difference(session, [row for _, row in rows], after)


def add(session: Session, additions: Mapping[tuple[int, str, str], int]) -> None:
    """Add rows of figures; after every few thousand those of these mailings are folded."""
    rows = [(*key, n) for key, n in additions.items() if n]
    if not rows:
        return
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_ADD, rows)
        last = int(connection.exec_driver_sql(_LAST).scalar_one())
    else:
        last = max(row[0] for row in connection.exec_driver_sql(_ADD_AT_ONCE, tuple(list(part) for part in zip(*rows, strict=True))))
    if last // FOLD_EVERY != (last - len(rows)) // FOLD_EVERY:
        for mailing_id in sorted({row[0] for row in rows}):
            fold(session, mailing_id)


_OURS = "WHERE mailing_id = :mailing"
_SUMS = "INSERT INTO figure (mailing_id, what, key, n) SELECT :mailing, what, key, sum(n)"
_FOLD = f"""WITH gone AS (DELETE FROM figure {_OURS} RETURNING what, key, n)
    {_SUMS} FROM gone GROUP BY what, key HAVING sum(n) <> 0"""  # noqa: S608  constants of this file
_ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('mailings figures'), CAST(:mailing AS INTEGER))"


def alone(session: Session, mailing_id: int) -> bool:
    """Nobody else folds or counts these figures anew until this transaction ends; False where somebody does. SQLite has one writer."""
    if session.get_bind().dialect.name == "sqlite":
        return True
    return bool(session.execute(text(_ALONE), {"mailing": mailing_id}).scalar_one())


def fold(session: Session, mailing_id: int) -> None:
    """Add up the mailing's rows into one for each figure. An addition that is committed meanwhile stays a row of its own."""
    if not alone(session, mailing_id):
        return
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text(_FOLD), {"mailing": mailing_id})
        return
    marks = {"mailing": mailing_id, "last": session.execute(text("SELECT max(id) FROM figure")).scalar_one()}
    session.execute(text(f"{_SUMS} FROM figure {_OURS} GROUP BY what, key HAVING sum(n) <> 0"), marks)
    session.execute(text(f"DELETE FROM figure {_OURS} AND id <= :last"), marks)  # noqa: S608  see above


_Row = tuple[Any, ...]  # mailing, domain, facts: most of a batch differ in a few ways only


def _standing(session: Session, deliveries: Collection[int]) -> list[tuple[int, _Row]]:
    """How each of the deliveries that count stands."""
    if not deliveries:
        return []
    sqlite = session.get_bind().dialect.name == "sqlite"
    listed = "IN (SELECT value FROM json_each(:ids))" if sqlite else "= ANY(:ids)"
    ids = orjson.dumps(list(deliveries)).decode() if sqlite else list(deliveries)
    domain = domain_sql(session.get_bind().dialect.name)
    asked = f"SELECT delivery.id, delivery.mailing_id, {domain}, {FACTS} {COUNTED} AND delivery.id {listed}"
    return [(row[0], tuple(row[1:])) for row in session.execute(text(asked), {"ids": ids})]


def _add_difference(session: Session, before: Sequence[_Row], after: Sequence[_Row]) -> None:
    changes = Counter(after)
    changes.subtract(Counter(before))
    add(session, _expanded(session, {row: n for row, n in changes.items() if n}))


def _expanded(session: Session, changes: Mapping[_Row, int]) -> Additions:
    """What messages that stand so count for. A domain that has no name among the figures counts with the others that have none."""
    found: Additions = Counter()
    named = _named(session, {facts[0] for facts in changes})
    by_facts: Counter[_Row] = Counter()
    for (mailing_id, domain, *rest), n in changes.items():
        by_facts[(mailing_id, domain if (mailing_id, domain) in named else "", *rest)] += n
    for (mailing_id, domain, *rest), n in by_facts.items():
        facts = Facts(*rest)
        for what, key in counts_of(facts):
            found[mailing_id, what, key] += n
        for what in counts_at_domain(facts):
            found[mailing_id, what, domain] += n
    return found


def _named(session: Session, mailings: Collection[int]) -> set[tuple[int, str]]:
    rows = select(Figure.mailing_id, Figure.key).where(among(session, Figure.mailing_id, mailings), Figure.what == "domain")
    return {(mailing_id, key) for mailing_id, key in session.execute(rows)}
