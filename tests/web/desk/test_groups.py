"""Selections and projects at the desk: listed, told in words, filled and emptied, and with the mailings they have."""

from __future__ import annotations

import re

from sqlalchemy import select

from mailings import clock
from mailings.db import Database
from mailings.model import Combination, Project, Role, Selection, SelectionMember, Source, SourceKind
from mailings.people.selection_members import Combined, create_selection
from tests.audience.people import project, selection
from tests.consent.waiting import a_mailing, a_person
from tests.web.desk.seated import seated


def test_lists_and_what_they_are(any_db: Database) -> None:
    """Each with its people now; a condition and a combination are told in words; deleted people are in none."""
    with any_db.writing() as session:
        ase, bo = a_person(session, "ase@fjord.test", name="Åse Ødegård", country="NO"), a_person(session, "bo@fjord.test", name="Bo")
        gone = a_person(session, "ute@fjord.test", name="Ute", deleted_at=clock.now())
        numbers = [selection(session, "Kunder <1>", ase, bo, gone).id, selection(session, "Norske", where='country = "NO"').id]
        numbers.append(create_selection(session, "Uten", Combined("Kunder <1>", Combination.LEFT, "Norske")).id)
        messe = project(session, "Båtmesse", bo).id
    with seated(any_db, Role.READER) as seat:
        page = seat.look("/selections").text
        assert re.findall(r'class="number" data-label="People">(\d+)<', page) == ["2", "1", "1"]
        assert "Kunder &lt;1&gt;" in page
        assert "country = &#34;NO&#34;" in seat.look(f"/selections/{numbers[1]}").text
        combined = seat.look(f"/selections/{numbers[2]}").text
        assert "Everybody in Kunder &lt;1&gt; who is not in Norske." in combined
        assert (">Bo<" in combined, "Ødegård" in combined) == (True, False)
        first = seat.look(f"/selections/{numbers[0]}").text
        assert ("Ute" in first, "/remove" in first, "Add people" in first) == (False, False, False)
        assert "Bo" in seat.look(f"/projects/{messe}").text
        assert seat.look("/selections/999").status_code == 404


def test_made_filled_and_emptied(any_db: Database) -> None:
    """A new one takes people by address and lets them go by ticks; an unknown address adds nobody; a condition takes no people."""
    with any_db.writing() as session:
        people = [a_person(session, f"p{n}@fjord.test").id for n in range(3)]
    with seated(any_db) as seat:
        made = seat.press("/selections", name="Båtfolk").headers["location"].removeprefix("/desk")
        assert seat.press(f"{made}/add", addresses="p0@fjord.test, p1@fjord.test\np2@fjord.test").status_code == 303
        assert "3 people added." in seat.look(made).text
        assert seat.press(f"{made}/add", addresses="p0@fjord.test nobody@fjord.test").status_code == 404
        assert seat.press(f"{made}/add", addresses=" ; ").status_code == 400
        seat.press(f"{made}/remove", id=[people[0], people[2]])
        dynamic = seat.press("/selections", name="Norske", condition='country = "NO"').headers["location"].removeprefix("/desk")
        assert seat.press(f"{dynamic}/add", addresses="p0@fjord.test").status_code == 409
        assert seat.press("/selections", name="Rar", condition="country =").status_code == 400
        assert seat.press("/projects", name="Messe").status_code == 303
        assert seat.press("/projects", name="Messe").status_code == 409
        assert seat.press(f"{made}/burn").status_code == 404
    with any_db.reading() as session:
        assert session.scalars(select(SelectionMember.person_id)).all() == [people[1]]
        assert session.scalars(select(Selection.name).order_by(Selection.id)).all() == ["Båtfolk", "Norske"]
        assert session.scalars(select(Project.name)).all() == ["Messe"]


def test_their_mailings(any_db: Database) -> None:
    """Both what is archived on it and what has it as a source, each once; a project's stand under Activities."""
    with any_db.writing() as session:
        kunder, messe = selection(session, "Kunder"), project(session, "Messe")
        archived = a_mailing(session, "arkivert", archive_selection_id=kunder.id, archive_project_id=messe.id)
        sourced = a_mailing(session, "kilde")
        a_mailing(session, "annen")
        for one in (archived, sourced):
            session.add(Source(mailing_id=one.id, position=1, kind=SourceKind.SELECTION, label="Kunder", selection_id=kunder.id))
        numbers = kunder.id, messe.id
    with seated(any_db, Role.READER) as seat:
        page = seat.look(f"/selections/{numbers[0]}/mailings").text
        assert re.findall(r"/desk/mailings/(\w+)\"", page) == ["kilde", "arkivert"]
        page = seat.look(f"/projects/{numbers[1]}/mailings").text
        assert re.findall(r"/desk/mailings/(\w+)\"", page) == ["arkivert"]
        assert "Activities" in page


def test_page_by_page(db: Database) -> None:
    """Fifty on a page, each person on one page only."""
    with db.writing() as session:
        people = [a_person(session, f"p{n}@fjord.test", basis=None) for n in range(51)]
        number, last = selection(session, "Mange", *people).id, people[50].id
    with seated(db, Role.READER) as seat:
        first = seat.look(f"/selections/{number}").text
        after = re.findall(r'rel="next" href="/desk(/[^"]+)"', first)[0]
        second = seat.look(after).text
        pages = [re.findall(r'/desk/people/(\d+)"', page) for page in (first, second)]
        assert (len(pages[0]), pages[1]) == (50, [str(last)])
