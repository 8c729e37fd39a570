"""Seams are passed in order, by every writing transaction, and cost nothing while nobody watches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import insert, text

from mailings import seams
from mailings.db import Database
from mailings.model import Topic
from mailings.seams import Seam


@contextmanager
def watched() -> Iterator[list[tuple[Seam, str]]]:
    """Every passage of the block."""
    passed: list[tuple[Seam, str]] = []

    def note(seam: Seam, side: str) -> None:
        passed.append((seam, side))

    seams.watch(note)
    try:
        yield passed
    finally:
        seams.unwatch(note)


def topics(db: Database) -> int:
    """How many another connection sees."""
    with db.connection(write=False) as connection:
        return int(connection.execute(text("SELECT count(*) FROM topic")).scalar_one())


def test_told_in_order_until_told_no_more() -> None:
    """A watcher hears of each passage, before and after; once it is taken off it hears of none."""
    with watched() as passed:
        seams.before(Seam.CLAIM)
        seams.after(Seam.CLAIM)
    seams.before(Seam.CLAIM)
    assert passed == [(Seam.CLAIM, "before"), (Seam.CLAIM, "after")]


def test_all_watchers_hear() -> None:
    """Several watchers do not know of each other."""
    with watched() as one, watched() as other:
        seams.after(Seam.CLOSE)
    assert one == other == [(Seam.CLOSE, "after")]


@pytest.mark.parametrize("bare", [False, True])
def test_a_commit_lies_between_its_two_sides(any_db: Database, bare: bool) -> None:
    """Before COMMIT nobody else sees what is written, after it everybody does, through a session or a bare connection."""
    seen: list[tuple[str, int]] = []

    def look(seam: Seam, side: str) -> None:
        assert seam is Seam.COMMIT
        seen.append((side, topics(any_db)))

    seams.watch(look)
    try:
        if bare:
            with any_db.connection() as connection:
                connection.execute(insert(Topic).values(name="Høst"))
        else:
            with any_db.writing() as session:
                session.add(Topic(name="Høst"))
                session.flush()
    finally:
        seams.unwatch(look)
    assert seen == [("before", 0), ("after", 1)]


def test_what_is_rolled_back_commits_nothing(db: Database) -> None:
    """A transaction that fails passes neither side of COMMIT; one that only reads neither."""
    with watched() as passed:
        with pytest.raises(ZeroDivisionError), db.writing():
            raise ZeroDivisionError
        with pytest.raises(ZeroDivisionError), db.connection():
            raise ZeroDivisionError
        with db.reading() as session:
            session.execute(text("SELECT 1"))
        topics(db)
    assert passed == []


def test_a_watcher_that_ends_the_process_leaves_nothing_behind(db: Database) -> None:
    """What a watcher raises before COMMIT keeps the transaction from being committed: nothing stands between the seam and the effect."""

    def end(_seam: Seam, side: str) -> None:
        if side == "before":
            raise SystemExit

    seams.watch(end)
    try:
        with pytest.raises(SystemExit), db.connection() as connection:
            connection.execute(insert(Topic).values(name="Høst"))
    finally:
        seams.unwatch(end)
    assert topics(db) == 0
