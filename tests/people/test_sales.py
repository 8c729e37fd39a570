"""Sales come in from a list, and a project is told of."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from mailings.db import Database
from mailings.errors import NotFound, Unreadable
from mailings.people.erasing import erase
from mailings.people.projects import create_project, describe_project, project_told
from mailings.people.sale_rows import amount_of, day_of, percent_of
from mailings.people.sales import SalesOutcome, import_sales, sale_numbered, sale_told, sales, shown
from tests.audience.people import company, person
from tests.people.files import workbook


def _brought_in(session: Session, folder: Path, text: str) -> SalesOutcome:
    """What came of a list with this text."""
    (folder / "salg.csv").write_text(text, encoding="utf-8")
    return import_sales(session, folder / "salg.csv")


def test_a_list_of_sales(any_db: Database, tmp_path: Path) -> None:
    """Heads in any of the six languages; whose a sale is is found by name and address; a wrong cell costs only itself."""
    with any_db.writing() as session:
        firm, ase = company(session, "Møbler Ødegård AS"), person(session, "Åse Ødegård", "ase@fjord.test")
        outcome = _brought_in(
            session,
            tmp_path,
            "Våre salg,,,,,,\nSalgsnummer,Navn,Beløp,Valuta,Dato,Trinn,Sannsynlighet,Firma,E-post\n"
            'S-1,"Lenestol «Bjørn»",12 500.50,nok,22.11.2026,Tilbud,60 %,møbler ødegård as,Ase@Fjord.test\n'
            "S-2,Bord,mye,NOK,i fjor,,,Ukjent AS,ingen@fjord.test\n,Uten nummer,1,,,,\n",
        )
        assert (outcome.rows, outcome.created) == (2, 2)
        assert [(one.row, one.column) for one in outcome.errors] == [(4, "amount"), (4, "day"), (4, "company"), (4, "email"), (5, "number")]
        first = sale_numbered(session, "S-1")
        assert (first.company_id, first.person_id, first.day) == (firm.id, ase.id, date(2026, 11, 22))
        assert shown(session, first) == {
            "number": "S-1", "name": "Lenestol «Bjørn»", "amount": "12500.50", "currency": "NOK", "day": "2026-11-22", "status": "Tilbud",
            "probability": 60, "company": "Møbler Ødegård AS", "person": "Åse Ødegård",
        }  # fmt: skip
        assert [sale.number for sale in sales(session)] == ["S-1", "S-2"]


def test_a_known_sale_is_brought_up_to_date(any_db: Database, tmp_path: Path) -> None:
    """What the list says is written; what it says nothing of stays; of a number's rows the last that says something decides."""
    with any_db.writing() as session:
        _brought_in(session, tmp_path, "number;name;amount;status\n7;Stoel;100;offerte\n")
        outcome = _brought_in(session, tmp_path, "number;name;amount;status\n7;;90;\n7;;80;getekend\n")
        assert outcome.document() == {"rows": 1, "created": 0, "updated": 1, "errors": []}
        session.expire_all()
        assert sale_told(sale_numbered(session, "7")) == {"number": "7", "name": "Stoel", "amount": "80", "status": "getekend"}


def test_whose_sales_are_found_by_an_index(any_db: Database) -> None:
    """Who looks for the sales of a company or a person, or erases either, reads no other sale."""
    led = [index["column_names"] for index in inspect(any_db.engine).get_indexes("sale")]
    assert ["company_id"] in led
    assert ["person_id"] in led


def test_rows_of_one_number_belong_together(any_db: Database, tmp_path: Path) -> None:
    """A sale listed twice keeps what only its first row says, and whose it is; each row answers for what is wrong in it."""
    with any_db.writing() as session:
        firm, ase = company(session, "Ærlig AS"), person(session, "Åse Ødegård", "ase@fjord.test")
        heads = "number;name;amount;date;probability;company;email"
        rows = "7;Stoel;100;2026-11-22;60;Ærlig AS;ase@fjord.test\n7;;90;;;;\n7;Bord;;;0;Ukjent AS;"
        outcome = _brought_in(session, tmp_path, f"{heads}\n{rows}\n")
        assert (outcome.rows, outcome.created, [(one.row, one.column) for one in outcome.errors]) == (1, 1, [(4, "company")])
        sale = sale_numbered(session, "7")
        assert (sale.name, sale.amount, sale.day, sale.probability) == ("Bord", "90", date(2026, 11, 22), 0)
        assert (sale.company_id, sale.person_id) == (firm.id, ase.id)


