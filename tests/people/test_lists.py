"""Lists of people are read whatever file they come in."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailings.errors import Unreadable
from mailings.model import Basis
from mailings.people.lists import read_list
from tests.people.files import addresses, listed, ods, text, workbook

ROWS = [["Navn", "E-post", "Mobil"], ["Åse Ødegård", "åse", None], ["Bjørn Nyström", "bjoern@firma.test", "998 87 766"]]


def test_a_workbook(tmp_path: Path) -> None:
    """A .xlsx gives people under their heads; a wrong row is named with row, column and reason, and is not among them."""
    people, read = listed(workbook(tmp_path / "people.xlsx", ROWS))
    assert [(p.row, p.name, p.first_name, p.last_name, p.mobile_normal) for p in people] == [
        (3, "Bjørn Nyström", "Bjørn", "Nyström", "+4799887766")
    ]
    assert [(problem.row, problem.column) for problem in read.problems] == [(2, "email")]
    assert "åse is no address" in read.problems[0].why
    assert (read.total, read.columns) == (2, {"name": ["Navn"], "email": ["E-post"], "mobile": ["Mobil"]})


def test_a_sheet_of_libreoffice(tmp_path: Path) -> None:
    """An .ods is read like a workbook, whatever its name says."""
    assert addresses(ods(tmp_path / "people.ods", [["naam", "e-mail"], ["IJsbrand", "ij@firma.test"]])) == [["ij@firma.test"]]
    assert addresses(ods(tmp_path / "people.xls", [["naam", "e-mail"], ["IJsbrand", "ij@firma.test"]])) == [["ij@firma.test"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_text_in_any_encoding_and_separator(tmp_path: Path, encoding: str, separator: str) -> None:
    """A text file is read with its letters intact, in every encoding and with every separator that spreadsheets write."""
    content = "\r\n".join(
        separator.join(row) for row in (["Förnamn", "Efternamn", "Epost"], ["Åse", "Sjöström", "ase@x.test"], ["Émile", "Groß", "e@x.test"])
    )
    people, _ = listed(text(tmp_path / "people.csv", content, encoding))
    assert [person.name for person in people] == ["Åse Sjöström", "Émile Groß"]


def test_the_forms_of_a_plain_list(tmp_path: Path) -> None:
    """Without heads: `Full name, email`, `email`, `Full name, email, mobile` and ` , , mobile` (domain.md C.4, test vector k)."""
    people, _ = listed(text(tmp_path / "a.txt", "Åse Ødegård, ase@x.test\nbo@x.test, \nc@x.test\n"))
    assert [(p.name, p.addresses[0].normal) for p in people] == [("Åse Ødegård", "ase@x.test"), ("", "bo@x.test"), ("", "c@x.test")]
    assert addresses(text(tmp_path / "b.txt", "ase@x.test\nbo@x.test\n")) == [["ase@x.test"], ["bo@x.test"]]
    people, _ = listed(text(tmp_path / "c.txt", "Åse, ase@x.test, 99887766\n , , 91122333\n"))
    assert [(p.name, len(p.addresses), p.mobile_normal) for p in people] == [("Åse", 1, "+4799887766"), ("", 0, "+4791122333")]
    people, _ = listed(text(tmp_path / "d.txt", " , , 99887766\n"))
    assert [(p.addresses, p.mobile_normal) for p in people] == [([], "+4799887766")]


def test_titles_above_and_totals_below(tmp_path: Path) -> None:
    """Titles, blank rows, heads repeated and totals are no people, and no wrong rows either; rows count as the spreadsheet shows them."""
    rows: list[list[object]] = [["Kundeliste 2026, spørsmål til post@firma.test"], [], ["Navn", "E-post"], ["Åse", "ase@x.test"], []]
    rows += [["Navn", "E-post"], ["Bo", "bo@x.test"], ["Ugyldig", "bo(at)x.test"], ["Totalt", 3], ["I alt:", None], [None, 3]]
    people, read = listed(workbook(tmp_path / "people.xlsx", rows))
    assert [(p.row, p.name) for p in people] == [(4, "Åse"), (7, "Bo")]
    assert [problem.row for problem in read.problems] == [8]
    assert read.total == 3


def test_excels_remark_about_the_separator(tmp_path: Path) -> None:
    """A first line `sep=;` names the separator and is no row, as in Excel."""
    people, read = listed(text(tmp_path / "people.csv", "sep=;\nNavn;E-post\nBerg, Åse;ase@x.test\n"))
    assert [(p.row, p.name, p.first_name) for p in people] == [(2, "Berg, Åse", "Åse")]
    assert read.problems == []


def test_the_first_sheet_with_people(tmp_path: Path) -> None:
    """Of several sheets the first visible one that lists people is read; hidden ones only when there is no other."""
    cover, people, old = [["Rapport"], ["Laget av Åse"]], [["Navn", "E-post"], ["Bo", "bo@x.test"]], [["E-post"], ["old@x.test"]]
    assert addresses(workbook(tmp_path / "a.xlsx", old, cover, people, hidden=[0])) == [["bo@x.test"]]
    assert addresses(workbook(tmp_path / "b.xlsx", cover, old, hidden=[1])) == [["old@x.test"]]


def test_dirt(tmp_path: Path) -> None:
    """Floats for numbers, two addresses in a cell, names around addresses and invisible signs are what lists are full of."""
    rows = [
        ["E-mail", "Mobile", "Company"],
        ["Åse Berg <Ase@X.test>; ase2@x.test", 4799887766.0, " Fjord  AS\n"],
        ["\u200bbo@x.test.", "0047 911 22 333", None],
        ["c@x.test; wrong", "ring", None],
    ]
    people, read = listed(workbook(tmp_path / "people.xlsx", rows))
    assert [[a.normal for a in p.addresses] for p in people] == [["ase@x.test", "ase2@x.test"], ["bo@x.test"], ["c@x.test"]]
    assert [p.mobile_normal for p in people] == ["+4799887766", "+4791122333", None]
    assert (people[0].name, people[0].company) == ("Åse Berg", "Fjord AS")
    assert [(problem.row, problem.column) for problem in read.problems] == [(4, "email"), (4, "mobile")]
    assert all("taken without it" in problem.why or "cannot be used" in problem.why for problem in read.problems)


def test_what_a_row_says_of_itself(tmp_path: Path) -> None:
    """Consent, topics, interests, language and country are read by their words; unknown heads become custom fields with their types."""
    content = "Vorname;Nachname;E-Mail;Sprache;Land;Einwilligung;Abgemeldete Themen;Interessen;Schuhgröße;PLZ\n"
    content += "Jürgen;Groß;j@x.test;Deutsch;Österreich;ja;News, Promotions;Ski;44;0155\nÅse;;a@x.test;nb-NO;NO;nein;;;41.5;\n"
    content += "C;;c@x.test;;;berechtigtes Interesse;;;;\nD;;d@x.test;;;vielleicht;;;;\nE;;e@x.test;Klingonisch;;;;;;\n"
    people, read = listed(text(tmp_path / "people.csv", content, "cp1252"))
    assert [(p.language, p.country, p.consent) for p in people] == [
        ("de", "AT", Basis.CONSENT),
        ("nb", "NO", Basis.WITHDRAWN),
        ("", "", Basis.LEGITIMATE_INTEREST),
        ("", "", None),
    ]
    assert (people[0].opt_outs, people[0].interests) == (["News", "Promotions"], ["Ski"])
    assert people[0].custom == {"schuhgrösse": 44}
    assert people[0].fields == {"zip": "0155"}
    assert people[1].custom == {next(iter(people[0].custom)): 41.5}
    assert [(problem.row, problem.column) for problem in read.problems] == [(5, "consent"), (6, "language")]


def test_heads_without_a_word_we_know(tmp_path: Path) -> None:
    """Where heads are there but none says where people are reached, the column full of addresses says it."""
    rows = [["Fornavn", "Etternavn", "Skriv til"], ["Åse", "Berg", "ase@x.test"], ["Bo", "By", "bo@x.test"]]
    people, _ = listed(workbook(tmp_path / "people.xlsx", rows))
    assert [(p.name, p.addresses[0].normal) for p in people] == [("Åse Berg", "ase@x.test"), ("Bo By", "bo@x.test")]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", b"", "is empty"),
        ("blank.csv", b"\n\n \n", "no column with e-mail"),
        ("photo.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is no list"),
        ("letter.pdf", b"%PDF-1.4 anna@x.test", "is no list"),
        ("broken.xlsx", b"PK\x03\x04 this is no workbook", "cannot be read as a workbook"),
        ("broken.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 neither", "cannot be read as a workbook"),
        ("letter.txt", "Kjære kunde,\nvi flytter.\n".encode(), "no column with e-mail"),
        ("export.xls", b"<html><table><tr><td>anna@x.test</td></tr></table></html>", "is a web page or XML"),
        ("quote.csv", b'Name,Email\n"Anna,anna@x.test\nBo,bo@x.test\n', "opened in line 2 and never closed"),
    ],
)
def test_what_is_no_list(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    """A file that is no list of people is refused in one sentence that names it."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=words) as refused:
        listed(path)
    assert str(refused.value).startswith(name)
    assert "\n" not in str(refused.value)


def test_no_such_file(tmp_path: Path) -> None:
    """A missing file, and a folder, are said to be no file."""
    for path in (tmp_path / "nope.xlsx", tmp_path):
        with pytest.raises(Unreadable, match="There is no file"):
            read_list(path, "NO")


def test_blanks_at_the_end_of_a_heads_only_list(tmp_path: Path) -> None:
    """A list with heads and nobody on it is a list of nobody."""
    people, read = listed(workbook(tmp_path / "people.xlsx", [["Navn", "E-post"]]))
    assert (people, read.total, read.problems) == ([], 0, [])


def test_a_number_belongs_to_the_country_of_its_row(tmp_path: Path) -> None:
    """A mobile number without a country code is read as one of the row's country, and of the installation's where the row names none."""
    rows: list[list[object]] = [["Name", "E-mail", "Mobile", "Country"], ["IJsbrand van 't Hooft", "ij@ijmuiden.test", "06 12345678", "NL"]]
    people, read = listed(workbook(tmp_path / "people.xlsx", [*rows, ["Åse", "ase@x.test", "998 87 766", None]]))
    assert [p.mobile_normal for p in people] == ["+31612345678", "+4799887766"]
    assert read.problems == []
