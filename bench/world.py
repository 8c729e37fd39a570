"""A world to send in: a database of its own with N invented people, the tables of the product, and mailings of the example newsletter."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

import yaml
from sqlalchemy import text

from bench.audience import BIG_DOMAIN, make_people
from mailings.clock import now
from mailings.db import Database
from mailings.model import Bucket, Selection, SelectionKind
from tests import postgres

EXAMPLE = Path(__file__).parents[1] / "examples" / "autumn-news"
FREE = 6_000_000  # messages a minute: a limit that is counted and never binds
Shape = Literal["whole", "text", "one-line"]  # the newsletter as it is; without its images; and with its HTML in one line, as minified
DURABILITY = {"sqlite": "synchronous=FULL", "postgres": "synchronous_commit=on, fsync=on"}


@dataclass(frozen=True, slots=True)
class World:
    """Where a case runs: `environment` is that of every process of ours, `numbers` names its mailings."""

    kind: str
    url: str
    folder: Path
    people: int
    shape: Shape
    environment: dict[str, str]
    numbers: Iterator[int]

    @property
    def database(self) -> Database:
        """Its database."""
        return Database(self.url)

    def mailing(self, selection: str = "Newsletter readers", attached: int = 0) -> str:
        """A new draft of the newsletter for that selection, with a file of `attached` bytes; its name."""
        name = f"news-{next(self.numbers)}"
        copied = self.folder / name
        shutil.copytree(EXAMPLE, copied)
        said = yaml.safe_load((copied / "mailing.yaml").read_text("utf-8"))
        said |= {"name": name, "sources": [{"selection": selection}]}
        if self.shape != "whole":
            del said["images"]
            body = copied / said["html"]
            html = re.sub(r'<img src="cid:[^>]*>', "", body.read_text("utf-8"))
            body.write_text(html if self.shape == "text" else re.sub(r"\s*\n\s*", " ", html), "utf-8")
        if attached:
            (copied / "catalogue.pdf").write_bytes(os.urandom(attached))
            said["attachments"] = ["catalogue.pdf"]
        (copied / "mailing.yaml").write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
        ran(["push", str(copied)], self.environment)
        return name

    def message(self) -> bytes:
        """One message as it goes over the wire, taken from a folder instead."""
        outbox = self.folder / "outbox"
        kept = self.environment | {"MAILINGS_EMAIL_TRANSPORT": "folder", "MAILINGS_FOLDER_PATH": str(outbox)}
        ran(["test", self.mailing("One"), "--to", "proof@firma.test"], kept)
        return next(p for p in outbox.rglob("*") if p.is_file()).read_bytes()


@contextmanager
def world(kind: str, people: int, *, limits: bool = True, shape: Shape = "whole") -> Iterator[World]:
    """A world on `sqlite` or `postgres`, gone at the end. `limits`: one for the installation and one for a tenth of the recipients."""
    folder = Path(tempfile.mkdtemp(prefix="mailings-bench-"))
    try:
        with database_of(kind, folder) as url:
            made = World(kind, url, folder, people, shape, environment_for(url, limits=limits), count(1))
            ran(["init"], made.environment)
            _fill(made.database, people, limits=limits)
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database_of(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database: a file in `folder`, or a PostgreSQL of its own with fsync on."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'mailings.db'}"
        return
    found = postgres.binaries()
    if found is None:
        raise SystemExit("PostgreSQL is not installed.")
    with postgres.running(found) as server:
        with Database(f"{server}/postgres").engine.execution_options(isolation_level="AUTOCOMMIT").connect() as admin:
            admin.execute(text("CREATE DATABASE bench"))
        yield f"{server}/bench"


def environment_for(url: str, *, limits: bool) -> dict[str, str]:
    """The environment of a process of ours, with nothing of the caller's installation."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("MAILINGS_", "PREFECT_"))}
    ours |= {"MAILINGS_DATABASE_URL": url, "MAILINGS_SECRET": "a-secret-of-the-benchmark", "MAILINGS_SPF_POLICY": "off"}
    ours |= {"MAILINGS_SMTP_HOST": "127.0.0.1", "MAILINGS_SMTP_TLS": "none"}
    return ours | ({"MAILINGS_RATE": str(FREE)} if limits else {})


def ran(words: list[str], environment: dict[str, str]) -> str:
    """What a command of ours printed; ends the measurement when it failed."""
    done = subprocess.run([sys.executable, "-m", "cli.main", *words], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"mailings {' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def _fill(database: Database, people: int, *, limits: bool) -> None:
    with database.connection() as connection:
        connection.execute(text("INSERT INTO project (id, name, created_at) VALUES (1, 'Expo', 0)"))
    with database.writing() as session:
        session.add(Selection(name="Half", kind=SelectionKind.STATIC, created_at=now()))
        session.add(Selection(name="Newsletter readers", kind=SelectionKind.DYNAMIC, condition='country != ""', created_at=now()))
        session.add(Selection(name="One", kind=SelectionKind.DYNAMIC, condition='email = "person4@example4.test"', created_at=now()))
        if limits:
            session.add(Bucket(name=f"domain:{BIG_DOMAIN}", per_minute=float(FREE)))
    with database.connection() as connection:
        make_people(connection, people)
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("ANALYZE")
