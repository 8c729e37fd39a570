"""Killed while a real Postfix takes mail: its log settles the doubt, and the books agree with what it has, nobody twice."""

from __future__ import annotations

import email
import re
import time
from collections import Counter
from collections.abc import Callable

import orjson
import pytest
from sqlalchemy import text

from tests.servers.postfix import Postfix, keeping, may_run
from tests.stories.conftest import Office

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.xdist_group("stories"),
    pytest.mark.skipif(not may_run(), reason="Postfix is not installed, or this user may not start it"),
]

PEOPLE = 700


def kept(server: Postfix) -> Counter[int]:
    """How often each delivery, by its Message-ID, stands in the Maildir that Postfix writes: a witness apart from the log."""
    files = [file.read_bytes() for file in (server.mail / "new").iterdir()]
    return Counter(int(re.match(r"<(\d+)\.", email.message_from_bytes(file)["Message-ID"])[1]) for file in files)


def until_quiet(server: Postfix) -> None:
    """Wait until Postfix has put away all it took: nobody speaks to it, its queue is empty, and it writes down nothing more."""
    until, before, same = time.monotonic() + 180, "", 0
    while same < 10:
        assert time.monotonic() < until, before[-2000:]
        now = server.log.read_text("utf-8", "replace") if server.log.exists() else ""
        pairs = ((": connect from ", ": disconnect from "), ("(queue active)", ": removed\n"))
        done = all(now.count(begun) == now.count(ended) for begun, ended in pairs)
        same = same + 1 if done and now == before else 0
        before = now
        time.sleep(0.2)


def statuses(desk: Office) -> dict[int, str]:
    """The status of every delivery."""
    with desk.db.reading() as session:
        return dict(session.execute(text("SELECT id, status FROM delivery")).all())


@pytest.mark.parametrize("any_db", ["sqlite"], indirect=True)
def test_killed_and_settled(office: Callable[..., Office]) -> None:
    """After kill -9 and recovery the log makes `sent` of exactly those in doubt that Postfix has; a person sends the others."""
    with keeping("fjord.test") as server:
        smtp = {"EMAIL_TRANSPORT": "smtp", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(server.port), "SMTP_LOG": str(server.log)}
        desk = office(PEOPLE, **{f"MAILINGS_{name}": value for name, value in smtp.items()})
        desk.killed_at(300, "send", "host-nytt")
        until_quiet(server)
        told = desk.command("settle", "host-nytt", "--json")
        assert told.returncode == 0, told.stderr
        taken, after = kept(server), statuses(desk)
        assert {number for number, status in after.items() if status == "sent"} == set(taken)
        (document,) = orjson.loads(told.stdout)["mailings"]
        assert sum(one["deliveries"] for one in document["settled"]) > 0
        in_doubt = [number for number, status in after.items() if status == "in_doubt"]
        assert document["left"] == len(in_doubt)
        assert not set(in_doubt) & set(taken)
        assert desk.command("settle", "host-nytt", "--as", "queued").returncode == 0
        second = desk.command("send", "host-nytt", "--json")
        assert second.returncode == 0, second.stderr
        until_quiet(server)
        taken = kept(server)
    assert orjson.loads(second.stdout)["deliveries"]["sent"] == PEOPLE
    assert (len(taken), max(taken.values())) == (PEOPLE, 1)
