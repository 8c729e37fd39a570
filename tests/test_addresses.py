"""Addresses and mobile numbers as people write them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailings.addresses import is_number, read_address, read_addresses, read_mobile


@pytest.mark.parametrize(
    "text",
    [
        "Anna@Firma.NO",
        " anna@firma.no ",
        "anna@firma.no.",
        "anna@firma.no ;",
        "<anna@firma.no>",
        "'anna@firma.no'",
        "Anna Bjørnstad <anna@firma.no>",
        '"Bjørnstad, Anna" <anna@firma.no>',
        "Anna Bjørnstad anna@firma.no",
        "anna@firma.no (Anna)",
        "mailto:anna@firma.no?subject=Hei%20p%C3%A5%20deg",
        "\u200banna@firma.no\ufeff",
        "an\u00adna@fir\u200dma.no",
        "anna＠firma.no",
        "\xa0anna@firma.no\n",
    ],
)
def test_one_address_in_many_forms(text: str) -> None:
    """However an address is written, copied or wrapped, it is compared by one key."""
    assert read_address(text).normal == "anna@firma.no"
    assert read_address(text).problem is None


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("ijsbrand@café.nl", "ijsbrand@xn--caf-dma.nl"),
        ("anna@bjørn.no", "anna@xn--bjrn-hra.no"),
        ("jürgen.weiß@firma.de", None),
        ("anna@straße.de", "anna@xn--strae-oqa.de"),
        ("o'brien+news@firma.co.uk", "o'brien+news@firma.co.uk"),
        ("anna@firma.test", "anna@firma.test"),
        ("anna@firma.invalid", "anna@firma.invalid"),
        ("anna@localhost", None),
        ("anna@firma", None),
        ("anna@@firma.no", None),
        ("anna.firma.no", None),
        ("anna @firma.no", None),
        ("anna@[127.0.0.1]", None),
        ("a..b@firma.no", None),
        ("-", None),
        ("", None),
    ],
)
def test_valid_or_a_reason(text: str, normal: str | None) -> None:
    """A domain with letters of its own is kept in ASCII; what nobody could write to has no key but a sentence."""
    read = read_address(text)
    assert read.normal == normal
    assert (read.problem is None) == (normal is not None)
    assert read.problem is None or read.problem.endswith(".")


@pytest.mark.parametrize(
    ("cell", "normals"),
    [
        ("a@x.test; b@x.test", ["a@x.test", "b@x.test"]),
        ("a@x.test,b@x.test", ["a@x.test", "b@x.test"]),
        ("a@x.test / b@x.test", ["a@x.test", "b@x.test"]),
        ("a@x.test/b@x.test", ["a@x.test", "b@x.test"]),
        ("a@x.test\nb@x.test", ["a@x.test", "b@x.test"]),
        ("a@x.test og b@x.test", ["a@x.test", "b@x.test"]),
        ("Åse <a@x.test>; Bjørn <b@x.test>", ["a@x.test", "b@x.test"]),
        ("Berg, Åse <a@x.test>, b@x.test", ["a@x.test", "b@x.test"]),
        ("user+m/d=s@x.test", ["user+m/d=s@x.test"]),
        ("a@x.test;", ["a@x.test"]),
        ("a@x.test; none", ["a@x.test", None]),
        (" ; ", []),
        ("", []),
    ],
)
def test_several_addresses_in_a_cell(cell: str, normals: list[str | None]) -> None:
    """Every address in a cell is found, in order, and what is none beside them is not lost silently."""
    assert [read.normal for read in read_addresses(cell)] == normals


def test_the_name_beside_the_address_is_kept() -> None:
    """`Name <address>` gives the name too, without its quotes."""
    assert read_addresses('"Bjørnstad, Åse" <a@x.test>; Öztürk <b@x.test>')[0].name == "Bjørnstad, Åse"
    assert read_addresses("Berg, Åse <a@x.test>")[0].name == "Berg, Åse"


@given(st.text(max_size=600))
def test_no_text_is_too_strange(text: str) -> None:
    """Reading never raises, and what it accepts it accepts again unchanged: the key of a key is itself."""
    for read in [read_address(text), *read_addresses(text)]:
        if read.normal is not None:
            assert read.normal == read.normal.lower()
            assert read.normal.isascii()
            assert read_address(read.normal).normal == read.normal


def test_a_long_cell_does_not_hang() -> None:
    """A whole letter pasted into a cell costs no more than a look."""
    for cell in ("a" * 1_000_000, "a@" * 200_000, '"' * 100_000 + "@x.test", "<" * 100_000, "a.b-" * 100_000 + "@x.test"):
        assert read_address(cell).normal is None
        read_addresses(cell)


def test_published_cases(test_data: Path) -> None:
    """On 450 published address cases nothing crashes; what others hold valid we take, apart from kinds we do not write to."""
    folder = test_data / "addresses"
    for line in (folder / "isemail.jsonl").read_text(encoding="utf-8").splitlines():
        read_address(json.loads(line)["address"])
    accepted = refused = 0
    for line in (folder / "python-email-validator.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        read = read_address(str(case["address"]))
        plain = (
            isinstance(case["expect"], dict)
            and case["expect"].get("ascii_email")
            and '"' not in case["address"]
            and "[" not in case["address"]
        )
        if case["test"] == "test_email_valid" and plain:
            accepted += 1
            assert read.normal == case["expect"]["ascii_email"].lower(), case
        elif case["test"].startswith("test_email_invalid_syntax") and "<" not in case["address"] and "\n" not in case["address"]:
            refused += read.normal is None
    assert accepted > 5
    assert refused > 20


@pytest.mark.parametrize(
    ("text", "country", "normal"),
    [
        ("99887766", "NO", "+4799887766"),
        ("99887766.0", "NO", "+4799887766"),
        ("4799887766.0", "NO", "+4799887766"),
        ("+47 998 87 766", "SE", "+4799887766"),
        ("0047 99.88.77.66", "SE", "+4799887766"),
        ("(+47) 99-88-77-66", "NO", "+4799887766"),
        ("+47 (0) 99887766", "NO", "+4799887766"),
        ("998 87 766 / 911 22 333", "NO", "+4799887766"),
        ("998 87 766 (Åse)", "NO", "+4799887766"),
        ("070-123 45 67", "SE", "+46701234567"),
        ("701234567", "SE", "+46701234567"),
        ("06 12345678", "NL", "+31612345678"),
        ("612345678.0", "NL", "+31612345678"),
        ("22 33 44 55", "NO", None),
        ("4.79989E+10", "NO", None),
        ("12", "NO", None),
        ("ring meg", "NO", None),
        ("", "NO", None),
        ("9" * 100_000, "NO", None),
        ("٩٩٨٨٧٧٦٦", "NO", "+4799887766"),
        ("+47 ９９８ ８７ ７６６", "SE", "+4799887766"),
        ("9٩8٨٧٧66", "NO", "+4799887766"),
        ("٠٧٠١٢٣٤٥٦٧", "SE", "+46701234567"),
    ],
)
def test_mobile_numbers(text: str, country: str, normal: str | None) -> None:
    """A mobile number is read as it is written in its country, with digits of any script, also where a spreadsheet made a float of it."""
    read = read_mobile(text, country)
    assert read.normal == normal
    assert read.normal is None or is_number(read.normal)
    assert (read.problem is None) == (normal is not None)


CAN = phonenumbers.PhoneNumberType


def test_mobile_numbers_of_every_country(test_data: Path) -> None:
    """The short way for plain mobile numbers finds what the library itself finds, for every number and country published."""
    rows = 0
    with (test_data / "phones" / "example_numbers.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            for form in ("e164", "national", "international"):
                rows += 1
                parsed = phonenumbers.parse(row[form], row["region"])
                kind = phonenumbers.number_type(parsed)
                read = read_mobile(row[form], row["region"])
                if row["type"] == "MOBILE":
                    assert read.normal == row["e164"], row
                if kind not in (CAN.MOBILE, CAN.FIXED_LINE_OR_MOBILE, CAN.UNKNOWN):  # premium, toll-free, pager, voicemail, ...
                    assert read.normal is None, row
    assert rows > 3_000
