"""Killed anywhere and started again: the rest is served, and nobody twice. Real processes, a real server, both databases."""

from __future__ import annotations

import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from subprocess import Popen

import pytest
from sqlalchemy import text

from mailings.db import Database
from tests.servers.sink import open_folder, program, sink
from tests.stories.conftest import Office

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("stories")]

BATCH = 200


def until_sent(office: Office, running: Popen[str], count: int, patience: float = 180) -> None:
    """Wait until the books of a running command show so many sent."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        with office.db.reading() as session:
            if session.execute(text("SELECT count(*) FROM delivery WHERE status = 'sent'")).scalar_one() >= count:
                return
        assert running.poll() is None, running.communicate()
        time.sleep(0.05)
    pytest.fail(f"{count} were not sent within {patience:g} s")


def forgotten(db: Database) -> None:
    """Wait until PostgreSQL has noticed that a process was killed: until then a commit that it had asked for may still come true."""
    if db.sqlite:
        return
    db.engine.dispose()
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
    until, left = time.monotonic() + 180, True
    while left:
        assert time.monotonic() < until, "the server still serves a dead client"
        time.sleep(0.02)
        with db.reading() as session:  # each time anew: within a transaction it would see the same ones
            left = session.execute(text(f"{others} AND pid <> pg_backend_pid()")).scalar_one() > 0


def message_ids(dump: str) -> Counter[str]:
    """How often each message was taken by the server."""
    return Counter(re.findall(r"^Message-ID: (<[^>]+>)", dump, re.MULTILINE))


@pytest.mark.skipif(program("smtp-sink") is None, reason="smtp-sink (Debian's postfix) is not installed")
def test_killed_between_hand_over_and_record(office: Callable[..., Office]) -> None:
    """After kill -9 in the middle, a second run serves everybody else: one message each on the wire, the open ones in doubt."""
    people = 3000
    with open_folder() as mail, sink("-W", "DATA:1:2", dump=mail / "taken") as server:
        smtp = {"MAILINGS_EMAIL_TRANSPORT": "smtp", "MAILINGS_SMTP_HOST": "127.0.0.1", "MAILINGS_SMTP_PORT": str(server.port)}
        desk = office(people, **smtp)
        desk.killed_at(2 * BATCH + 50, "send", "host-nytt")
        killed = desk.status()["deliveries"]
        assert 0 < killed["sending"] <= 2 * BATCH
        second = desk.command("send", "host-nytt", "--json")
        assert second.returncode == 0, second.stderr
        after = desk.status()
        taken = message_ids(server.dumped())
    found = after["deliveries"]
    assert after["status"] == "sent"
    assert after["balanced"]
    assert found["in_doubt"] == killed["sending"]
    assert found["sent"] + found["in_doubt"] == people
    assert max(taken.values()) == 1
    assert found["sent"] <= len(taken) <= people


def test_interrupted_by_a_person(office: Callable[..., Office]) -> None:
    """Ctrl-C finishes what is in hand and records it: nothing is in doubt, exit 130, and the same command goes on."""
    desk = office(3000, MAILINGS_RATE="6000")  # half a minute: as long as this process may take to say so
    with desk.started("send", "host-nytt") as first:
        until_sent(desk, first, 200)
        first.send_signal(signal.SIGINT)
        _, said = first.communicate(timeout=120)
        assert first.returncode == 130, said
    between = desk.status()
    open_ones = {status: n for status, n in between["deliveries"].items() if n}
    assert set(open_ones) == {"sent", "queued"}
    assert "Traceback" not in said
    assert "goes on where this one stopped" in said
    desk.environment.pop("MAILINGS_RATE")
    assert desk.command("send", "host-nytt").returncode == 0
    assert desk.status()["deliveries"]["sent"] == 3000
    files = list((desk.folder / "var/outbox/new").iterdir())
    assert len(files) == len({file.name.split(".")[0] for file in files}) == 3000


@pytest.mark.parametrize("any_db", ["sqlite"], indirect=True)
def test_two_at_once(office: Callable[..., Office]) -> None:
    """A second command while one is sending is told who is at work, at once, and changes nothing."""
    desk = office(400)
    assert desk.command("limits", "set", "installation", "--rate", "60").returncode == 0  # it is at it until the limit is removed
    with desk.started("send", "host-nytt") as first:
        until_sent(desk, first, 1)
        second = desk.command("send", "host-nytt")
        assert second.returncode == 1
        assert f"host-nytt is already being sent by process {first.pid} on " in second.stderr
        assert desk.command("limits", "remove", "installation").returncode == 0
        assert first.wait(180) == 0
    assert desk.status()["deliveries"]["sent"] == 400


@pytest.mark.parametrize("any_db", ["sqlite"], indirect=True)
def test_paused_from_another_terminal(office: Callable[..., Office]) -> None:
    """Pause stops a running command soon, which says so with exit 1; after resume the rest goes out."""
    desk = office(600, MAILINGS_RATE="600")  # a minute: as long as the other terminal may take
    with desk.started("send", "host-nytt") as first:
        until_sent(desk, first, 1)
        assert desk.command("pause", "host-nytt").returncode == 0
        _, said = first.communicate(timeout=120)
        assert (first.returncode, "host-nytt is paused: by a person" in said) == (1, True)
    refused = desk.command("send", "host-nytt")
    assert (refused.returncode, "mailings resume host-nytt" in refused.stderr) == (1, True)
    assert "mailings send host-nytt" in desk.command("resume", "host-nytt").stdout
    desk.environment.pop("MAILINGS_RATE")
    assert desk.command("send", "host-nytt").returncode == 0
    assert desk.status()["deliveries"]["sent"] == 600
