"""What every story starts from: a folder of its own, a mailing pushed into a database, and a server for the commands' runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from subprocess import PIPE, CompletedProcess, Popen

import orjson
import pytest

from cli.embedded import embedded_server
from mailings.audience.drafts import push
from mailings.db import Database
from tests.cli.typed import LONGEST, run
from tests.prefect_tables import with_tables
from tests.warm import Warm, warm_run

MAILING = """
name: host-nytt
type: email
subject: "[[ customer.name ]], høsten er her"
from: {name: Åse, address: news@acme.test, use: always}
sources:
  - {import: people.csv, consent: legitimate_interest, unknown: keep}
html: body.html
"""
BODY = """<html><body><p>Kjære [[ customer.name ]], blåbærene er modne på Østlandet.</p>
<p><a href="https://acme.test/høst">Les mer</a> – <a href="[[ link.unsubscribe ]]">meld deg av</a></p></body></html>"""

DYING = """
import sys
from cli.main import main
from tests.stories.sender import dies_at
dies_at(int(sys.argv.pop(1)))
main()
"""


@dataclass
class Office:
    """A person at a terminal: a folder, an environment, and commands."""

    folder: Path
    db: Database
    environment: dict[str, str] = field(default_factory=dict)

    def command(self, *words: str) -> CompletedProcess[str]:
        """A command run to its end."""
        return run(self.folder, words, self.environment)

    @contextmanager
    def started(self, *words: str) -> Iterator[Popen[str]]:
        """A command left running for the block, to be killed or interrupted; it never outlives the test."""
        command, more = ["-m", "cli.main", *words], {"cwd": self.folder, "stdout": PIPE, "stderr": PIPE}
        with Warm(command, self.environment, **more) as running:
            try:
                yield running
            finally:
                running.kill()

    def killed_at(self, nth: int, *words: str) -> None:
        """A command that ends itself by kill -9 when it knows what became of its nth message, and has not written it down.

        Whoever kills from outside may come too late, or between two batches, when nothing is in hand.
        """
        ended = warm_run(["-c", DYING, str(nth), *words], self.environment, cwd=self.folder, timeout=LONGEST)
        assert ended.returncode == -SIGKILL, ended.stderr

    def status(self) -> dict[str, object]:
        """What `mailings status --json` prints."""
        found = self.command("status", "host-nytt", "--json")
        assert found.returncode == 0, found.stderr
        document: dict[str, object] = orjson.loads(found.stdout)
        return document


def environment_of(db: Database, server_url: str) -> dict[str, str]:
    """What commands on this database are told, beside what the tests themselves are."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAILINGS_", "PREFECT_"))}
    return kept | {
        "MAILINGS_DATABASE_URL": db.url.render_as_string(hide_password=False),
        "MAILINGS_SECRET": "a-secret-of-the-tests-and-of-nobody-else",
        "PREFECT_API_URL": server_url,
    }


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One Prefect server for all stories: starting one for each command would take most of their time."""
    with embedded_server(with_tables(tmp_path_factory.mktemp("prefect"))) as server:
        yield server.url


@pytest.fixture
def office(any_db: Database, tmp_path: Path, server_url: str) -> Callable[..., Office]:
    """An office with a mailing to so many people, pushed and not yet sent; the folder transport unless told otherwise."""

    def furnished(people: int, **settings: str) -> Office:
        folder = tmp_path / "host-nytt"
        folder.mkdir()
        (folder / "mailing.yaml").write_text(MAILING)
        (folder / "body.html").write_text(BODY)
        rows = (f"Åse Ødegård {n},ase{n:05}@fjord.test" for n in range(people))
        (folder / "people.csv").write_text("\n".join(["name,email", *rows]))
        with any_db.writing() as session:
            push(session, folder)
        return Office(tmp_path, any_db, environment_of(any_db, server_url) | settings)

    return furnished
