"""Turns one row of a list into a listed person, or says what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailings.addresses import ReadAddress, read_addresses, read_mobile
from mailings.errors import BadRow
from mailings.people.columns import Columns, text_of
from mailings.people.listed import ListedPerson
from mailings.people.meanings import basis_of, country_of, language_of, said_yes
from mailings.people.names import parted

_PLAIN_FIELDS = ("name", "first_name", "middle_name", "last_name", "company")
_FURTHER_FIELDS = ("salutation", "title", "position", "phone", "direct_phone", "zip", "city")
_POSTAL_FIELDS = ("company_street", "company_zip", "company_city", "company_country")
_READ_FIELDS = ("email", "mobile", "language", "country", "consent", "opt_outs", "interests", "street", "use_as_postal", *_POSTAL_FIELDS)
_SEVERAL = re.compile(r"\s*[;,|/\n]\s*")
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,14})")
_DECIMAL = re.compile(r"-?(?:0|[1-9]\d{0,11})\.\d{1,6}")
_TOTALS = frozenset(re.findall(r"\S+", "total totals subtotal sum count totalt summa antall antal totaal aantal som summe gesamt anzahl"))


@dataclass(slots=True)
class ReadRow:
    """What became of a row: a person, or none, and what was wrong in it. Wrong without a person = the row is skipped."""

    person: ListedPerson | None
    problems: list[BadRow]


class RowReader:
    """Reads rows of one list. `country`: two letters, where telephone numbers without a country code belong when a row names none."""

    def __init__(self, columns: Columns, country: str) -> None:
        self.country = country
        self.found = {"email": list[int](), "mobile": list[int]()}
        for column, field in columns.fields.items():
            self.found.setdefault(field, []).append(column)
        by_field = self.found if columns.heads else {"name": [0], "email": [1], "mobile": [2]}
        self.texts = [(field, by_field[field]) for field in _PLAIN_FIELDS if field in by_field]
        self.further = [(field, by_field[field]) for field in _FURTHER_FIELDS if field in by_field]
        self.columns = {field: by_field.get(field, []) for field in _READ_FIELDS}
        self.custom = {column: key for column, head in columns.custom.items() if (key := custom_key(head))}
        self.heads = [columns.heads.get(column, "") for column in range(max(columns.heads, default=-1) + 1)]
        self.width = max((*columns.fields, *columns.custom), default=0) + 1

    def read(self, number: int, row: Sequence[object]) -> ReadRow | None:
        """Row `number`, counted from 1 as a spreadsheet does. None for rows that name nobody and do not try to.

        A person has an address or a mobile number.
        """
        cells = [text_of(cell) for cell in row]
        if self._says_nothing(cells):
            return None
        cells += [""] * (self.width - len(cells))
        if not self.heads:
            cells = self._arranged(cells)
        person, problems = ListedPerson(number), list[BadRow]()
        for field, columns in self.texts:
            setattr(person, field, _first(cells, columns))
        misplaced: list[BadRow] = []
        self._where(person, cells, misplaced)
        self._reach(person, cells, problems)
        if not person.addresses and not person.mobile_normal:
            return ReadRow(None, problems or [BadRow(number, "email", "There is neither an e-mail address nor a mobile number.")])
        self._name(person)
        person.fields = {field: text for field, columns in self.further if (text := _first(cells, columns))}
        self._post(person, cells)
        person.custom = {key: _typed(row[column]) for column, key in self.custom.items() if cells[column]}
        problems += misplaced
        return self._wishes(person, cells, problems)

    def _arranged(self, cells: list[str]) -> list[str]:
        """Name, addresses, mobile number of a row without heads: the forms of domain.md C.4 may be mixed in one list."""
        addresses = [cell for cell in cells if "@" in cell] or [cells[column] for column in self.found["email"]]
        mobile = next((cells[column] for column in self.found["mobile"] if cells[column]), "")
        others = (cell for cell in cells if cell not in addresses and cell != mobile and any(sign.isalpha() for sign in cell))
        return [next(others, ""), "; ".join(filter(None, addresses)), mobile]

    def _says_nothing(self, cells: list[str]) -> bool:
        """True for empty rows, the heads once more, and totals below the list."""
        if self.heads and cells[: len(self.heads)] == self.heads:
            return True
        filled = ""
        for cell in cells:
            if "@" in cell:
                return False
            filled = filled or cell
        return not filled or _is_total(filled, [cell for cell in cells if cell])

    def _reach(self, person: ListedPerson, cells: list[str], problems: list[BadRow]) -> None:
        """Addresses and mobile. An address that is wrong beside a right one, or a wrong number, costs only itself."""
        wrong: list[ReadAddress] = []
        for column in self.columns["email"]:
            for read in read_addresses(cells[column]):
                if read.normal is None:
                    wrong.append(read)
                elif all(read.normal != known.normal for known in person.addresses):
                    person.addresses.append(read)
        for column in self.columns["mobile"]:
            if cells[column]:
                self._mobile(person, cells[column], problems)
        if wrong and not person.addresses:
            person.mobile_normal = None  # a wrong address means a wrong row, also where a number stands beside it
        left_out = " The row was taken without it." if person.addresses else ""
        problems[:0] = [BadRow(person.row, "email", f"{read.written.strip()} is no address: {read.problem}{left_out}") for read in wrong]

    def _mobile(self, person: ListedPerson, text: str, problems: list[BadRow]) -> None:
        read = read_mobile(text, person.country or self.country)
        if read.normal is None:
            problems.append(BadRow(person.row, "mobile", f"{text} cannot be used: {read.problem}"))
        elif person.mobile_normal is None:
            person.mobile, person.mobile_normal = text, read.normal

    def _name(self, person: ListedPerson) -> None:
        if not (person.name or person.first_name or person.last_name) and person.addresses:
            person.name = person.addresses[0].name
        if person.name and not (person.first_name or person.last_name):
            person.first_name, person.middle_name, person.last_name = parted(person.name)
        elif not person.name:
            person.name = " ".join(part for part in (person.first_name, person.middle_name, person.last_name) if part)

    def _where(self, person: ListedPerson, cells: list[str], problems: list[BadRow]) -> None:
        """Language and country, each by its two letters or its name."""
        for field, meaning in (("language", language_of), ("country", country_of)):
            if (text := _first(cells, self.columns[field])) and not (code := meaning(text)):
                why = f"{text} is no {field} we know; write its two letters. The row was taken without it."
                problems.append(BadRow(person.row, field, why))
            elif text:
                setattr(person, field, code)

    def _post(self, person: ListedPerson, cells: list[str]) -> None:
        """Where letters go. A street may stand in several columns, or in several lines of one."""
        if street := _lines(cells, self.columns["street"]):
            person.fields["street"] = street
        person.use_as_postal = said_yes(_first(cells, self.columns["use_as_postal"]))
        told = {field.removeprefix("company_"): _lines(cells, self.columns[field]) for field in _POSTAL_FIELDS}
        told["country"] = country_of(told["country"]) or ""
        person.company_postal = told if any(told.values()) else {}

    def _wishes(self, person: ListedPerson, cells: list[str], problems: list[BadRow]) -> ReadRow:
        """Consent, opt-outs, interests. Consent that cannot be understood makes the row wrong: nobody guesses it."""
        if text := _first(cells, self.columns["consent"]):
            person.consent = basis_of(text)
            if person.consent is None:
                why = (
                    f"{text} says neither yes nor no, nor names a legal basis (consent, contract, law, vital, public, legitimate_interest)."
                )
                return ReadRow(None, [*problems, BadRow(person.row, "consent", why)])
        for field in ("opt_outs", "interests"):
            setattr(person, field, [word for column in self.columns[field] for word in _SEVERAL.split(cells[column]) if word])
        return ReadRow(person, problems)


def _first(cells: list[str], columns: list[int]) -> str:
    for column in columns:
        if text := cells[column]:
            return " ".join(text.split()) if "  " in text or "\n" in text or "\xa0" in text else text
    return ""


def _lines(cells: list[str], columns: list[int]) -> str:
    """All that stands in these columns, a line each."""
    lines = (" ".join(line.split()) for column in columns for line in cells[column].splitlines())
    return "\n".join(line for line in lines if line)


def _is_total(first: str, filled: list[str]) -> bool:
    if all(len(text) < 7 and text.replace(".", "").isdigit() for text in filled):
        return True  # a count below the list
    words = re.split(r"[\s:=]+", first.casefold())
    return words[0] in _TOTALS or words[:2] == ["i", "alt"]


def custom_key(head: str) -> str:
    """The name of a custom field made from a head: `Shoe size` is `shoe_size`, as conditions and templates write it."""
    key = re.sub(r"\W+", "_", head.casefold()).strip("_")
    return f"_{key}" if key[:1].isdigit() else key


def _typed(cell: object) -> str | int | float | bool:
    """A custom cell with its type; numbers in text files as a spreadsheet would take them, but 0123 stays text."""
    if isinstance(cell, bool | int | float):
        return cell
    text = text_of(cell)
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
