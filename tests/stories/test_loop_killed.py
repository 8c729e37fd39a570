"""A loop of `mailings deliver --watch` killed in the middle: the next one serves the rest, and nobody twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from mailings.db import Database
from mailings.model import Delivery
from mailings.sending.system_messages import queue_system_message
from tests.cli.test_deliver import count, until, watching
from tests.cli.typed import type_in
from tests.sending.asked import SETTINGS, books, person
from tests.servers.sink import open_folder, program, sink
from tests.stories.test_killed import message_ids

PEOPLE = 500
pytestmark = pytest.mark.skipif(program("smtp-sink") is None, reason="smtp-sink (Debian's postfix) is not installed")


def press(db: Database, people: list[int]) -> None:
    """Everybody presses the button, in one transaction: five hundred would take most of the test."""
    with db.writing() as session:
        assert all(queue_system_message(session, "preferences-link", who, SETTINGS) for who in people)


def test_killed_between_hand_over_and_record(any_db: Database, tmp_path: Path) -> None:
    """After kill -9 the messages in its hands are in doubt and everybody else gets theirs; who asks again meanwhile gets no second one."""
    people = [person(any_db, f"ase-{number:04}@fjord.test") for number in range(PEOPLE)]
    press(any_db, people)
    with open_folder() as mail, sink("-W", "DATA:1:10", dump=mail / "taken") as server:
        smtp = {
            "MAILINGS_EMAIL_TRANSPORT": "smtp",
            "MAILINGS_SMTP_HOST": "127.0.0.1",
            "MAILINGS_SMTP_PORT": str(server.port),
            "MAILINGS_SECRET": "a-secret-of-the-tests-and-of-nobody-else",
        }
        with watching(any_db, tmp_path, **smtp) as loop:
            until(lambda: count(any_db) >= 100)
            loop.kill()
            loop.wait()
        in_hand = count(any_db, "sending")
        assert in_hand > 0
        assert count(any_db) + in_hand < PEOPLE
        press(any_db, people)
        with watching(any_db, tmp_path, **smtp):
            until(lambda: count(any_db, "queued") == count(any_db, "sending") == 0)
        taken = message_ids(server.dumped())
    found = books(any_db).deliveries
    assert (found["in_doubt"], found["sent"] + found["in_doubt"]) == (in_hand, PEOPLE)
    assert max(taken.values()) == 1
    assert found["sent"] <= len(taken) <= PEOPLE
    with any_db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == PEOPLE
    shown = type_in(tmp_path, "status", "system-preferences-link-da", "--json", MAILINGS_DATABASE_URL=_url(any_db))
    assert '"balanced":true' in shown.stdout, shown.stderr


def _url(db: Database) -> str:
    return db.url.render_as_string(hide_password=False)
