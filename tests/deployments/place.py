"""An installation that works by Prefect: its folder, its database, its worker, and the server it belongs to."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sqlalchemy import text

from mailings.db import Database, connected
from mailings.model import MailingStatus
from tests.cli.typed import type_in
from tests.deployments.server import PATIENCE, PREFECT, Server, until
from tests.flows.test_send_mailing import draft
from tests.sending import world


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
        env, command = self.server.env | {"MAILINGS_ROOT": str(self.folder)}, [*PREFECT, "worker", "start", "--pool", "mailings"]
        with (elsewhere / "worker.log").open("ab") as log:
            self.worker = subprocess.Popen(command, env=env, cwd=elsewhere, stdout=log, stderr=log, start_new_session=True)
        return self.worker

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
        files = (path.read_bytes() for path in (self.folder / "var" / "outbox" / "new").iterdir())
        found = (re.search(rb"^To:.*?<?(m(\d+)\.[^>\s]+)", file, re.MULTILINE | re.DOTALL) for file in files)
        return Counter(match[1].decode() for match in found if match and int(match[2]) == number)

    def process(self, run: str) -> int:
        """The process of a run that is at work."""
        return int(str(self.server.run(run)["infrastructure_pid"]).rpartition(":")[2])

    def start_due(self) -> None:
        """What the schedule does every minute."""
        assert self.server.ends(self.server.begin("start-due-mailings")) == "COMPLETED"

    def goes_on(self, number: int) -> None:
        """Do what the schedule does, minute after minute, until the mailing is sent: a run begun again may itself come to nothing."""
        deadline = time.monotonic() + PATIENCE
        while self.stands(number) is not MailingStatus.SENT:
            assert time.monotonic() < deadline, f"mailing {number} is {self.stands(number)}"
            self.start_due()


def installed(folder: Path, tables: Path) -> Path:
    """A folder as an installation has it: its .env, its database. 40 messages a second leave time to act."""
    (folder / "var").mkdir(parents=True)
    shutil.copy(tables, folder / "var" / "mailings.db")
    (folder / ".env").write_text("MAILINGS_SECRET=a-secret-of-the-tests\nMAILINGS_FOLDER_PATH=var/outbox\nMAILINGS_RATE=2400\n")
    return folder


def lives(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
