"""Selections: static, dynamic and combined sets of people, and who is in them now."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.clock import now
from mailings.db import Database
from mailings.errors import NotAllowed, NotFound, Unreadable
from mailings.model import Combination, Person, Selection, SelectionKind
from mailings.people.selection_members import Combined, add_people, create_selection, how_many, listed, remove_people, selections
from mailings.people.selections import freeze, people_of, selection_named
from tests.audience.people import company, person, selection


def names(session: Session, chosen: Selection) -> list[str]:
    """The names of the people in a selection now, each as often as the select yields it."""
    people = people_of(session, chosen).subquery()
    return sorted(session.scalars(select(Person.name).join(people, people.c.person_id == Person.id)))


OPERATORS = {
    Combination.LEFT: ["Åse"],
    Combination.RIGHT: ["IJsbrand"],
    Combination.BOTH: ["Bjørn"],
    Combination.EITHER: ["IJsbrand", "Åse"],
    Combination.ALL: ["Bjørn", "IJsbrand", "Åse"],
}


@pytest.mark.parametrize("operator", list(Combination))
def test_the_five_operators(any_db: Database, operator: Combination) -> None:
    """Left only, right only, both, exactly one, all: each person once (domain.md C.1)."""
    with any_db.writing() as session:
        ase, bjorn, ijs = (person(session, name, country="NO") for name in ("Åse", "Bjørn", "IJsbrand"))
        person(session, "Çelik")
        selection(session, "Venstre", ase, bjorn)
        selection(session, "Høyre", bjorn, ijs)
        made = create_selection(session, "Sammen", Combined("Venstre", operator, "Høyre"))
        assert names(session, made) == OPERATORS[operator]


def test_combined_of_combined_and_dynamic(any_db: Database) -> None:
    """A combined selection takes any kind on either side, also another combined one."""
    with any_db.writing() as session:
        ase = person(session, "Åse", country="NO")
        person(session, "Bjørn", country="NO")
        person(session, "IJsbrand", country="NL")
        selection(session, "Fast", ase)
        create_selection(session, "Norge", 'country = "NO"')
        create_selection(session, "Nederland", 'country = "NL"')
        create_selection(session, "Begge", Combined("Norge", Combination.ALL, "Nederland"))
        made = create_selection(session, "Uten fast", Combined("Begge", Combination.LEFT, "Fast"))
        assert names(session, made) == ["Bjørn", "IJsbrand"]


def test_a_selection_inside_itself_is_refused(db: Database) -> None:
    """A circle of combined selections is one sentence that draws it, not an endless loop."""
    with db.writing() as session:
        one = selection(session, "En")
        made = create_selection(session, "To", Combined("En", Combination.ALL, "En"))
        made.right_id = made.id
        with pytest.raises(NotAllowed, match=r"'To' contains itself .*To > To"):
            people_of(session, made)
        assert people_of(session, one) is not None


def test_main_contacts(any_db: Database) -> None:
    """Include main contact adds each company's main contact; where that one left, the working person of lowest rank (C.1)."""
    with any_db.writing() as session:
        fjord, ijssel, tom = company(session, "Fjord"), company(session, "IJssel"), company(session, "Tom")
        ase, left, lonely = (person(session, n, company_id=c.id) for n, c in (("Åse", fjord), ("Daan", ijssel), ("Ene", tom)))
        main = person(session, "Hovedkontakt", company_id=fjord.id)
        gone = person(session, "Sluttet", company_id=ijssel.id, retired=True)
        person(session, "Rang tre", company_id=ijssel.id, rank=3)
        person(session, "Rang to", company_id=ijssel.id, rank=2)
        person(session, "Slettet", company_id=ijssel.id, rank=0, deleted_at=now())
        left.rank = 9
        fjord.primary_contact_id, ijssel.primary_contact_id, lonely.retired = main.id, gone.id, True
        made = selection(session, "Kunder", ase, left, lonely, include_main_contact=True)
        assert names(session, made) == ["Daan", "Ene", "Hovedkontakt", "Rang to", "Åse"]


def test_members_come_and_go(any_db: Database) -> None:
    """People are added and removed by address; who is there already is not doubled, and one unknown address changes nothing."""
    with any_db.writing() as session:
        person(session, "Åse", "ase@x.test")
        person(session, "Bjørn", "bjorn@blåbær.test")
        made = create_selection(session, "Kunder")
        assert add_people(session, made, ["ASE@x.test", "Bjørn <bjorn@blåbær.test>"]) == 2
        assert add_people(session, made, ["ase@x.test"]) == 0
        with pytest.raises(NotFound, match=r"Nobody has the address nobody@x\.test"):
            add_people(session, made, ["nobody@x.test"])
        assert remove_people(session, made, ["ase@x.test"]) == 1
        assert list(listed(session, people_of(session, made))) == [("bjorn@xn--blbr-roah.test", "Bjørn")]


def test_only_static_ones_take_people(db: Database) -> None:
    """Nobody can be put into a condition."""
    with db.writing() as session:
        person(session, "Åse", "ase@x.test")
        made = create_selection(session, "Norge", 'country = "NO"')
        with pytest.raises(NotAllowed, match="Norge is a dynamic selection"):
            add_people(session, made, ["ase@x.test"])


def test_freezing(any_db: Database) -> None:
    """A frozen selection keeps the people it had, whatever changes afterwards."""
    with any_db.writing() as session:
        ase = person(session, "Åse", country="NO")
        made = create_selection(session, "Norge", 'country = "NO"')
        assert freeze(session, made) == 1
        ase.country = "SE"
        person(session, "Bjørn", country="NO")
        session.flush()
        assert (made.kind, names(session, made)) == (SelectionKind.STATIC, ["Åse"])
        with pytest.raises(NotAllowed, match="static already"):
            freeze(session, made)


def test_names_and_conditions_are_checked_when_made(db: Database) -> None:
    """A taken or empty name, a condition that cannot be read and a side that does not exist are refused at once."""
    with db.writing() as session:
        create_selection(session, "Kunder")
        with pytest.raises(NotAllowed, match="named 'Kunder' already"):
            create_selection(session, "Kunder")
        with pytest.raises(NotAllowed, match="needs a name"):
            create_selection(session, " ")
        with pytest.raises(Unreadable, match="no field 'contry'"):
            create_selection(session, "Norge", 'contry = "NO"')
        with pytest.raises(NotFound, match="no selection named 'Ingen'"):
            create_selection(session, "Sammen", Combined("Kunder", Combination.ALL, "Ingen"))
        with pytest.raises(NotFound, match="selections list"):
            selection_named(session, "Norge")


def test_deleted_people_are_in_no_count(any_db: Database) -> None:
    """A soft-deleted member is neither counted nor listed."""
    with any_db.writing() as session:
        made = selection(session, "Kunder", person(session, "Åse"), person(session, "Bjørn", deleted_at=now()))
        assert how_many(session, people_of(session, made)) == 1
        assert [name for _, name in listed(session, people_of(session, made))] == ["Åse"]
        assert [(found.name, size) for found, size in selections(session)] == [("Kunder", 1)]
