"""Postal addresses come in with a list, those of people and those of companies."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from mailings.db import Database
from mailings.model import Company, Person
from mailings.people.heads import field_of
from mailings.people.importing import ImportOptions, import_people
from mailings.people.lists import read_list
from mailings.people.meanings import said_yes
from mailings.people.showing import show


def _brought_in(db: Database, folder: Path, text: str) -> None:
    """Import a list with this text."""
    (folder / "liste.csv").write_text(text, encoding="utf-8")
    with db.writing() as session:
        import_people(session, read_list(folder / "liste.csv", "NO"), ImportOptions(None, True, None))


@pytest.mark.parametrize(
    ("heads", "field"),
    [
        (["Street", "Straat", "Gade", "Gateadresse", "Gatuadress", "Straße", "Address line 1"], "street"),
        (["Postal code", "Postcode", "Postnummer", "Postnr.", "PLZ", "Zip"], "zip"),
        (["City", "Woonplaats", "By", "Poststed", "Postort", "Wohnort"], "city"),
        (["Company address", "Bedrijfsadres", "Firmaadresse", "Bedriftsadresse", "Företagsadress", "Firmenanschrift"], "company_street"),
        (["Use as postal address", "Gebruik als postadres", "Brug som postadresse", "Bruk som postadresse"], "use_as_postal"),
        (["Använd som postadress", "Als Postanschrift verwenden"], "use_as_postal"),
        (["Address", "Adres", "Adresse", "Adress"], None),
    ],
)
def test_heads_of_addresses(heads: list[str], field: str | None) -> None:
    """A part of an address is known by its head in all six languages; a bare `address`, which may be one of e-mail, is not guessed."""
    assert [field_of(head) for head in heads] == [field] * len(heads)


def test_yes_in_six_languages() -> None:
    """Yes is yes in each of them, and so are one and a tick; everything else is no."""
    assert all(said_yes(word) for word in ("yes", "Ja", "JA", "sant", "1", "x", "✔"))
    assert not any(said_yes(word) for word in ("", "nei", "nee", "perhaps", "0"))


def test_addresses_come_in(any_db: Database, tmp_path: Path) -> None:
    """A person's own address with all its lines, and their company's postal address, told once, is the company's."""
    _brought_in(
        any_db,
        tmp_path,
        "Navn;E-post;Gate;Address line 2;Postnr;Poststed;Bruk som postadresse;Firma;Firmaadresse;Firma postnr;Firma poststed;Firma land\n"
        "Åse Ødegård;ase@fjord.test;Storgata 1;2. etasje;0184;Oslo;ja;Ærlig AS;Postboks 7;5003;Bergen;Norge\n"
        "Bjørn Å;bjorn@fjord.test;;;;;;Ærlig AS;Annen vei 9;9999;Nordpolen;\n",
    )
    with any_db.reading() as session:
        ase = session.scalars(select(Person).where(Person.name == "Åse Ødegård")).one()
        assert (ase.street, ase.zip, ase.city, ase.use_as_postal) == ("Storgata 1\n2. etasje", "0184", "Oslo", True)
        firm = session.scalars(select(Company)).one()
        assert (firm.postal_street, firm.postal_zip, firm.postal_city, firm.postal_country) == ("Postboks 7", "5003", "Bergen", "NO")
        assert {"street": "Storgata 1\n2. etasje", "city": "Oslo", "use_as_postal": True}.items() <= show(session, ase).items()


def test_what_is_known_stays(any_db: Database, tmp_path: Path) -> None:
    """A second list fills in what was empty, and overwrites neither a person's address nor a company's."""
    _brought_in(any_db, tmp_path, "Name;E-mail;Street;Company;Company address;Company city\nÅse;ase@fjord.test;Vei 1;Ærlig;Boks 1;Oslo\n")
    _brought_in(any_db, tmp_path, "Name;E-mail;Street;City;Company;Company address\nÅse;ase@fjord.test;Vei 2;Bodø;Ærlig;Boks 2\n")
    with any_db.reading() as session:
        ase, firm = session.scalars(select(Person)).one(), session.scalars(select(Company)).one()
        assert (ase.street, ase.city, ase.use_as_postal) == ("Vei 1", "", False)
        assert (firm.postal_street, firm.postal_city) == ("Boks 1", "Oslo")


OSLO, BERLIN = "Storgata 1;;Oslo;NO", "Hauptstraße 9;10115;Berlin;DE"


@pytest.mark.parametrize(
    ("first", "second", "came"),
    [
        (OSLO, BERLIN, OSLO),
        ("Storgata 1;;Oslo;", BERLIN, "Storgata 1;;Oslo;"),
        ("Storgata 1;;Oslo;", ";;;DE", "Storgata 1;;Oslo;"),
        ("Storgata 1;;Oslo;", OSLO, OSLO),
        (";0184;;", BERLIN, ";0184;;"),
        (";;;DK", BERLIN, ";;;DK"),
        (";;;DE", BERLIN, BERLIN),
        (";;;", BERLIN, BERLIN),
        (";;;NO", "Storgata 1;;Oslo;", OSLO),
    ],
)
def test_no_address_is_made_of_two(any_db: Database, tmp_path: Path, first: str, second: str, came: str) -> None:
    """An address is filled in whole, with its country, where none is known and the country is no other; else all of it is left out."""
    for address in (first, second):
        _brought_in(any_db, tmp_path, f"Name;E-mail;Street;Postal code;City;Country\nÅse Ødegård;ase@fjord.test;{address}\n")
    with any_db.reading() as session:
        ase = session.scalars(select(Person)).one()
        assert f"{ase.street};{ase.zip};{ase.city};{ase.country}" == came


def test_a_mark_belongs_to_its_address(db: Database, tmp_path: Path) -> None:
    """That letters go to an address is taken with it: said of one that is left out it is left out too, alone it holds for what is known."""
    said = [("Åse", "Vei 1;Oslo;", False), ("Åse", "Vei 2;Bodø;ja", False), ("Åse", "Vei 1;Oslo;ja", True)]
    said += [("Bjørn", "Vei 3;Oslo;", False), ("Bjørn", ";;ja", True)]
    for name, address, marked in said:
        email = {"Åse": "ase@fjord.test", "Bjørn": "bjorn@fjord.test"}[name]
        _brought_in(db, tmp_path, f"Name;E-mail;Street;City;Use as postal address\n{name};{email};{address}\n")
        with db.reading() as session:
            assert session.scalars(select(Person.use_as_postal).where(Person.name == name)).one() is marked
