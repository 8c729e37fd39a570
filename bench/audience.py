"""How long it takes to decide who gets a mailing: N invented people through every rule, one JSON line a database."""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, text

from mailings.audience.populate import populate
from mailings.clock import milliseconds, now
from mailings.db import Database, driver_sql
from mailings.model import Base, Mailing, MailingType, Project, Selection, SelectionKind, Source, SourceKind, Topic

BATCH = 20_000
BIG_DOMAIN = "storfjord.test"  # where a tenth of all people have their address
COUNTRIES = ("NO", "NO", "NO", "DK", "NL", "SE")


def make_people(connection: Connection, n: int) -> None:
    """N people: 1 in 50 without a valid address, 1 in 25 sharing one, 1 in 40 retired, half of them in a company."""
    stamp, everybody, companies = milliseconds(), range(1, n + 1), max(n // 20, 1)
    made = ((c, f"Fjord {c} AS", f"post@firma{c}.test" if c % 3 else None, c % 3 != 0, c % 200 == 0) for c in range(1, companies + 1))
    many(connection, "company", ("id", "name", "email_normal", "email_valid", "stop"), made, stamp)
    named = ((p, f"Åse Nordmann {p}", COUNTRIES[p % 6], "nb", p % companies + 1 if p % 2 else None, p % 40 == 0) for p in everybody)
    many(connection, "person", ("id", "name", "country", "language", "company_id", "retired"), named, stamp)
    addresses = ((p, 1, _address(p), _address(p), p % 50 != 0) for p in everybody)
    many(connection, "address", ("person_id", "rank", "written", "normal", "valid"), addresses, None)
    many(connection, "project_member", ("project_id", "person_id"), ((1, p) for p in everybody if p % 5 == 0), None)
    many(connection, "selection_member", ("selection_id", "person_id"), ((1, p) for p in everybody if p % 2 == 0), None)
    make_permissions(connection, everybody, stamp)


def make_permissions(connection: Connection, everybody: range, stamp: int) -> None:
    """9 in 10 stated a consent, 1 in 30 withdrew, 1 in 17 opted out of the topic, 1 in 101 addresses is blocked or bounced."""
    stated = ((p, "e-marketing", "withdrawn" if p % 30 == 0 else "consent", "Import", stamp) for p in everybody if p % 10)
    many(connection, "consent", ("person_id", "purpose", "basis", "source", "given_at"), stated, None)
    left = ((p, 1, stamp, "Import") for p in everybody if p % 17 == 0)
    many(connection, "opt_out", ("person_id", "topic_id", "since", "source"), left, None)
    known = ((_address(p), 5 if p % 2 else 0, None if p % 2 else stamp) for p in everybody if p % 101 == 0 and p % 25 != 1)
    many(connection, "address_standing", ("normal", "bounces", "blocked_at"), known, None)


def _address(p: int) -> str:
    owner = p - 1 if p % 25 == 1 else p
    return f"person{owner}@{BIG_DOMAIN}" if owner % 10 == 7 else f"person{owner}@example{owner % 997}.test"


def many(connection: Connection, table: str, columns: tuple[str, ...], rows: Any, created_at: int | None) -> None:
    """Rows into a table by the driver; what is not named gets its column's default, `created_at` this moment (ms)."""
    made = Base.metadata.tables[table]
    fixed: dict[str, Any] = {} if created_at is None else {"created_at": created_at}
    for column in made.columns:
        default = column.default
        if column.name not in columns and column.name != "id" and default is not None:
            value = default.arg(None) if callable(default.arg) else default.arg
            fixed[column.name] = json.dumps(value) if isinstance(value, dict) else value
    names = [*columns, *fixed]
    if connection.dialect.name == "postgresql":
        with connection.connection.cursor().copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row((*row, *fixed.values()))
        return
    sql = driver_sql(connection, f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})")
    connection.connection.cursor().executemany(sql, ((*row, *fixed.values()) for row in rows))


def make_mailing(database: Database) -> None:
    """A mailing from a dynamic selection, a static one and a project, for a topic."""
    with database.writing() as session:
        session.add(Topic(id=1, name="News"))
        session.add(Project(id=1, name="Expo", created_at=now()))
        session.add(Selection(id=1, name="Readers", kind=SelectionKind.STATIC, created_at=now()))
        session.add(
            Selection(id=2, name="North", kind=SelectionKind.DYNAMIC, condition='country in ("NO", "DK", "NL", "SE")', created_at=now())
        )
        session.flush()
        session.add(Mailing(id=1, name="bench", type=MailingType.EMAIL, topic_id=1, created_at=now()))
        session.flush()
        session.add(Source(mailing_id=1, position=1, kind=SourceKind.SELECTION, label="Readers", selection_id=1))
        session.add(Source(mailing_id=1, position=2, kind=SourceKind.SELECTION, label="North", selection_id=2))
        session.add(Source(mailing_id=1, position=3, kind=SourceKind.PROJECT, label="Expo", project_id=1))


def size_of(database: Database) -> int:
    """Bytes of the recipient table with its indexes."""
    with database.connection(write=False) as connection:
        if not database.sqlite:
            return int(connection.scalar(text("SELECT pg_total_relation_size('recipient')")) or 0)
        names = [row[0] for row in connection.execute(text("SELECT name FROM sqlite_master WHERE tbl_name = 'recipient'"))]
        sizes = [connection.scalar(text("SELECT sum(pgsize) FROM dbstat WHERE name = :n"), {"n": n}) or 0 for n in names]
        return int(sum(sizes))


def measure(url: str, n: int) -> dict[str, Any]:
    """One database: made, filled, populated twice (new, and again unchanged)."""
    database = Database(url)
    Base.metadata.create_all(database.engine)
    make_mailing(database)
    with database.connection() as connection:
        make_people(connection, n)
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("ANALYZE")
    before = size_of(database)
    result: dict[str, Any] = {"case": f"audience-{database.url.get_backend_name()}", "people": n}
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in ("seconds", "seconds_again"):
        begin, used = time.perf_counter(), time.process_time()
        with database.writing() as session:
            mailing = session.scalars(select(Mailing)).one()
            counts = populate(session, mailing, launch=False)
        result[name], result[f"cpu_{name}"] = round(time.perf_counter() - begin, 2), round(time.process_time() - used, 2)
        result["recipients"] = sum(counts.values())
        result["verdicts"] = {verdict.value: c for verdict, c in counts.items()}
        result[f"bytes_per_recipient{'_again' if 'again' in name else ''}"] = round(
            (size_of(database) - before) / max(result["recipients"], 1)
        )
    result["peak_rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    result["rss_before_mb"] = round(resident / 1024)
    return result


def main() -> None:
    """Print one JSON line for SQLite, and one for the PostgreSQL database at --url (empty; it is filled)."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--people", type=int, default=1_000_000)
    reader.add_argument("--url", help="an empty PostgreSQL database to measure too")
    chosen = reader.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(f"sqlite:///{Path(folder) / 'bench.db'}", chosen.people)), flush=True)
    if chosen.url:
        print(json.dumps(measure(chosen.url, chosen.people)), flush=True)


if __name__ == "__main__":
    main()
