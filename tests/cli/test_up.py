"""`mailings up`: everything on one machine comes up, works by itself, and ends so that nobody is lost and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import yaml
from sqlalchemy import select

from mailings.clock import now
from mailings.db import connected
from mailings.model import Delivery, Mailing
from tests.cli.upped import ROOT, Up, command, family, installation, outbox, plain, status, until, upped
from tests.forms.sent import send
from tests.sending.answered import furnished

pytestmark = [pytest.mark.slow, pytest.mark.prefect, pytest.mark.xdist_group("up")]

PEOPLE, RATE = 900, 60  # one a second: a quarter of an hour of sending, longer than anything is waited for
PATIENCE = 300.0  # seconds for whatever is to come about; on a quiet machine all of it is over in twenty
SOON = timedelta(seconds=10)  # domain.md O: within which a form response is on its way
NAME = "til-åse"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with a draft to 900 people, which keeps its Prefect server's database from test to test."""
    folder = tmp_path_factory.mktemp("ups")
    installation(folder, NAME, PEOPLE, RATE).engine.dispose()
    return folder


@pytest.fixture(scope="module")
def first(folder: Path) -> Iterator[Up]:
    """The first `up` of the installation, ready; ended by the test that interrupts it."""
    with upped(folder) as up:
        yield up


def test_everything_answers(first: Up) -> None:
    """Prefect's pages and API and the desk answer where it says, everything of prefect.yaml is deployed, and one worker is at the pool."""
    for url in (f"http://127.0.0.1:{first.prefect_port}/", f"{first.api}/health", f"http://127.0.0.1:{first.port}/desk/sign-in"):
        assert url.split("/desk")[0].removesuffix("/api/health").rstrip("/") in first.said
        assert httpx.get(url, timeout=120, follow_redirects=True).status_code == 200, url
    named = {deployment["name"] for deployment in yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]}
    assert {deployment["name"] for deployment in first.ask("deployments/filter", {})} == named
    assert [one["status"] for one in first.ask("work_pools/mailings/workers/filter", {})] == ["ONLINE"]


def test_answers_leave_soon(first: Up) -> None:
    """A form that is sent while it runs is answered within ten seconds, and no run of Prefect's is asked for (domain.md O)."""
    database = connected(f"sqlite:///{first.folder}/var/mailings.db")
    furnished(database, first.folder)
    send(database)
    asked = now()
    until(lambda: status(first.folder, "takk")["deliveries"]["sent"] == 1, PATIENCE)
    with database.reading() as session:  # by the books: when it was looked at depends on who looks
        assert session.scalars(select(Delivery.sent_at)).one() - asked < SOON
    database.engine.dispose()
    assert first.ask("flow_runs/count", {"flow_runs": {"name": {"like_": "send takk"}}}) == 0
    for message in (first.folder / "var" / "outbox" / "new").iterdir():
        message.unlink()  # what follows counts the others


