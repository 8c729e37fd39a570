"""The whole way on a Prefect server: provisioned, deployed, and a worker that sends what is scheduled."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from mailings.addresses import read_address
from mailings.clock import now
from mailings.db import connected
from mailings.model import Address, Basis, Consent, Mailing, MailingStatus, MailingType, Person, Source, SourceKind

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect")]

ROOT = Path(__file__).parents[2]
PREFECT = [sys.executable, "-m", "prefect", "--no-prompt"]
PEOPLE = {"Åse Ødegård": "ase@fjørd.test", "Jürgen Groß": "juergen@grossmann.test", "Désirée van der IJssel": "desiree@ijssel.test"}


@contextmanager
def background(command: list[str], env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is asked to end after the block, and made to if it does not."""
    with (
        log.open("wb") as out,
        subprocess.Popen(command, env=env, cwd=log.parent, stdout=out, stderr=out, start_new_session=True) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of somebody who uses a Prefect server with everything switched on, provisioned and deployed to once."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    env = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    env |= {
        "PREFECT_HOME": str(folder),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
    }
    url = f"http://127.0.0.1:{port}/api"
    with background([*PREFECT, "server", "start", "--host", "127.0.0.1", "--port", port], env, folder / "server.log"):
        until(lambda: answers(f"{url}/health"), 90)
        ours = env | {"PREFECT_API_URL": url}
        assert "made" in told([sys.executable, "-m", "deployments.provision"], ours)
        told([*PREFECT, "deploy", "--all"], ours)
        yield ours


def answers(url: str) -> bool:
    """Whether the address answers with 200."""
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def until(holds: object, seconds: float) -> None:
    """Wait until it holds, and fail after so many seconds."""
    assert callable(holds)
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.3)


def told(command: list[str], env: dict[str, str]) -> str:
    """What a command that must succeed says, run from the checkout."""
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def deployments(env: dict[str, str]) -> dict[str, dict[str, object]]:
    """The deployments on the server, by name."""
    found = httpx.post(f"{env['PREFECT_API_URL']}/deployments/filter", json={}).json()
    return {deployment["name"]: deployment for deployment in found}


@pytest.fixture
def workplace(tmp_path: Path, sqlite_template: Path) -> Path:
    """A folder as an installation has it: its .env, its database, a mailing whose time has come."""
    (tmp_path / "var").mkdir()
    shutil.copy(sqlite_template, tmp_path / "var" / "mailings.db")
    (tmp_path / ".env").write_text("MAILINGS_SECRET=a-secret-of-the-tests\nMAILINGS_FOLDER_PATH=var/outbox\n")
    with connected(f"sqlite:///{tmp_path}/var/mailings.db").writing() as session:
        mailing = Mailing(name="høst-nytt", type=MailingType.EMAIL, created_at=now(), subject="Hei [[ customer.name ]]")
        mailing.html = '<html><body><p>Hei [[ customer.name ]]</p><a href="[[ link.unsubscribe ]]">nei takk</a></body></html>'
        mailing.sender = {"name": "Fjord", "address": "news@fjord.test", "use": "always"}
        mailing.status, mailing.scheduled_at = MailingStatus.SCHEDULED, now() - timedelta(minutes=1)
        session.add(mailing)
        for position, (name, address) in enumerate(PEOPLE.items(), 1):
            person = Person(name=name, created_at=now())
            person.addresses = [Address(written=address, normal=read_address(address).normal, valid=True)]
            session.add(person)
            session.flush()
            session.add(Consent(person_id=person.id, basis=Basis.CONSENT, source="Test", given_at=now()))
            session.add(Source(mailing_id=mailing.id, position=position, kind=SourceKind.PERSON, label=name, person_id=person.id))
    return tmp_path


def test_provisioned_and_deployed_twice(server: dict[str, str]) -> None:
    """Both may be repeated: one pool, two deployments, one schedule, each run once."""
    assert "there already" in told([sys.executable, "-m", "deployments.provision"], server)
    told([*PREFECT, "deploy", "--all"], server)
    found = deployments(server)
    assert set(found) == {"send-mailing", "start-due-mailings"}
    schedules = found["start-due-mailings"]["schedules"]
    assert isinstance(schedules, list)
    assert [s["slug"] for s in schedules] == ["every-minute"]


def test_a_worker_sends_what_is_scheduled(server: dict[str, str], workplace: Path) -> None:
    """A worker standing anywhere finds the installation by MAILINGS_ROOT, starts what is due, and the messages lie in its Maildir."""
    elsewhere = workplace / "elsewhere"
    elsewhere.mkdir()
    database = connected(f"sqlite:///{workplace}/var/mailings.db")

    def status() -> MailingStatus:
        with database.reading() as session:
            return session.query(Mailing).one().status

    worker = [*PREFECT, "worker", "start", "--pool", "mailings"]
    with background(worker, server | {"MAILINGS_ROOT": str(workplace)}, elsewhere / "worker.log"):
        told([*PREFECT, "deployment", "run", "start-due-mailings/start-due-mailings"], server)
        until(lambda: status() is MailingStatus.SENT, 90)
    assert len(list((workplace / "var" / "outbox" / "new").iterdir())) == len(PEOPLE)
    database.engine.dispose()
