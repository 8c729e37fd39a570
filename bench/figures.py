"""Figures: how long a report of a big mailing takes, kept and counted anew, and what keeping them costs each visit. SQLite.

One JSON line. The mailing is made in bulk: `--recipients` (a million) with `--events` (three million: opens, people's clicks, machines'
clicks), each with its reading. "event_us" is one visit's share of a batch of a hundred, at random among all readers, on that mailing
and on one of ten thousand recipients: the law is that their ratio stays near 1. "clicks" repeats such batches of a thousand with the
figures kept and without, in turns on the same database: their ratio is what keeping them costs.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import orjson
from sqlalchemy import text

from bench.measured import peak_rss_mb
from bench.world import environment_for, ran
from mailings.db import Database
from mailings.model import Mailing
from mailings.reported import EventKind
from mailings.reports.counting_anew import freshen
from mailings.reports.figures import report_of
from mailings.settings import Settings
from mailings.tracking import readings
from mailings.tracking.recording import record_visits
from mailings.tracking.visits import Visit

LINKS, DOMAINS = 14, 5_000
REPORT_BAR = 2.0  # seconds
BATCH = 100
SENT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
AT = round(SENT.timestamp() * 1000)
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
)
MAILING = (
    "INSERT INTO mailing (id, name, type, status, subject, preheader, html, text, sender, reply_to, override_consent, one_per_address,"
    " update_when_sending, include_companies, prefer_company, tracking, in_doubt, approval, template, more, created_at, started_at)"
    " VALUES (:m, :name, 'email', 'sent', '', '', '', '', '{}', '{}', 0, 1, 1, 0, 0, '{}', '{}', '{}', 0, '{}', :at, :at)"
)
#: rows made of numbers: half of everybody opened, a third of those clicked, machines looked at a tenth; a hundredth came back
NUMBERS = "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :many)"
LINK = f"{NUMBERS} INSERT INTO tracked_link (mailing_id, number, url, actions) SELECT :m, n, 'https://fjord.test/' || n, '{{}}' FROM number"
RECIPIENT = (
    f"{NUMBERS} INSERT INTO recipient (id, mailing_id, address, verdict, overridden)"
    " SELECT :first + n, :m, 'åse-' || n || '@fjord' || (n * n % :domains) || '.test', 'eligible', 0 FROM number"
)
DELIVERY = f"""{NUMBERS} INSERT INTO delivery (id, mailing_id, recipient_id, status, test, attempts, claimed_at, sent_at, bounce,
    opened_at, clicked_at, machine_opened_at, opened_with) SELECT :first + n, :m, :first + n,
    CASE WHEN n % 100 = 0 THEN 'bounced' ELSE 'sent' END, 0, 1, :at, :at, CASE WHEN n % 100 = 0 THEN 'hard' END,
    CASE WHEN n % 2 = 1 THEN :at + n * 7919 % 200000000 + 60000 END, CASE WHEN n % 6 = 1 THEN :at + n * 7919 % 200000000 + 90000 END,
    CASE WHEN n % 10 = 3 THEN :at + 1000 END, CASE WHEN n % 2 = 1 THEN 'Chrome' END FROM number"""
EVENT = f"""{NUMBERS} INSERT INTO event (at, received_at, kind, source, mailing_id, delivery_id, link, agent, network)
    SELECT :at + n * 7919 % 200000000 + 60000, :at, CASE WHEN n % 3 = 0 THEN 'opened' ELSE 'clicked' END, 'visit', :m,
    :first + 1 + (n * 2 * 7919) % :recipients / 2 * 2, CASE WHEN n % 3 > 0 THEN 1 + n % {LINKS} END, 'Mozilla/5.0 Chrome/140', NULL
    FROM number"""
READING = """INSERT INTO event_reading (event_id, version, machine, first)
    SELECT id, 1, CASE WHEN id % 5 = 0 THEN 'scanner' END, 0 FROM event WHERE mailing_id = :m"""


def main() -> None:
    """Measure, and say it in one line."""
    given = _options().parse_args()
    if given.folder:
        Path(given.folder).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="mailings-bench-", dir=given.folder))
    try:
        url = f"sqlite:///{folder / 'mailings.db'}"
        ran(["init"], environment_for(url, limits=False))
        print(orjson.dumps({"case": "figures", "database": "sqlite"} | measured(Database(url), given)).decode(), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measured(database: Database, given: argparse.Namespace) -> dict[str, Any]:
    """The figures of one run."""
    many, few = given.recipients, 10_000
    _fill(database, 1, (0, many, given.events))
    _fill(database, 2, (many, few, few * 3))
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("ANALYZE")
    never, _ = _timed(lambda: _report(database, 1))
    counting, _ = _timed(lambda: [freshen(database, 1), freshen(database, 2)])
    kept, document = _timed(lambda: _report(database, 1))
    events = {name: _event(database, first, count) for name, first, count in (("few", many, few), ("many", 0, many))}
    after, document = _timed(lambda: _report(database, 1))
    figures = {"report_s": after, "report_at_once_s": kept, "report_never_counted_s": never, "counting_anew_s": counting}
    events |= {"ratio": round(events["many"] / events["few"], 2)}
    rates = _clicks(database, few, many)
    world = {"recipients": many, "events": given.events, "opened": document["opened"], "domains": len(document["domains"])}
    return {"holds": after <= REPORT_BAR} | figures | {"event_us": events, "clicks": rates, "peak_rss_mb": round(peak_rss_mb())} | world


def _fill(database: Database, mailing: int, sizes: tuple[int, int, int]) -> None:
    first, recipients, events = sizes
    marks = {"m": mailing, "name": f"news-{mailing}", "first": first, "at": AT, "domains": DOMAINS, "recipients": recipients}
    for statement, rows in ((MAILING, 1), (LINK, LINKS), (RECIPIENT, recipients), (DELIVERY, recipients), (EVENT, events), (READING, 0)):
        with database.connection() as connection:
            connection.execute(text(statement), marks | {"many": rows})


def _report(database: Database, mailing: int) -> dict[str, Any]:
    with database.reading() as session:
        return report_of(session, session.get_one(Mailing, mailing))


def _event(database: Database, first: int, recipients: int) -> float:
    """Microseconds for each visit, of batches at random readers; the middle one of twenty."""
    settings, chosen = Settings(), random.Random(4)
    times = []
    for batch in range(20):
        visits = list(_visits(chosen, (first, recipients), BATCH, batch))
        times.append(_timed(lambda visits=visits: _recorded(database, visits, settings))[0])
    return round(median(times) / BATCH * 1e6, 1)


def _clicks(database: Database, recipients: int, first: int) -> dict[str, float]:
    """Visits a second written in batches of a thousand, with figures kept and without, in turns; the middle of seven each."""
    settings, chosen = Settings(), random.Random(5)
    times: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(14):
        keeping = turn % 2 == 0
        visits = list(_visits(chosen, (first, recipients), 1_000, 100 + turn))
        with nullcontext() if keeping else _not_keeping():
            times[keeping].append(_timed(lambda visits=visits: _recorded(database, visits, settings))[0])
    kept, bare = (1_000 / median(times[keeping]) for keeping in (True, False))
    return {"kept_per_s": round(kept), "without_per_s": round(bare), "ratio": round(kept / bare, 3)}


@contextmanager
def _not_keeping() -> Iterator[None]:
    """As if nobody kept figures: what is measured against, never a proof of anything."""
    with (
        patch.object(readings.tally, "restamping", lambda *_: nullcontext()),
        patch.object(readings.clicks, "watched", lambda *_: nullcontext()),
    ):
        yield


def _recorded(database: Database, visits: Sequence[Visit], settings: Settings) -> None:
    with database.writing() as session:
        record_visits(session, visits, settings)


def _visits(chosen: random.Random, whose: tuple[int, int], count: int, turn: int) -> Iterator[Visit]:
    first, recipients = whose
    for n in range(count):
        at = SENT + timedelta(days=4, minutes=turn * 10, milliseconds=n)
        kind = EventKind.CLICKED if n % 3 else EventKind.OPENED
        link = chosen.randint(1, LINKS) if n % 3 else None
        facts = {"agent": chosen.choice(AGENTS), "network": f"203.0.{n % 250}.0/24"}
        yield Visit(kind, at, None, first + chosen.randint(1, recipients), link, **facts)


def _timed(what: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    found = what()
    return round(time.perf_counter() - began, 4), found


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--recipients", type=int, default=1_000_000)
    options.add_argument("--events", type=int, default=3_000_000)
    options.add_argument("--folder", help="Where the database is made; a gigabyte for a million recipients.")
    return options


if __name__ == "__main__":
    main()
