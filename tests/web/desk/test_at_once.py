"""Two at the desk who give one name in the same moment: one gets it, the other a sentence or what the first made; never an error."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from mailings.audience.copies import copy
from mailings.audience.folders import move
from mailings.clock import now
from mailings.db import Database
from mailings.model import Folder, Mailing, Project, Recipient, RegisteredLink, Selection, TrackedLink, Upload
from mailings.people.projects import create_project
from mailings.people.selection_members import create_selection
from mailings.people.uploading import keep
from mailings.sending.finding import mailing_named
from mailings.tracking.registered import create_link
from tests.consent.waiting import a_mailing
from tests.meanwhile import meanwhile
from tests.sending.fit import written
from tests.web.desk.fitting import FIT
from tests.web.desk.seated import Seat, seated
from tests.web.desk.test_importing import brought

NAME, OTHER = "høst-nytt", "vår-nytt"


def two(db: Database) -> None:
    """Two mailings, the first with a link."""
    with db.writing() as session:
        mailing = a_mailing(session, NAME)
        a_mailing(session, OTHER)
        session.add(TrackedLink(mailing_id=mailing.id, number=1, name="høst", url="https://fjord.test/høst"))


def many(db: Database, rows: Select[Any]) -> int:
    """How many rows there are."""
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


Case = tuple[Callable[[Session], Any], str, dict[str, str], Select[Any]]
TAKEN: dict[str, Case] = {
    "mailing": (lambda s: copy(s, mailing_named(s, OTHER), "kopi"), f"/mailings/{NAME}/copy", {"new": "kopi"}, select(Mailing)),
    "selection": (lambda s: create_selection(s, "Ås"), "/selections", {"name": "Ås"}, select(Selection)),
    "project": (lambda s: create_project(s, "Ås"), "/projects", {"name": "Ås"}, select(Project)),
    "link": (
        lambda s: create_link(s, "butikk", "https://fjord.test/"),
        "/links",
        {"name": "butikk", "url": "https://ijssel.test/"},
        select(RegisteredLink),
    ),
}


@pytest.mark.parametrize("what", TAKEN)
def test_a_name_is_given_once(any_db: Database, what: str) -> None:
    """A mailing copied, a selection, project or registered link made: the later is told that the name is taken."""
    two(any_db)
    first, path, fields, rows = TAKEN[what]
    before = many(any_db, rows)
    with seated(any_db) as seat:
        assert meanwhile(any_db, first, lambda: seat.press(path, **fields).status_code) == 409
        assert "already" in seat.press(path, **fields).text
    assert many(any_db, rows) == before + 1


def test_a_folder_is_made_once(any_db: Database) -> None:
    """Two mailings moved into one new folder at the root and one below it lie in the same."""
    two(any_db)
    with seated(any_db) as seat:
        for path in ("2026", "2026/høst"):
            put = meanwhile(any_db, lambda s, to=path: move(s, mailing_named(s, OTHER), to), lambda to=path: moved(seat, to))  # type: ignore[misc]
            assert put == 303
    assert many(any_db, select(Folder)) == 2
    assert many(any_db, select(Mailing.folder_id).distinct()) == 1


def moved(seat: Seat, to: str) -> int:
    """The status of the first mailing moved there."""
    return seat.press(f"/mailings/{NAME}/move", folder="", new=to).status_code


@pytest.mark.parametrize("into", ["selection", "project"])
def test_what_is_made_where_missing_is_made_once(any_db: Database, into: str) -> None:
    """Clickers added to a selection or project that somebody else is just making go into that one."""
    two(any_db)
    make = create_selection if into == "selection" else create_project
    with seated(any_db) as seat:
        path = f"/mailings/{NAME}/links/1/add"
        assert meanwhile(any_db, lambda s: make(s, "Ås"), lambda: seat.press(path, into=into, name="Ås").status_code) == 303
    assert many(any_db, select(Selection if into == "selection" else Project)) == 1


@pytest.mark.parametrize("what", ["check", "preview/list", "preview/test", "schedule"])
def test_a_button_pressed_twice(any_db: Database, what: str) -> None:
    """By two, or by one who clicks twice: a draft's list is made once, and neither meets an error."""
    written(any_db, html='<p>Hei <a href="https://fjord.test/høst">Høst</a></p>')
    fields = {"to": "bo@fjord.test", "at": f"{now().year + 1}-05-02T09:00", "zone": "Europe/Oslo"}
    with seated(any_db, **FIT) as one, seated(any_db, **FIT) as other, ThreadPoolExecutor(2) as both:
        codes = list(both.map(lambda seat: seat.press(f"/mailings/{NAME}/{what}", **fields).status_code, (one, other)))
    assert set(codes) <= {200, 303}
    assert many(any_db, select(Recipient)) == 1


def test_a_file_brought_twice(any_db: Database) -> None:
    """A list uploaded by a click too many is looked over twice, and kept once."""
    with seated(any_db) as seat:
        first = lambda session: keep(session, 1, ("en.csv", b"x"), {})  # noqa: E731  as those above
        assert meanwhile(any_db, first, lambda: brought(seat, b"navn,e-post\nBo,bo@fjord.test\n", "to.csv").status_code) == 303
    assert many(any_db, select(Upload).where(Upload.name == "to.csv")) == many(any_db, select(Upload)) == 1
