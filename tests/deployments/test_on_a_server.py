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
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import text

from mailings.addresses import read_address
from mailings.clock import now
from mailings.db import connected
from mailings.model import Address, Basis, Consent, Mailing, MailingStatus, MailingType, Person, Source, SourceKind
from tests.flows.test_send_mailing import draft
from tests.sending import world

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("server")]

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


def deployments(env: dict[str, str]) -> dict[str, Any]:
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
    """Both may be repeated: one pool, and each deployment of prefect.yaml once, with its schedules once."""
    assert "there already" in told([sys.executable, "-m", "deployments.provision"], server)
    told([*PREFECT, "deploy", "--all"], server)
    wanted = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    assert slugs(deployments(server)) == slugs({deployment["name"]: deployment for deployment in wanted})


def slugs(found: dict[str, Any]) -> dict[str, list[str]]:
    """The schedules of each deployment, by the deployment's name."""
    return {name: [schedule["slug"] for schedule in deployment.get("schedules", [])] for name, deployment in found.items()}


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


def test_two_shards(server: dict[str, str], workplace: Path) -> None:
    """send_mailing with two shards starts two runs of deliver-shard; both send, everybody gets it once, and the mailing is sent."""
    people, database = 900, connected(f"sqlite:///{workplace}/var/mailings.db")
    mailing_id = draft(database, "to-skår", people)
    with (workplace / ".env").open("a") as env:
        env.write("MAILINGS_RATE=2400\n")  # 40 a second: the second shard comes while the first is at it
    worker = [*PREFECT, "worker", "start", "--pool", "mailings"]
    with background(worker, server | {"MAILINGS_ROOT": str(workplace)}, workplace / "worker.log"):
        asked = ["--param", "mailing=to-skår", "--param", 'how={"shards": 2, "batch_size": 20}']
        told([*PREFECT, "deployment", "run", "send-mailing/send-mailing", *asked], server)
        until(lambda: world.status(database, mailing_id) is MailingStatus.SENT, 120)
        until(lambda: [run["state_type"] for run in shard_runs(server)] == ["COMPLETED"] * 2, 60)
    files = {path.name.split(".")[0] for path in (workplace / "var" / "outbox" / "new").iterdir()}
    assert len(files) == len(list((workplace / "var" / "outbox" / "new").iterdir())) == people
    with database.reading() as session:
        senders = session.execute(text("SELECT count(DISTINCT lease_id) FROM delivery WHERE status = 'sent'")).scalar_one()
    assert senders == 2
    database.engine.dispose()


def shard_runs(env: dict[str, str]) -> list[dict[str, Any]]:
    """The runs of deliver-shard on the server."""
    asked = {"flow_runs": {"tags": {"all_": ["mailing:to-skår"]}}}
    found: list[dict[str, Any]] = httpx.post(f"{env['PREFECT_API_URL']}/flow_runs/filter", json=asked).json()
    return found
