"""A loop of `mailings deliver --watch` killed in the middle: the next one serves the rest, and nobody twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from mailings.clock import now
from mailings.db import Database
from mailings.model import Address, Delivery, Person
from mailings.sending.form_responses.system_messages import queue_system_message
from tests.cli.test_deliver import count, watching
from tests.cli.typed import type_in
from tests.deployments.server import until
from tests.sending.asked import SETTINGS, books
from tests.servers.sink import open_folder, program, sink
from tests.stories.test_killed import forgotten, message_ids

PEOPLE = 500
SLOW = ("-W", "DATA:3:10")  # from the first message that is recorded to the last that is claimed it is ten seconds
pytestmark = pytest.mark.skipif(program("smtp-sink") is None, reason="smtp-sink (Debian's postfix) is not installed")


def press(db: Database, people: list[int]) -> None:
    """Everybody presses the button, in one transaction: five hundred would take most of the test."""
    with db.writing() as session:
        assert all(queue_system_message(session, "preferences-link", who, SETTINGS) for who in people)


def furnished(db: Database, port: int) -> tuple[list[int], dict[str, str]]:
    """Five hundred who asked, and the settings of a loop that hands over to that port."""
    with db.writing() as session:
        made = [Person(name="Åse Ødegård", language="da", created_at=now()) for _ in range(PEOPLE)]
        session.add_all(made)
        session.flush()
        addresses = (f"ase-{one.id:04}@fjord.test" for one in made)
        session.add_all(Address(person_id=one.id, written=a, normal=a, valid=True) for one, a in zip(made, addresses, strict=True))
        people = [one.id for one in made]
    press(db, people)
    return people, {
        "MAILINGS_EMAIL_TRANSPORT": "smtp",
        "MAILINGS_SMTP_HOST": "127.0.0.1",
        "MAILINGS_SMTP_PORT": str(port),
        "MAILINGS_SECRET": "a-secret-of-the-tests-and-of-nobody-else",
    }


def test_killed_between_hand_over_and_record(any_db: Database, tmp_path: Path) -> None:
    """After kill -9 the messages in its hands are in doubt and everybody else gets theirs; who asks again meanwhile gets no second one."""
    with open_folder() as mail, sink(*SLOW, dump=mail / "slow") as slow, sink(dump=mail / "quick") as quick:
        people, smtp = furnished(any_db, slow.port)
        with watching(any_db, tmp_path, **smtp) as loop:
            until(lambda: count(any_db) > 0 and count(any_db, "sending") > 0, what="the first messages")
            loop.kill()
            loop.wait()
        forgotten(any_db)
        in_hand = count(any_db, "sending")
        assert in_hand > 0
        assert count(any_db) + in_hand < PEOPLE
        press(any_db, people)
        with watching(any_db, tmp_path, **smtp | {"MAILINGS_SMTP_PORT": str(quick.port)}):
            until(lambda: count(any_db, "queued") == count(any_db, "sending") == 0, what="the rest")
        taken = message_ids(slow.dumped()) + message_ids(quick.dumped())
    found = books(any_db).deliveries
    assert (found["in_doubt"], found["sent"] + found["in_doubt"]) == (in_hand, PEOPLE)
    assert max(taken.values()) == 1
    assert found["sent"] <= len(taken) <= PEOPLE
    with any_db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == PEOPLE
    shown = type_in(tmp_path, "status", "system-preferences-link-da", "--json", MAILINGS_DATABASE_URL=_url(any_db))
    assert '"balanced":true' in shown.stdout, shown.stderr


def test_told_to_stop_in_the_middle(db: Database, tmp_path: Path) -> None:
    """SIGTERM while it sends: what is in hand is finished and recorded, nothing is in doubt, and another loop serves the rest."""
    with open_folder() as mail, sink(*SLOW, dump=mail / "slow") as slow, sink(dump=mail / "quick") as quick:
        _, smtp = furnished(db, slow.port)
        with watching(db, tmp_path, **smtp) as loop:
            until(lambda: count(db) > 0, what="the first messages")
            loop.terminate()
            loop.communicate(timeout=120)
        assert loop.returncode == 0
        assert count(db) + count(db, "queued") == PEOPLE
        assert count(db, "queued") > 0
        with watching(db, tmp_path, **smtp | {"MAILINGS_SMTP_PORT": str(quick.port)}):
            until(lambda: count(db) == PEOPLE, what="the rest")
        taken = message_ids(slow.dumped()) + message_ids(quick.dumped())
        assert list(taken.values()) == [1] * PEOPLE


def _url(db: Database) -> str:
    return db.url.render_as_string(hide_password=False)
