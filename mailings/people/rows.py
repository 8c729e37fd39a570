"""Turns one row of a list into a listed person, or says what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailings.addresses import ReadAddress, read_addresses, read_mobile
from mailings.errors import BadRow
from mailings.people.columns import Columns, text_of
from mailings.people.heads import plain
from mailings.people.listed import ListedPerson
from mailings.people.meanings import basis_of, country_of, language_of
from mailings.people.names import parted

_PLAIN_FIELDS = ("name", "first_name", "middle_name", "last_name", "company")
_FURTHER_FIELDS = ("salutation", "title", "position", "phone", "direct_phone")
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
    """Reads rows of one list. `country`: two letters, where telephone numbers without a country code belong."""

    def __init__(self, columns: Columns, country: str) -> None:
        self.country = country
        self.by_field: dict[str, list[int]] = {}
        for column, field in columns.fields.items():
            self.by_field.setdefault(field, []).append(column)
        self.texts = [(field, self.by_field[field]) for field in _PLAIN_FIELDS if field in self.by_field]
        self.further = [(field, self.by_field[field]) for field in _FURTHER_FIELDS if field in self.by_field]
        self.custom = {column: key for column, head in columns.custom.items() if (key := custom_key(head))}
        self.heads = [columns.heads.get(column, "") for column in range(max(columns.heads, default=-1) + 1)]

    def says_nothing(self, row: Sequence[object]) -> bool:
        """True for rows that name nobody and do not try to: empty ones, the heads once more, totals."""
        texts = [text_of(cell) for cell in row]
        filled = [text for text in texts if text]
        if not filled or (self.heads and texts[: len(self.heads)] == self.heads):
            return True
        if any("@" in text for text in filled):
            return False
        if all(len(text) < 7 and text.replace(".", "").isdigit() for text in filled):
            return True  # a count below the list
        words = re.split(r"[\s:=]+", filled[0].casefold())
        return words[0] in _TOTALS or plain("".join(words[:2])) == "ialt"

    def read(self, number: int, row: Sequence[object]) -> ReadRow:
        """Row `number`, counted from 1 as a spreadsheet does. A person has an address or a mobile number."""
        problems: list[BadRow] = []
        person = ListedPerson(number)
        for field, columns in self.texts:
            setattr(person, field, self._text(row, columns))
        self._reach(person, row, problems)
        if not person.addresses and not person.mobile_normal:
            problems = problems or [BadRow(number, "email", "There is neither an e-mail address nor a mobile number.")]
            return ReadRow(None, problems)
        self._name(person)
        person.fields = {field: text for field, columns in self.further if (text := self._text(row, columns))}
        person.custom = {key: _typed(row[column]) for column, key in self.custom.items() if column < len(row) and text_of(row[column])}
        return self._words(person, row, problems)

    def _text(self, row: Sequence[object], columns: list[int]) -> str:
        for column in columns:
            if column < len(row) and (text := text_of(row[column])):
                return text if text.isascii() and "  " not in text and "\n" not in text else " ".join(text.split())
        return ""

    def _cells(self, row: Sequence[object], field: str) -> list[str]:
        return [text for column in self.by_field.get(field, ()) if column < len(row) and (text := text_of(row[column]))]

    def _reach(self, person: ListedPerson, row: Sequence[object], problems: list[BadRow]) -> None:
        """Addresses and mobile. An address that is wrong beside a right one, or a wrong number, costs only itself."""
        wrong: list[ReadAddress] = []
        for text in self._cells(row, "email"):
            for read in read_addresses(text):
                if read.normal is None:
                    wrong.append(read)
                elif all(read.normal != known.normal for known in person.addresses):
                    person.addresses.append(read)
        for text in self._cells(row, "mobile"):
            mobile = read_mobile(text, person.country or self.country)
            if mobile.normal is None:
                problems.append(BadRow(person.row, "mobile", f"{text} cannot be used: {mobile.problem}"))
            elif person.mobile_normal is None:
                person.mobile, person.mobile_normal = text, mobile.normal
        if wrong and not person.addresses:
            person.mobile_normal = None  # a wrong address means a wrong row, also where a number stands beside it
        left_out = " The row was taken without it." if person.addresses else ""
        problems[:0] = [BadRow(person.row, "email", f"{read.written.strip()} is no address: {read.problem}{left_out}") for read in wrong]

    def _name(self, person: ListedPerson) -> None:
        if not (person.name or person.first_name or person.last_name) and person.addresses:
            person.name = person.addresses[0].name
        if person.name and not (person.first_name or person.last_name):
            person.first_name, person.middle_name, person.last_name = parted(person.name)
        elif not person.name:
            person.name = " ".join(part for part in (person.first_name, person.middle_name, person.last_name) if part)

    def _words(self, person: ListedPerson, row: Sequence[object], problems: list[BadRow]) -> ReadRow:
        """Language, country, consent, opt-outs, interests. Consent that cannot be understood makes the row wrong: nobody guesses it."""
        for field, meaning in (("language", language_of), ("country", country_of)):
            for text in self._cells(row, field):
                if code := meaning(text):
                    setattr(person, field, code)
                else:
                    problems.append(
                        BadRow(person.row, field, f"{text} is no {field} we know; write its two letters. The row was taken without it.")
                    )
        for text in self._cells(row, "consent"):
            person.consent = basis_of(text)
            if person.consent is None:
                why = (
                    f"{text} says neither yes nor no, nor names a legal basis (consent, contract, law, vital, public, legitimate_interest)."
                )
                return ReadRow(None, [*problems, BadRow(person.row, "consent", why)])
        person.opt_outs = [word for text in self._cells(row, "opt_outs") for word in _SEVERAL.split(text) if word]
        person.interests = [word for text in self._cells(row, "interests") for word in _SEVERAL.split(text) if word]
        return ReadRow(person, problems)


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