def test_schedules_are_kept(first: Up) -> None:
    """Runs of what happens every minute are planned by the server itself: with SQLAlchemy 2.1 it needs our help for that."""
    asked = {"deployments": {"name": {"any_": ["start-due-mailings"]}}, "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    until(lambda: first.ask("flow_runs/count", asked) >= 3, PATIENCE)


def test_a_second_up_is_refused(first: Up) -> None:
    """In a folder where one runs, another says so in a sentence with its process, exit code 1, and the first is undisturbed."""
    told = subprocess.run(command(1, 2), cwd=first.folder, env=plain(), capture_output=True, text=True, timeout=PATIENCE)
    assert told.returncode == 1
    assert f"process {first.process.pid}" in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1
    assert first.ready()


def test_a_port_that_is_taken(first: Up, tmp_path: Path) -> None:
    """A port in use is one sentence naming the option that chooses another, before anything is started."""
    for words, option in (((9, first.prefect_port), "--prefect-port"), ((first.port, 9), "--port")):
        told = subprocess.run(command(*words), cwd=tmp_path, env=plain(), capture_output=True, text=True, timeout=PATIENCE)
        assert (told.returncode, len(told.stderr.strip().splitlines())) == (1, 1), told.stderr
        assert f"another with {option}" in told.stderr


def test_another_server_is_named(tmp_path: Path) -> None:
    """Where PREFECT_API_URL names another server none is started: one sentence says what to do."""
    env = plain(PREFECT_API_URL="http://127.0.0.1:1/api")
    told = subprocess.run(command(8, 9), cwd=tmp_path, env=env, capture_output=True, text=True, timeout=PATIENCE)
    assert told.returncode == 1
    assert "unset it" in told.stderr
    assert not (tmp_path / "var").exists()


def test_doctor_sees_it(first: Up) -> None:
    """Doctor in the same folder, told nothing, finds the server, its worker, the deployments, and when due mailings are looked for."""
    doctor = [sys.executable, "-m", "cli.main", "doctor"]
    told = subprocess.run(doctor, cwd=first.folder, env=plain(), capture_output=True, text=True, timeout=PATIENCE)
    assert "kept by mailings up" in told.stdout, told.stdout + told.stderr
    assert "mailings: 1 worker at it" in told.stdout
    assert "all are there" in told.stdout
    assert "due mailings are looked for next at" in told.stdout


def test_a_child_that_dies(first: Up) -> None:
    """A door that is killed is started again, and that is said."""
    os.kill(next(pid for pid in family(first.folder) if is_door(pid)), signal.SIGKILL)
    until(lambda: "web door is started again" in first.said, PATIENCE)
    until(lambda: answers(f"http://127.0.0.1:{first.port}/desk/sign-in"), PATIENCE)
    assert "by SIGKILL" in first.said


def test_interrupted_and_gone_on(first: Up) -> None:
    """A mailing whose time has come is begun by itself; Ctrl-C meanwhile ends everything within a minute, nobody in doubt; `up` again
    sends the rest, and everybody has it once. SIGTERM then ends everything with exit code 0."""
    folder = first.folder
    at = (now() + timedelta(days=1)).isoformat()
    subprocess.run([*command(1, 2)[:3], "send", NAME, "--at", at], cwd=folder, env=plain(), check=True, capture_output=True)
    its_time_comes(folder)
    first.run("start-due-mailings")  # what happens every minute, now
    until(lambda: len(outbox(folder)) > 0, PATIENCE)
    took = first.end()
    left = status(folder, NAME)["deliveries"]
    assert first.process.returncode == 130
    assert took < 60  # the worker may take 40 to finish what is in hand: then nothing is ended by force
    assert family(folder) == set()
    assert left["in_doubt"] == left["sending"] == 0
    assert left["sent"] == len(outbox(folder)) < PEOPLE
    assert left["sent"] + left["queued"] == PEOPLE
    (folder / ".env").unlink()  # no limit any more
    with upped(folder) as again:
        until(lambda: len(outbox(folder)) >= PEOPLE, PATIENCE)
        until(lambda: status(folder, NAME)["status"] == "sent", PATIENCE)
        assert len(outbox(folder)) == len(set(outbox(folder))) == PEOPLE
        again.end(signal.SIGTERM)
    assert again.process.returncode == 0
    assert family(folder) == set()


def its_time_comes(folder: Path) -> None:
    """Let the moment that was chosen be past; a moment a second from now is, on a busy machine, before `send` has read it."""
    database = connected(f"sqlite:///{folder}/var/mailings.db")
    with database.writing() as session:
        session.scalars(select(Mailing).where(Mailing.name == NAME)).one().scheduled_at = now() - timedelta(seconds=1)
    database.engine.dispose()


def is_door(pid: int) -> bool:
    """Whether that process is the web door; one that has ended meanwhile, as runs do at any moment, is not."""
    try:
        return b"\0serve\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def answers(url: str) -> bool:
    """Whether the page is there."""
    try:
        return httpx.get(url, timeout=30).status_code == 200
    except httpx.HTTPError:
        return False
