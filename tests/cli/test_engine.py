"""The engine of a run: embedded for one command, gone when the command is gone, and never in the way of a configured one."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect")]

RUN = """
import logging, os, sys
from cli.door import notes
from cli.engine import engine
from mailings.errors import Unreachable
try:
    with engine() as url:
        from prefect import flow, task
        print(url, flush=True)

        @task
        def portion(number):
            logging.getLogger("mailings.sending").info("portion %d with æøå", number)

        @flow
        def run():
            for number in range(40):
                portion(number)
            print("working", flush=True)
            sys.stdin.readline()

        run()
except Unreachable as error:
    print(error)
    sys.exit(3)
print("after", os.environ.get("PREFECT_API_URL"), os.environ.get("PREFECT_HOME"), flush=True)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder that keeps its Prefect databases from test to test: migrating a fresh one takes 10 s."""
    return tmp_path_factory.mktemp("work")


def environment(**more: str) -> dict[str, str]:
    """The environment of a person who never configured Prefect."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")} | {"HOME": "/nonexistent"} | more


@contextmanager
def command(folder: Path, **more: str) -> Iterator[subprocess.Popen[str]]:
    """A process that runs a flow of 40 tasks and then waits for a line on its standard input."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", RUN], cwd=folder, env=environment(**more), text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def url_of(process: subprocess.Popen[str]) -> str:
    """The API the process runs against, once its flow is at work."""
    assert process.stdout
    url = process.stdout.readline().strip()
    assert process.stdout.readline().strip() == "working"
    return url


def answers(url: str) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) == 0


def gone_within(url: str, seconds: float) -> bool:
    """Whether the server is gone after that time at most."""
    deadline = time.monotonic() + seconds
    while answers(url) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not answers(url)


def asked(folder: Path, sql: str, number: int = 1) -> list[tuple[object, ...]]:
    """Rows of the database the embedded server left."""
    with closing(sqlite3.connect(folder / "var" / "prefect" / str(number) / "prefect.db")) as connection:
        return list(connection.execute(sql))


def test_runs_and_leaves_records(folder: Path) -> None:
    """The embedded server answers, every task run and log line is written down before it stops, and the terminal stays quiet."""
    with command(folder) as process:
        url = url_of(process)
        assert answers(url)
        out, err = process.communicate("\n", timeout=60)
    assert process.returncode == 0, err
    assert gone_within(url, 0)
    assert out.splitlines()[-1] == "after None None"
    assert "INFO" not in err
    assert "Traceback" not in err
    assert asked(folder, "SELECT state_type, count(*) FROM task_run GROUP BY 1") == [("COMPLETED", 40)]
    assert asked(folder, "SELECT count(*) FROM log WHERE message LIKE 'portion%æøå'") == [(40,)]


def test_killed(folder: Path) -> None:
    """kill -9 of the command leaves no server behind."""
    with command(folder) as process:
        url = url_of(process)
        process.kill()
        process.wait()
        assert gone_within(url, 10)


def test_interrupted(folder: Path) -> None:
    """Ctrl-C at the terminal reaches the command alone: the server lives until the run's end is written down, then it is gone."""
    with command(folder) as process:
        url = url_of(process)
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert process.returncode != 0
    assert gone_within(url, 5)
    assert asked(folder, "SELECT state_type FROM flow_run ORDER BY created DESC LIMIT 1") == [("CRASHED",)]


def test_two_at_once(folder: Path) -> None:
    """Two commands in one folder have a server and a database each; the end of one does not disturb the other."""
    with command(folder) as first, command(folder) as second:
        urls = [url_of(first), url_of(second)]
        assert urls[0] != urls[1]
        first.communicate("\n", timeout=60)
        assert answers(urls[1])
        second.communicate("\n", timeout=60)
        assert (first.returncode, second.returncode) == (0, 0)
    assert asked(folder, "SELECT count(*) FROM task_run WHERE state_type = 'COMPLETED'", number=2) == [(40,)]


def test_configured(folder: Path, tmp_path: Path) -> None:
    """With PREFECT_API_URL set no server is started: the run goes to the one that is named."""
    with command(folder) as first:
        url = url_of(first)
        with command(tmp_path, PREFECT_API_URL=url, PREFECT_HOME=str(tmp_path / "home")) as second:
            assert url_of(second) == url
            second.communicate("\n", timeout=60)
        first.communicate("\n", timeout=60)
    assert second.returncode == 0
    assert not (tmp_path / "var").exists()


def test_configured_by_profile(tmp_path: Path) -> None:
    """The API of Prefect's active profile counts as configured; when it does not answer, one sentence says so."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "profiles.toml").write_text('active = "ours"\n[profiles.ours]\nPREFECT_API_URL = "http://127.0.0.1:9/api"\n')
    with command(tmp_path, PREFECT_HOME=str(tmp_path / "home")) as process:
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "http://127.0.0.1:9/api does not answer" in out
    assert len(out.splitlines()) == 1


def test_a_server_that_cannot_start(tmp_path: Path) -> None:
    """A Prefect database that is no database is one sentence naming the log."""
    (tmp_path / "var/prefect/1").mkdir(parents=True)
    (tmp_path / "var/prefect/1/prefect.db").write_bytes(b"not a database" * 1000)
    with command(tmp_path) as process:
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "var/prefect/1/server.log" in out


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Where the engine cannot keep its files, one sentence names the folder."""
    (tmp_path / "var").write_text("a file, not a folder")
    with command(tmp_path) as process:
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "var/prefect" in out
