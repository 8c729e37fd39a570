"""Projects and who takes part."""

from __future__ import annotations

import pytest

from mailings.db import Database
from mailings.errors import NotAllowed, NotFound
from mailings.people.projects import add_members, create_project, members_of, project_named, projects, remove_members
from mailings.people.selection_members import listed
from tests.audience.people import person


def test_members_come_and_go(any_db: Database) -> None:
    """People join and leave by address; nobody is in twice, and one unknown address changes nothing."""
    with any_db.writing() as session:
        person(session, "Åse", "ase@x.test")
        person(session, "IJsbrand", "ijs@x.test")
        made = create_project(session, "Messe")
        assert add_members(session, made, ["ase@x.test", "ijs@x.test", "ASE@X.test"]) == 2
        assert add_members(session, made, ["ase@x.test"]) == 0
        with pytest.raises(NotFound, match="Nobody has the address"):
            add_members(session, made, ["ingen@x.test"])
        assert remove_members(session, made, ["ase@x.test"]) == 1
        assert [name for _, name in listed(session, members_of(made.id))] == ["IJsbrand"]
        assert [(found.name, size) for found, size in projects(session)] == [("Messe", 1)]


def test_names(db: Database) -> None:
    """A project's name is its own, and an unknown one is told with where to look."""
    with db.writing() as session:
        create_project(session, "Messe")
        with pytest.raises(NotAllowed, match="named 'Messe' already"):
            create_project(session, "Messe")
        with pytest.raises(NotAllowed, match="needs a name"):
            create_project(session, "")
        with pytest.raises(NotFound, match="no project named 'Expo'"):
            project_named(session, "Expo")
