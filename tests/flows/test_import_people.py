"""Bringing people in by a run: the file of the worker, whole or not at all, a page and a table of what came of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import Workbook
from prefect import flow
from sqlalchemy import func, select

from flows.import_people import import_people
from mailings.consent.history import in_force
from mailings.db import Database
from mailings.errors import NotAllowed, NotFound, Unreadable
from mailings.model import Address, Basis, Person
from mailings.settings import Settings
from tasks.artifacts import run_id
from tasks.parameters import HowToImport
from tests.flows.published import by_key

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

LIST = "navn;e-post\nÅse Ødegård;ase@fjord.test\nDésirée van der IJssel;desiree@noord.test\nJürgen Groß;ingen adresse\n"


@pytest.fixture
def imports(configured: Settings) -> Path:
    """The folder for imports, with a list of three of whom one has no address."""
    folder = Path("var/imports")
    folder.mkdir(parents=True)
    (folder / "folk.csv").write_text(LIST, encoding="utf-8")
    return folder


def people(db: Database) -> int:
    """How many people the database knows."""
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Person)) or 0


def basis(db: Database, address: str) -> Basis:
    """The basis on which the person may be written to."""
    with db.reading() as session:
        owner = session.scalars(select(Address.person_id).where(Address.normal == address)).one()
        (standing, _) = in_force(session, [owner])[owner]
        return standing


def test_twice_is_once(db: Database, imports: Path) -> None:
    """The readable rows come in with the declared basis; the same run again recognises everybody and adds nobody."""
    told = import_people("folk.csv", HowToImport(consent="contract", selection="Lesere"))
    assert (told["rows"], told["created"], told["skipped"], told["members"]) == (3, 2, 1, 2)
    assert basis(db, "ase@fjord.test") is Basis.CONTRACT
    again = import_people("folk.csv", HowToImport(consent="contract", selection="Lesere"))
    assert (again["created"], again["matched"], again["members"], people(db)) == (0, 2, 2, 2)


def test_a_workbook_whose_unknown_are_left_out(db: Database, imports: Path) -> None:
    """A workbook is read as well; with skip nobody new comes in."""
    made = Workbook()
    for row in (["Navn", "E-post"], ["Åse", "ase@fjord.test"], ["Ny", "ny@fjord.test"]):
        made.active.append(row)
    made.save(imports / "liste.xlsx")
    import_people("folk.csv")
    told = import_people("liste.xlsx", HowToImport(unknown="skip"))
    assert (told["matched"], told["created"], told["skipped"], people(db)) == (1, 0, 1, 2)


def test_only_trying(db: Database, imports: Path) -> None:
    """A dry run counts as the import would, and changes nothing."""
    told = import_people("folk.csv", HowToImport(dry_run=True, selection="Lesere"))
    assert (told["created"], people(db)) == (2, 0)


def test_what_the_run_leaves(db: Database, imports: Path) -> None:
    """The page tells the counts; the table names each wrong row with its column, by the list's own head, and why."""

    @flow
    def around() -> object:
        """The import within a run whose number is known."""
        found = import_people.fn("folk.csv", HowToImport(consent="consent"))
        return run_id(), found

    run, _ = around()  # type: ignore[misc]
    left = by_key(run)
    page = str(left["import-people"].data)
    assert page.startswith("# 3 rows in folk.csv: 2 people created, 0 matched, 1 skipped.")
    assert "2 statements about consent are recorded" in page
    (row,) = json.loads(str(left["import-wrong-rows"].data))
    assert (row["Row"], row["Column"]) == (4, "e-post")
    assert row["Why"].startswith("ingen adresse is no address")


def test_at_most_two_hundred(imports: Path, db: Database) -> None:
    """Of a list that is all wrong the table has two hundred rows, and says of how many."""
    rows = "".join(f"Åse {n};ingen adresse\n" for n in range(300))
    (imports / "feil.csv").write_text(f"navn;e-post\nÅse;ase@fjord.test\n{rows}", encoding="utf-8")

    @flow
    def around() -> object:
        """The import within a run whose number is known."""
        import_people.fn("feil.csv")
        return run_id()

    table = by_key(around())["import-wrong-rows"]  # type: ignore[arg-type]
    assert len(json.loads(str(table.data))) == 200
    assert str(table.description) == "What is wrong in feil.csv: the first 200 of 300"


@pytest.mark.parametrize(
    ("file", "error", "sentence"),
    [
        ("../hemmelig.csv", NotAllowed, "'../hemmelig.csv' leads out of the folder for imports"),
        ("/etc/passwd", NotAllowed, "leads out of the folder"),
        ("lenke.csv", NotAllowed, "leads out of the folder"),
        ("folc.csv", NotFound, "There is no file 'folc.csv' among the imports; did you mean folk.csv"),
        ("a\0b.csv", Unreadable, "cannot be the name of a file"),
        ("å" * 300, Unreadable, "cannot be the name of a file"),
        ("tom.csv", Unreadable, "tom.csv is empty."),
        ("brev.csv", Unreadable, "brev.csv has no column with e-mail addresses"),
    ],
)
def test_refused(file: str, error: type[Exception], sentence: str, db: Database, imports: Path) -> None:
    """A file that lies elsewhere, is not there, or is no list fails the run in one sentence, and nobody comes in."""
    Path("var/hemmelig.csv").write_text(LIST, encoding="utf-8")
    (imports / "lenke.csv").symlink_to(Path("var/hemmelig.csv").resolve())
    (imports / "tom.csv").touch()
    (imports / "brev.csv").write_text("Kjære leser\n", encoding="utf-8")
    with pytest.raises(error) as raised:
        import_people(file)
    assert sentence in str(raised.value)
    assert people(db) == 0
