"""The engine of a run: embedded for one command, gone when the command is gone, and never in the way of a configured one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.engines import answers, asked, command, environment, gone_within, url_of
from tests.prefect_tables import with_tables

pytestmark = [pytest.mark.slow, pytest.mark.prefect, pytest.mark.xdist_group("engine")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder that keeps its Prefect databases from test to test."""
    work = tmp_path_factory.mktemp("work")
    with_tables(work / "var" / "prefect")
    return work


def test_runs_and_leaves_records(folder: Path) -> None:
    """The embedded server answers, every task run and log line is written down before it stops, and the terminal stays quiet."""
    with command(folder) as process:
        url = url_of(process)
        assert answers(url)
        out, err = process.communicate("\n", timeout=180)
    assert process.returncode == 0, err
    assert gone_within(url, 0)
    assert out.splitlines()[-1] == "after None None"
    assert "INFO" not in err
    assert "Traceback" not in err
    assert asked(folder, "SELECT state_type, count(*) FROM task_run GROUP BY 1") == [("COMPLETED", 40)]
    assert asked(folder, "SELECT count(*) FROM log WHERE message LIKE 'portion%æøå'") == [(40,)]


def test_interrupted(folder: Path) -> None:
    """Ctrl-C at the terminal reaches the command alone: the server lives until the run's end is written down, then it is gone."""
    with command(folder) as process:
        url = url_of(process)
        process.send_signal(signal.SIGINT)
        process.wait(180)
    assert process.returncode != 0
    assert gone_within(url, 60)
    assert asked(folder, "SELECT state_type FROM flow_run ORDER BY created DESC LIMIT 1") == [("CRASHED",)]


def test_the_server_dies(folder: Path) -> None:
    """A server that is killed under a run is started again, and the run ends as if nothing had been."""
    with command(folder) as process:
        url_of(process)
        os.kill(int((folder / "var/prefect/1/lock").read_text()), signal.SIGKILL)
        _, err = process.communicate("\n", timeout=120)
    assert process.returncode == 0, err
    assert asked(folder, "SELECT state_type FROM flow_run ORDER BY created DESC LIMIT 1") == [("COMPLETED",)]


def test_a_server_that_stays_away(folder: Path) -> None:
    """What Prefect raises when its server is gone for good becomes one sentence: nothing is lost, run it again."""
    lost = "import httpx\nfrom cli.engine import engine\nwith engine():\n    raise httpx.ConnectError('refused')"
    done = subprocess.run([sys.executable, "-c", lost], cwd=folder, env=environment(), capture_output=True, text=True, timeout=120)
    assert "mailings.errors.Unreachable: Prefect's API at http://127.0.0.1:" in done.stderr
    assert "the same command goes on" in done.stderr


def test_two_at_once_and_one_killed(folder: Path) -> None:
    """Two commands in one folder have a server and a database each; kill -9 of one leaves no server behind, and the other undisturbed."""
    second_home = folder / "var/prefect/2"
    second_home.mkdir()
    shutil.copy(folder / "var/prefect/1/prefect.db", second_home)  # migrated already
    before = asked(folder, "SELECT count(*) FROM flow_run")
    with command(folder) as first:
        urls = [url_of(first)]
        with command(folder) as second:
            urls.append(url_of(second))
            first.kill()
            first.wait()
            assert gone_within(urls[0], 60)
            assert answers(urls[1])
            second.communicate("\n", timeout=180)
    assert second.returncode == 0
    assert asked(folder, "SELECT state_type FROM flow_run ORDER BY created DESC LIMIT 1", number=2) == [("COMPLETED",)]
    assert asked(folder, "SELECT count(*) FROM flow_run", number=1) == [(int(str(before[0][0])) + 1,)]


def test_configured(folder: Path, tmp_path: Path) -> None:
    """With PREFECT_API_URL set no server is started: the run goes to the one that is named."""
    with command(folder) as first:
        url = url_of(first)
        with command(tmp_path, PREFECT_API_URL=url, PREFECT_HOME=str(tmp_path / "home")) as second:
            assert url_of(second) == url
            second.communicate("\n", timeout=180)
        first.communicate("\n", timeout=180)
    assert second.returncode == 0
    assert not (tmp_path / "var").exists()


def test_configured_by_profile(tmp_path: Path) -> None:
    """The API of Prefect's active profile counts as configured; when it does not answer, one sentence says so."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "profiles.toml").write_text('active = "ours"\n[profiles.ours]\nPREFECT_API_URL = "http://127.0.0.1:9/api"\n')
    with command(tmp_path, PREFECT_HOME=str(tmp_path / "home")) as process:
        out, _ = process.communicate(timeout=180)
    assert process.returncode == 3
    assert "http://127.0.0.1:9/api does not answer" in out
    assert len(out.splitlines()) == 1


def test_a_server_that_cannot_start(tmp_path: Path) -> None:
    """A Prefect database that is no database is one sentence naming the log."""
    (tmp_path / "var/prefect/1").mkdir(parents=True)
    (tmp_path / "var/prefect/1/prefect.db").write_bytes(b"not a database" * 1000)
    with command(tmp_path) as process:
        out, _ = process.communicate(timeout=180)
    assert process.returncode == 3
    assert "var/prefect/1/server.log" in out


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Where the engine cannot keep its files, one sentence names the folder."""
    (tmp_path / "var").write_text("a file, not a folder")
    with command(tmp_path) as process:
        out, _ = process.communicate(timeout=180)
    assert process.returncode == 3
    assert "var/prefect" in out
