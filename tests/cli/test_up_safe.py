"""`mailings up` is its operator's alone: foreign pages, other users of the machine and who has no password get nothing from it."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cli.engine_folder import own_folder
from tests.cli.upped import STARTS, Up, command, family, installation, outbox, plain, status, until, upped
from tests.prefect_tables import with_tables

pytestmark = [pytest.mark.slow, pytest.mark.prefect, pytest.mark.xdist_group("up")]

NAME, PEOPLE = "høst-nytt", 3
ENDED = ("Completed", "Failed", "Crashed", "Cancelled")
EVIL = "https://evil.example"
AUTH = ("admin", "long-secret")
KNOWN = {"PREFECT_SERVER_API_AUTH_STRING": ":".join(AUTH), "PREFECT_API_AUTH_STRING": ":".join(AUTH)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with a draft to three people, whose Prefect server's folder an earlier version left open to all."""
    folder = tmp_path_factory.mktemp("safe")
    installation(folder, NAME, PEOPLE, 6000).engine.dispose()
    (folder / "var" / "prefect" / "server").mkdir(parents=True, mode=0o755)
    with_tables(folder / "var" / "prefect", "server")
    return folder


@pytest.fixture(scope="module")
def guarded(folder: Path) -> Iterator[Up]:
    """An `up` with a password for the API, in the environment as in `.env`."""
    with upped(folder, **KNOWN) as up:
        up.auth = AUTH
        yield up


def asked(up: Up, origin: str) -> httpx.Headers:
    """What the server tells a browser that asks whether a page from there may speak to it: about a POST, and on an answer."""
    heads = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    before = httpx.options(f"{up.api}/flow_runs/filter", headers=heads, timeout=120)
    answer = httpx.get(f"{up.api}/health", headers={"Origin": origin}, timeout=120)
    assert before.headers.get("access-control-allow-origin") == answer.headers.get("access-control-allow-origin")
    return before.headers


def test_pages_of_others_may_not_ask(guarded: Up) -> None:
    """Prefect's own pages may ask, by either name of this machine; no page from elsewhere, and none at another port."""
    for own in (f"http://127.0.0.1:{guarded.prefect_port}", f"http://localhost:{guarded.prefect_port}"):
        assert asked(guarded, own)["access-control-allow-origin"] == own
    for foreign in (EVIL, f"http://127.0.0.1:{guarded.port}", "null"):
        assert "access-control-allow-origin" not in asked(guarded, foreign)


def test_a_blind_post_changes_nothing(guarded: Up) -> None:
    """A POST that a browser sends without asking first is refused though its sender knew the password: no token."""
    blind = httpx.post(f"{guarded.api}/flow_runs/filter", content=b'{"limit": 1}', headers={"Origin": EVIL}, auth=AUTH, timeout=120)
    assert (blind.status_code, blind.json()) == (403, {"detail": "Missing CSRF token."})


def test_pages_ask_their_own_server(guarded: Up) -> None:
    """At a port that is not Prefect's usual one its pages are told to ask that very port, with a password and a token."""
    told = httpx.get(f"http://127.0.0.1:{guarded.prefect_port}/ui-settings", timeout=120).json()
    assert (told["api_url"], told["auth"], told["csrf_enabled"]) == (guarded.api, "BASIC", True)


def test_nobody_without_the_password(guarded: Up) -> None:
    """With a password set everything of `up` works (it is ready: deployed, worker heard of), and who does not know it gets nothing."""
    assert httpx.get(f"{guarded.api}/deployments/count", timeout=120).status_code == 401
    assert [one["status"] for one in guarded.ask("work_pools/mailings/workers/filter", {})] == ["ONLINE"]


def test_doctor_and_send_know_the_password(guarded: Up) -> None:
    """Beside it doctor sees the worker, `send` is served by it, and a run that the worker starts ends well."""
    words, env = [sys.executable, "-m", "cli.main"], plain(**KNOWN)
    told = subprocess.run([*words, "doctor"], cwd=guarded.folder, env=env, capture_output=True, text=True, timeout=180)
    assert "mailings: 1 worker at it" in told.stdout, told.stdout + told.stderr
    sent = subprocess.run([*words, "send", NAME], cwd=guarded.folder, env=env, capture_output=True, text=True, timeout=180)
    assert sent.returncode == 0, sent.stdout + sent.stderr
    assert status(guarded.folder, NAME)["status"] == "sent"
    assert len(outbox(guarded.folder)) == PEOPLE
    assert {"name": "send-mailing"}.items() <= guarded.ask("flows/name/send-mailing").items()
    run = guarded.run("report-mailing", mailing=NAME)  # one without a schedule, of which a second run at the same time would be cancelled
    until(lambda: guarded.state(run) in ENDED, STARTS)
    assert guarded.state(run) == "Completed"


def test_its_folders_are_its_owners(guarded: Up) -> None:
    """Runs and logs name people: nobody else enters the folders they are in, also where an earlier version let them."""
    for folder in (guarded.folder / "var" / "prefect", guarded.folder / "var" / "prefect" / "server"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_killed(guarded: Up) -> None:
    """kill -9 of `up` itself leaves nothing: its children notice, end by themselves, and the folder is free again."""
    assert len(family(guarded.folder)) >= 4
    guarded.process.send_signal(signal.SIGKILL)
    guarded.process.wait()
    until(lambda: family(guarded.folder) == set(), STARTS)


def test_a_password_prefect_cannot_read(tmp_path: Path) -> None:
    """One with other letters than ASCII makes Prefect's server answer 500: it is refused in a sentence before anything starts."""
    env = plain(PREFECT_SERVER_API_AUTH_STRING="admin:blåbær")
    told = subprocess.run(command(8, 9), cwd=tmp_path, env=env, capture_output=True, text=True, timeout=180)
    assert told.returncode == 1
    assert "ASCII" in told.stderr
    assert "blåbær" not in told.stderr
    assert not (tmp_path / "var").exists()


def test_the_folder_of_an_engine(tmp_path: Path) -> None:
    """The engine that a command starts for itself keeps its records in a folder that nobody else enters."""
    with own_folder(tmp_path / "engine") as (home, _):
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
