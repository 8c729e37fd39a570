"""How quick the Recipients tab is: every filter, first, middle and last page, over N recipients of one mailing; a JSON line a database."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy.orm import Session

from bench.audience import make_mailing, make_people, many
from mailings.audience.filters import SHOWN, Filter, Group
from mailings.audience.recipient_ids import Place
from mailings.audience.recipient_pages import page_of
from mailings.clock import milliseconds, now
from mailings.db import Database
from mailings.model import Base, Mailing, MailingStatus, MailingType, Verdict
from mailings.reports.recipient_counts import counted

RARE = 7  # who complained, failed or waits, of however many
SEARCHES = ("person77", "Åse Nordmann 12345", "åse nordmann 9", "post@firma1", "zzz")


def fill(database: Database, n: int) -> int:
    """One sent mailing to N people of bench.audience: a third read it, 1 in 100 bounced, 1 in 20 kept back, a few of everything else."""
    make_mailing(database)
    with database.writing() as session:
        session.add(Mailing(id=2, name="desk", type=MailingType.EMAIL, status=MailingStatus.SENT, created_at=now(), started_at=now()))
    with database.connection() as connection:
        make_people(connection, n)
        people = ((2, p, f"person{p}@example{p % 997}.test", _verdict(p), False) for p in range(1, n + 1))
        many(connection, "recipient", ("mailing_id", "person_id", "address", "verdict", "overridden"), people, None)
        columns = ("id", "mailing_id", "recipient_id", "status", "sent_at", "reason", "bounce", "opened_at", "complained_at")
        many(connection, "delivery", columns, _deliveries(n), None)
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("ANALYZE")
    return 2


def _verdict(p: int) -> str:
    return Verdict.ELIGIBLE.value if p % 20 else (Verdict.NO_CONSENT, Verdict.DUPLICATE, Verdict.NO_ADDRESS)[p // 20 % 3].value


def _deliveries(n: int) -> Iterator[tuple[Any, ...]]:
    stamp, rare = milliseconds(), max(n // RARE, 1)
    for p in range(1, n + 1):
        if _verdict(p) != Verdict.ELIGIBLE:
            continue
        complained = stamp if p % rare == 1 else None
        if p > n - RARE * 2:  # the last of the list are still to be sent
            yield p, 2, p, "queued", None, None, None, None, None
        elif p % rare == 2:
            yield p, 2, p, "failed", None, "refused", None, None, None
        elif p % 100 == 3:
            yield p, 2, p, "bounced", stamp, "no such user", "hard", None, None
        else:
            yield p, 2, p, "sent", stamp, None, None, stamp if p % 3 == 0 else None, complained


def measure(url: str, n: int, rounds: int) -> dict[str, Any]:
    """Milliseconds of each page, as the median of `rounds`, and the worst of all."""
    database = Database(url)
    Base.metadata.create_all(database.engine)
    mailing_id = fill(database, n)
    times: dict[str, float] = {}
    worst: tuple[float, str] = (0.0, "")
    with database.reading() as session:
        for name, chosen, place in _asked(mailing_id, n):
            took = [_took(session, chosen, place) for _ in range(rounds)]
            times[name] = round(median(took), 1)
            worst = max(worst, (round(max(took), 1), name))
        begin = time.perf_counter()
        counts = counted(session, session.get_one(Mailing, mailing_id))
        counting = round((time.perf_counter() - begin) * 1000)
    shown = {"p50_ms": round(median(times.values()), 1), "worst_ms": worst[0], "worst": worst[1], "counted_anew_ms": counting}
    return {"case": f"desk-{database.url.get_backend_name()}", "recipients": n, **shown, "pages": times, "counts": counts}


def _asked(mailing_id: int, n: int) -> Iterator[tuple[str, Filter, Place]]:
    places = {"first": Place(), "middle": Place(n // 2), "last": Place(n + 1, back=True)}
    some = {str(group): frozenset({group}) for group in Group}
    some |= {"default": SHOWN, "all": frozenset(Group), "sent+bounced": frozenset({Group.SENT, Group.BOUNCED})}
    some |= {"ready+complained": frozenset({Group.READY, Group.COMPLAINED})}
    for name, groups in some.items():
        yield from ((f"{name} {where}", Filter(mailing_id, groups), place) for where, place in places.items())
    yield from ((f"search {text}", Filter(mailing_id, search=text), Place()) for text in SEARCHES)


def _took(session: Session, chosen: Filter, place: Place) -> float:
    begin = time.perf_counter()
    page_of(session, chosen, place)
    return (time.perf_counter() - begin) * 1000


def main() -> None:
    """Print one JSON line for SQLite, and one for the PostgreSQL database at --url (empty; it is filled)."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--recipients", type=int, default=1_000_000)
    reader.add_argument("--rounds", type=int, default=5)
    reader.add_argument("--url", help="an empty PostgreSQL database to measure too")
    chosen = reader.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(f"sqlite:///{Path(folder) / 'bench.db'}", chosen.recipients, chosen.rounds)), flush=True)
    if chosen.url:
        print(json.dumps(measure(chosen.url, chosen.recipients, chosen.rounds)), flush=True)


if __name__ == "__main__":
    main()