def test_a_workbook_holds_numbers(any_db: Database, tmp_path: Path) -> None:
    """What a cell holds as a number is it, however many decimals; a share is percent, 1 among them; nothing unreadable ends the import."""
    heads = ("number", "amount", "probability")
    rows = [("A", 99.375, 1.0), ("B", 0.1 + 0.2, 0.29), ("C", -1234.5, 60), ("D", 12500, 0), ("E", "nan", "nan"), ("F", True, "inf")]
    with any_db.writing() as session:
        outcome = import_sales(session, workbook(tmp_path / "salg.xlsx", [heads, *rows]))
        assert [(sale.number, sale.amount, sale.probability) for sale in sales(session)] == [
            *(("A", "99.375", 100), ("B", "0.3", 29), ("C", "-1234.5", 60), ("D", "12500", 0), ("E", "", None), ("F", "", None)),
        ]
    assert [(one.row, one.column) for one in outcome.errors] == [(6, "amount"), (6, "probability"), (7, "amount"), (7, "probability")]


def test_what_is_no_list_of_sales(db: Database, tmp_path: Path) -> None:
    """A list of people is refused, and a number nothing has is not found; each sentence says what to do."""
    with db.writing() as session:
        with pytest.raises(Unreadable, match="lists no sales; give its columns heads such as number"):
            _brought_in(session, tmp_path, "Name;E-mail\nÅse;ase@fjord.test\n")
        with pytest.raises(NotFound, match="mailings sales list"):
            sale_numbered(session, "7")


def test_a_sale_outlives_whoever_bought(any_db: Database, tmp_path: Path) -> None:
    """Erasing a person leaves the sale, and it is nobody's."""
    with any_db.writing() as session:
        buyer = person(session, "Désirée van der IJssel", "desiree@ijssel.test")
        _brought_in(session, tmp_path, "number;name;email\n7;Stoel;desiree@ijssel.test\n")
        erase(session, buyer.id)
        assert sale_numbered(session, "7").person_id is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        *(("12 500,50", "12500.50"), ("1.234,5", "1234.5"), ("1,234.50", "1234.50"), ("1.234", "1234"), ("1,234,567", "1234567")),
        *(("€ 99,95", "99.95"), ("-3.5", "-3.5"), ("12500", "12500"), ("much", None), ("", None)),
        *(("0.125", "0.125"), ("1234.125", "1234.125"), ("12 500.125", "12500.125"), ("99,375", "99375"), ("0", "0"), (".5", "0.5")),
        *(("(500)", "-500"), ("NOK (1.234,50)", None), ("(€ 1.234,50)", "-1234.50"), ("(-500)", None), ("500-", None), ("−3", "-3")),
        *(("kr. 500", "500"), ("kr. 500,-", "500"), ("1'234.50", "1234.50"), ("1.234.567,89 EUR", "1234567.89"), ("1.2.3", None)),
        *(("1e5", None), ("12.34,5", None), ("nan", None), (99.375, "99.375"), (1e16, "10000000000000000"), (7, "7")),
    ],
)
def test_amounts(text: object, amount: str | None) -> None:
    """An amount is read as people of Europe write it, a workbook's number as it is, and what may be read otherwise not at all."""
    assert amount_of(text) == amount


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-11-22", date(2026, 11, 22)), ("2026-11-22T00:00:00", date(2026, 11, 22)), ("2.3.2026", date(2026, 3, 2)), ("31-02-2026", None)],
)
def test_days(text: str, day: date | None) -> None:
    """A day is read with the year first, or the day first; one there never was is none."""
    assert day_of(text) == day


@pytest.mark.parametrize(
    ("cell", "percent"),
    [
        *(("60 %", 60), ("60", 60), ("0,6", 60), ("0.5%", 0), ("1%", 1), ("1", 1), ("100%", 100), ("66.7 %", 67), ("0.29", 29)),
        *(
            (1, 100),
            (0.6, 60),
            (0, 0),
            (60, 60),
            (0.29, 29),
            ("nan", None),
            ("-inf", None),
            ("1e999999", None),
            ("101", None),
            ("-1", None),
        ),
    ],
)
def test_percent(cell: object, percent: int | None) -> None:
    """What has a sign is percent; without one what is below 1 is a share, and so is the 1 of a workbook, which holds 100 % so."""
    assert percent_of(cell) == percent


def test_a_project_is_told_of(any_db: Database) -> None:
    """What letters name of a project is written word by word; what is not given stays, an empty text takes it away."""
    with any_db.writing() as session:
        create_project(session, "Båtmesse")
        describe_project(session, "Båtmesse", {"number": "P-12", "leader": "Kåre Å.", "ends_on": date(2026, 12, 31)})
        told = describe_project(session, "Båtmesse", {"kind": "Messe", "number": ""})
        assert project_told(told) == {"kind": "Messe", "leader": "Kåre Å.", "ends_on": "2026-12-31"}
        assert "ends_on" not in project_told(describe_project(session, "Båtmesse", {"ends_on": ""}))
