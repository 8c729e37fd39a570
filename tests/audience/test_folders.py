"""Folders as people see them: the tree with what is in each, and mailings moved."""

from __future__ import annotations

import pytest

from mailings.audience.folders import move, tree, within
from mailings.db import Database
from mailings.errors import NotAllowed
from tests.consent.waiting import a_mailing


def test_a_folder_counts_what_is_below_it(any_db: Database) -> None:
    """Every folder stands before those in it, by name, and holds its own mailings and those of all below it."""
    with any_db.writing() as session:
        for name, path in (("vår", "2026/vår"), ("høst", "2026/høst"), ("mer-høst", "2026/høst/tilbud"), ("år", "2026"), ("løs", "")):
            move(session, a_mailing(session, name), path)
    with any_db.reading() as session:
        shelves = tree(session)
    assert [(shelf.path, shelf.depth, shelf.mailings) for shelf in shelves] == [
        ("2026", 0, 4),
        ("2026/høst", 1, 2),
        ("2026/høst/tilbud", 2, 1),
        ("2026/vår", 1, 1),
    ]
    assert [shelf.name for shelf in shelves if shelf.id in within(shelves, "2026/høst")] == ["høst", "tilbud"]
    assert within(shelves, "2026/h") == []


def test_moving_makes_what_is_missing_once(any_db: Database) -> None:
    """The same path leads to the same folder, however it is written; the empty one to none."""
    with any_db.writing() as session:
        first, second = a_mailing(session, "één"), a_mailing(session, "twee")
        assert move(session, first, " 2026 / nieuws/ ") == "2026/nieuws"
        assert move(session, second, "2026//nieuws") == "2026/nieuws"
        assert first.folder_id == second.folder_id is not None
        assert move(session, first, " / ") == ""
        assert first.folder_id is None


@pytest.mark.parametrize("path", ["a/" * 9, "æ" * 101, "to\tspalter"])
def test_a_path_nobody_could_read_is_refused(db: Database, path: str) -> None:
    """Too deep, too long, or with signs that do not show: one sentence, and no folder is made."""
    with db.writing() as session:
        mailing = a_mailing(session, "høst")
        with pytest.raises(NotAllowed, match="choose a shorter path"):
            move(session, mailing, path)
        assert tree(session) == []
