"""A submission is processed whole or not at all, and exactly once; its script once; when its person is erased nothing of it is left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import select, update

from mailings.content import scripts
from mailings.db import Database
from mailings.forms.processing import process
from mailings.forms.scripts import call_due
from mailings.model import (
    Interest,
    Request,
    Selection,
    SubmissionStatus,
)
from mailings.people.deleting import delete
from mailings.people.erasing import erase
from tests.consent.waiting import a_person
from tests.forms.ready import ACTIONS, WHOLE, only, ready
from tests.forms.sent import SETTINGS, people, pushed, send, submissions


def test_what_fails_is_kept_and_tried_again(any_db: Database, tmp_path: Path) -> None:
    """A selection that is gone: nothing of the submission is done, its sentence is kept, and when it is mended it is processed once."""
    ready(any_db)
    pushed(any_db, tmp_path, actions=ACTIONS)
    with any_db.writing() as session:
        session.execute(update(Selection).values(name="Andre"))
    send(any_db)
    with any_db.writing() as session:
        sent = only(session)
        assert sent.status is SubmissionStatus.FAILED
        assert "'Gjester'" in str(sent.problem)
        assert (people(session), session.scalars(select(Request)).all()) == ([], [])
        session.execute(update(Selection).values(name="Gjester"))
        assert process(session, sent.id, "kari", SETTINGS)
        assert (sent.problem, len(people(session))) == (None, 1)


def test_two_processors_do_it_once(any_db: Database, tmp_path: Path) -> None:
    """Eight at the same moment, of two submissions with one new address: one person, one request each."""
    ready(any_db)
    pushed(any_db, tmp_path, actions=ACTIONS, mode="manual")
    numbers = [send(any_db).submission or 0 for _ in range(2)]

    def at_once(number: int) -> bool:
        """One processor."""
        with any_db.writing() as session:
            return process(session, number, "kari", SETTINGS)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(at_once, numbers * 4))
    with any_db.reading() as session:
        assert len(people(session)) == 1
        assert sorted(row.submission_id or 0 for row in session.scalars(select(Request))) == sorted(numbers)


def test_whoever_is_being_erased_is_nobody(any_db: Database, tmp_path: Path) -> None:
    """They are not matched, and no second person with their address is made behind their back; it says so."""
    ready(any_db)
    pushed(any_db, tmp_path)
    with any_db.writing() as session:
        delete(session, a_person(session, "ase@fjord.test"), 14)
    send(any_db)
    with any_db.reading() as session:
        assert (only(session).status, len(people(session))) == (SubmissionStatus.FAILED, 1)
        assert "being erased" in str(only(session).problem)


def test_scripts_are_called_once(any_db: Database, tmp_path: Path) -> None:
    """After the submission is processed its script is called, once, and what it said is kept; one that fails says so."""
    called: list[tuple[str, int | None]] = []

    @scripts.script("ring-opp")
    def ring(click: scripts.Click) -> str:
        """Note who is called."""
        called.append((click.link, click.person))
        return "rang" if len(called) == 1 else str(1 // 0)

    ready(any_db)
    pushed(any_db, tmp_path, actions={"script": "ring-opp"})
    send(any_db)
    send(any_db)
    assert (call_due(any_db, SETTINGS), call_due(any_db, SETTINGS)) == (2, 0)
    with any_db.reading() as session:
        assert called == [("pamelding", people(session)[0].id)] * 2
        first, second = submissions(session)
        assert str(first.outcome).endswith("Script ring-opp: rang")
        assert "failed: ZeroDivisionError" in str(second.outcome)


def test_erased(any_db: Database, tmp_path: Path) -> None:
    """Of what is processed only that it came stays; what waits is deleted, and no cell of it is left."""
    ready(any_db)
    pushed(any_db, tmp_path, actions=ACTIONS)
    send(any_db, WHOLE)
    pushed(any_db, tmp_path, mode="manual")
    send(any_db, WHOLE)
    with any_db.writing() as session:
        session.add(Interest(name="other"))
        erase(session, people(session)[0].id)
        left = only(session)
        assert (left.values, left.email, left.person_id, left.outcome) == ({}, None, None, None)
        assert session.scalars(select(Request)).all() == []
