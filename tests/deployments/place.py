"""An installation that works by Prefect: its folder, its database, its worker, and the server it belongs to."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sqlalchemy import delete, text, true

from mailings.db import Database, connected
from mailings.model import Bucket, Mailing, MailingStatus
from mailings.sending import processes
from mailings.sending.limits.setting import Change, set_limit
from tests.cli.typed import type_in
from tests.deployments.server import PATIENCE, PREFECT, Server, until
from tests.flows.test_send_mailing import draft
from tests.sending import world
from tests.warm import warm_run

PEOPLE, A_MINUTE = 400, 40.0  # ten minutes of sending, longer than anything is waited for: it is never over before a test has acted
START_DUE = """
from cli.engine import engine
from flows.start_due_mailings import start_due_mailings
with engine():
    start_due_mailings()
"""
STARTS = 30.0  # seconds in which a run that was asked for mostly has begun and sent; then start-due-mailings looks again


@dataclass
class Place:
    """An installation, its worker, and the server both belong to."""

    server: Server
    folder: Path
    worker: subprocess.Popen[bytes] | None = field(default=None)

    @cached_property
    def db(self) -> Database:
        """Its database."""
        return connected(f"sqlite:///{self.folder}/var/mailings.db")

    def work(self) -> subprocess.Popen[bytes]:
        """A new worker, standing anywhere: MAILINGS_ROOT says where the installation is."""
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        env = self.server.env | {"MAILINGS_ROOT": str(self.folder)}
        command = [*PREFECT, "worker", "start", "--pool", "mailings", "--work-queue", "default"]
        with (elsewhere / "worker.log").open("ab") as log:
            self.worker = subprocess.Popen(command, env=env, cwd=elsewhere, stdout=log, stderr=log, start_new_session=True)
        return self.worker

    def staffed(self) -> None:
        """See that a worker is there, and left alone: a test that failed may have left none, and deploying again disturbs it."""
        self.undisturbed()
        if self.worker is None or self.worker.poll() is not None:
            self.work()

    def undisturbed(self) -> None:
        """Let what automations start wait for a worker that never comes: each run takes five seconds of a processor."""
        for flow in ("notify-staff", "collect-statistics"):
            number = self.server.api.get(f"/deployments/name/{flow}/{flow}").raise_for_status().json()["id"]
            self.server.api.patch(f"/deployments/{number}", json={"work_queue_name": "nobody"}).raise_for_status()

    def rest(self) -> None:
        """End the worker, which ends its runs; what does not end is killed."""
        if self.worker is None:
            return
        self.worker.terminate()
        try:
            self.worker.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self.worker.pid, signal.SIGKILL)
            self.worker.wait()

    def slow(self, name: str) -> None:
        """Limit a mailing to so few a minute that all tests act in the midst of it."""
        with self.db.writing() as session:
            set_limit(session, f"mailing:{name}", Change(rate=A_MINUTE))

    def unlimited(self, number: int | None = None) -> None:
        """Take the limit of a mailing away, or every one: a run at work feels it within two seconds."""
        with self.db.writing() as session:
            which = true() if number is None else Bucket.name == f"mailing:{session.get_one(Mailing, number).name}"
            session.execute(delete(Bucket).where(which))

    def type(self, *words: str) -> str:
        """What a command of an operator prints."""
        done = type_in(self.folder, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def draft(self, name: str, people: int, **facts: object) -> int:
        """A mailing to so many people, nobody on another one's list; its id."""
        number = draft(self.db, name, people, **facts)
        with self.db.writing() as session:
            theirs = "source_id IN (SELECT id FROM source WHERE mailing_id = :id)"
            session.execute(text(f"UPDATE imported_row SET normal = 'm' || :id || '.' || normal WHERE {theirs}"), {"id": number})
        return number

    def counts(self, number: int) -> dict[str, int]:
        """Deliveries by status."""
        return world.statuses(self.db, number)

    def stands(self, number: int) -> MailingStatus:
        """Where the mailing stands."""
        return world.status(self.db, number)

    def until_sent(self, number: int, count: int) -> None:
        """Wait until so many have it."""
        until(lambda: self.counts(number).get("sent", 0) >= count, what=f"{count} messages")

    def until(self, number: int, status: MailingStatus) -> None:
        """Wait until the mailing stands there."""
        until(lambda: self.stands(number) is status, what=f"{status} of mailing {number}")

    def letters(self, number: int) -> Counter[str]:
        """How many messages of a mailing each address has in the Maildir."""
        new = self.folder / "var" / "outbox" / "new"  # made with the first message
        files = (path.read_bytes() for path in (new.iterdir() if new.exists() else ()))
        found = (re.search(rb"^To:.*?<?(m(\d+)\.[^>\s]+)", file, re.MULTILINE | re.DOTALL) for file in files)
        return Counter(match[1].decode() for match in found if match and int(match[2]) == number)

    def process(self, run: str) -> int:
        """The process of a run that is at work."""
        return int(str(self.server.run(run)["infrastructure_pid"]).rpartition(":")[2])

    def start_due(self) -> None:
        """What the schedule does every minute. Not by the worker, which begins each run with four seconds of imports."""
        env = self.server.env | {"MAILINGS_ROOT": str(self.folder)}
        done = warm_run(["-c", START_DUE], env, cwd=self.folder, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr

    def goes_on(self, number: int) -> None:
        """Without its limit, do what the schedule does until the mailing is sent: a run begun again may itself come to nothing."""
        self.unlimited(number)
        deadline = time.monotonic() + 2 * PATIENCE  # a run whose worker was killed is taken for dead after up to five minutes
        while self.stands(number) is not MailingStatus.SENT:
            assert time.monotonic() < deadline, f"mailing {number} is {self.stands(number)}"
            self.start_due()
            self._waits_for(number, time.monotonic() + STARTS)

    def _waits_for(self, number: int, until: float) -> None:
        while self.stands(number) is not MailingStatus.SENT and time.monotonic() < until:
            time.sleep(0.2)


def installed(folder: Path, tables: Path) -> Path:
    """A folder as an installation has it: its .env, its database."""
    (folder / "var").mkdir(parents=True)
    shutil.copy(tables, folder / "var" / "mailings.db")
    said = {"MAILINGS_SECRET": "a-secret-of-the-tests", "MAILINGS_FOLDER_PATH": "var/outbox", "MAILINGS_SHARD_PATIENCE": f"{PATIENCE:g}"}
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in said.items()))
    return folder


def lives(pid: int) -> bool:
    """Whether there is such a process; one that has ended and that nobody asked about is none."""
    return processes.started(pid) >= 0
