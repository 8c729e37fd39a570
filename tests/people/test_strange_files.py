"""Odd, broken and hostile files cost a sentence, never a crash, a hang or the machine's memory."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mailings.errors import Unreadable
from mailings.people.lists import read_list
from mailings.people.textfile import text_rows
from mailings.people.workbook import sheets
from tests.people.files import workbook

PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def _related(kind: str, target: str) -> str:
    link = f'<Relationship Id="rId1" Type="{OFFICE}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{PACKAGE}/relationships">{link}</Relationships>'


XLSX_CONTENT = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Override PartName="/xl/workbook.xml" ContentType="{KIND}"/></Types>',
    "_rels/.rels": _related("officeDocument", "xl/workbook.xml"),
    "xl/_rels/workbook.xml.rels": _related("worksheet", "worksheets/sheet1.xml"),
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>',
}


def raw_xlsx(path: Path, *cells: tuple[str, str], filler: int = 0) -> Path:
    """A workbook put together by hand: cells by reference, and `filler` bytes of nothing that pack to a thousandth."""
    rows = "".join(f'<row><c r="{where}" t="inlineStr"><is><t>{text}</t></is></c></row>' for where, text in cells)
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in XLSX_CONTENT.items():
            book.writestr(name, content)
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as opened:
            opened.write(sheet.encode())
            for _ in range(filler // 1_000_000):
                opened.write(b" " * 1_000_000)
            opened.write(b"</worksheet>")
    return path


def test_published_workbooks(test_data: Path) -> None:
    """Of 21 odd workbooks each gives rows or one sentence that names it: merged cells, errors, other epochs, a password, huge claims."""
    read, refused = 0, {}
    for path in sorted((test_data / "lists" / "workbooks").iterdir()):
        if path.suffix == ".md":
            continue
        try:
            read += sum(1 for sheet in sheets(path) for _ in sheet.rows)
        except Unreadable as error:
            refused[path.name] = str(error)
    assert read > 300
    assert set(refused) == {"pass_protected.xlsx", "issue252.xlsx"}
    assert "protected by a password" in refused["pass_protected.xlsx"]
    assert all(sentence.startswith(name) for name, sentence in refused.items())


def test_an_old_workbook(test_data: Path) -> None:
    """An .xls with ten sheets is read cell by cell; rows and columns count from the sheet's first ones."""
    for sheet in sheets(test_data / "lists" / "workbooks" / "OOM_alloc.xls"):
        if sheet.name == "Data People":
            rows = list(sheet.rows)
            assert rows[0][1:3] == ["Non-EOL New Deals", "EOL New Deals"]
            assert rows[2][:3] == ["IR/FX", "Laurel Adams", "Torrey Moorer"]
            return
    pytest.fail("the sheet was not found")


def test_published_text_files(test_data: Path) -> None:
    """Commas, quotes and line ends within cells are read as the published truth says, for eleven files of csv-spectrum."""
    folder = test_data / "lists" / "csv-spectrum"
    for path in sorted((folder / "csvs").iterdir()):
        if path.stem == "location_coordinates":
            continue  # its published truth names another number than the file
        head, *rows = [row for row in text_rows(path) if row]
        truth = json.loads((folder / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
        assert [dict(zip(head, row, strict=True)) for row in rows] == truth, path.name


READING = """
import resource, sys
from pathlib import Path
from mailings.errors import Unreadable
from mailings.people.lists import read_list
try:
    read_list(Path(sys.argv[1]), "NO")
except Unreadable as error:
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, error)
"""


def test_a_sheet_that_claims_every_cell(tmp_path: Path) -> None:
    """Two cells in the corners of a sheet claim 17 thousand million between them: refused, without taking the memory they claim.

    Read by a process that has no other children: of all of them the largest is what the system tells.
    """
    path = raw_xlsx(tmp_path / "corners.xlsx", ("A1", "anna@x.test"), ("XFD1048576", "x"))
    read = subprocess.run([sys.executable, "-c", READING, str(path)], capture_output=True, text=True, timeout=60, check=True)
    peak, sentence = read.stdout.split(" ", 1)
    assert "corners.xlsx is damaged or too large" in sentence
    assert int(peak) < 500_000


def test_a_packed_bomb(tmp_path: Path) -> None:
    """A file of 0.2 MB that unpacks to 200 MB between two cells does not swell the process that asked for it."""
    path, before = raw_xlsx(tmp_path / "bomb.xlsx", ("A1", "anna@x.test"), filler=200_000_000), resource.getrusage(resource.RUSAGE_SELF)
    assert path.stat().st_size < 500_000
    assert [person.addresses[0].normal for person in read_list(path, "NO").rows] == ["anna@x.test"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before.ru_maxrss < 50_000


def test_a_handmade_workbook_is_read(tmp_path: Path) -> None:
    """The two bombs fail for what they are: put together by the same hand, a harmless workbook is read."""
    path = raw_xlsx(tmp_path / "plain.xlsx", ("A1", "E-mail"), ("A2", "ase@x.test"))
    assert [person.addresses[0].normal for person in read_list(path, "NO").rows] == ["ase@x.test"]


def test_a_cut_off_workbook(tmp_path: Path) -> None:
    """A workbook of which the end is missing is refused as a whole, wherever it was cut."""
    whole = workbook(tmp_path / "whole.xlsx", [["E-mail"], *([f"person{number}@x.test"] for number in range(3000))]).read_bytes()
    for share in (0.1, 0.5, 0.9, 0.99):
        cut = tmp_path / "cut.xlsx"
        cut.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(Unreadable, match=r"cut\.xlsx"):
            list(read_list(cut, "NO").rows)


def test_the_reading_process_ends(tmp_path: Path) -> None:
    """Nothing is left running when a list is left half-way."""
    path = workbook(tmp_path / "people.xlsx", [["E-mail"], *([f"person{number}@x.test"] for number in range(20_000))])
    others = _children()  # servers that other tests keep for the whole session
    read = read_list(path, "NO")
    assert next(read.rows).addresses[0].normal == "person0@x.test"
    before = _children() - others
    read.rows.close()
    del read
    assert len(before) == 1
    assert not _children() & before


def _children() -> set[str]:
    return set(Path("/proc/self/task/" + str(Path("/proc/thread-self").resolve().name) + "/children").read_text().split())


def test_formulas_and_errors_in_cells(test_data: Path) -> None:
    """Cells that hold an error of the spreadsheet are empty cells, formulas are their last value."""
    rows = [row for sheet in sheets(test_data / "lists" / "workbooks" / "errors.xlsx") for row in sheet.rows]
    assert rows
    assert not any("#" in str(cell) for row in rows for cell in row if cell)
