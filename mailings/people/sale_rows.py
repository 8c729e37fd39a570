"""One row of a list of sales, read: its number, and what letters may say of it (domain.md D.7)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from mailings.addresses import read_address
from mailings.errors import BadRow
from mailings.people.columns import text_of
from mailings.people.heads import plain

#: field -> heads in en, nl, da, no, sv, de, compared as the heads of people are
WORDS: dict[str, str] = {
    "number": """number | sale number | sale no | order number | order no | nummer | verkoopnummer | ordernummer | salgsnummer
        ordrenummer | salgsnr | ordrenr | försäljningsnummer | ordernr | verkaufsnummer | auftragsnummer | auftragsnr""",
    "name": """name | sale | sale name | title | subject | naam | verkoop | titel | onderwerp | navn | salg | emne | namn | försäljning
        ämne | tittel | verkauf | bezeichnung | betreff""",
    "description": "description | text | omschrijving | beschrijving | beskrivelse | beskrivning | beschreibung",
    "amount": "amount | value | sum | total | bedrag | waarde | totaal | beløb | beløp | sum | belopp | summa | betrag | wert | summe",
    "currency": "currency | valuta | währung",
    "day": """date | sale date | closing date | close date | datum | verkoopdatum | sluitdatum | dato | salgsdato | lukkedato
        försäljningsdatum | verkaufsdatum | abschlussdatum""",
    "status": "status | stage | fase | stadium | trinn | steg | phase",
    "probability": "probability | chance | kans | waarschijnlijkheid | sandsynlighed | sannsynlighet | sannolikhet | wahrscheinlichkeit",
    "email": "email | e-mail | e-mail address | e-mailadres | mailadresse | e-post | epost | e-postadresse | e-postadress | e-mail-adresse",
    "company": """company | company name | customer | bedrijf | bedrijfsnaam | klant | firma | virksomhed | kunde | bedrift | selskap
        företag | kund | unternehmen""",
}
FIELDS = {plain(word): name for name, words in WORDS.items() for word in words.replace("\n", "|").split("|")}
_DAY = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_MARKS = re.compile(r"[.,]")


@dataclass(slots=True)
class SaleRow:
    """One readable row. `told`: columns of Sale by name, only those the row says something of."""

    row: int
    number: str
    told: dict[str, object] = field(default_factory=dict)
    email: str = ""
    company: str = ""


def sale_heads(cells: Sequence[object]) -> dict[int, str] | None:
    """column -> field of a row of heads; None when it names no sales: a number, and something beside it."""
    found = {column: name for column, cell in enumerate(cells) if (name := FIELDS.get(plain(text_of(cell))))}
    return found if "number" in found.values() and len(found) > 1 else None


def sale_of(number: int, cells: Sequence[object], heads: dict[int, str], problems: list[BadRow]) -> SaleRow | None:
    """The sale of row `number`; None for a row that says nothing, or without a number. What is wrong costs only itself."""
    said = {name: text for column, name in heads.items() if column < len(cells) and (text := text_of(cells[column]))}
    if not said:
        return None
    if "number" not in said:
        problems.append(BadRow(number, "number", "A sale without a number is found by nothing; the row was left out."))
        return None
    sale = SaleRow(number, said.pop("number"), email=_address(said.pop("email", "")), company=said.pop("company", ""))
    for name, value in _read(number, said, problems):
        sale.told[name] = value
    return sale


def _read(number: int, said: dict[str, str], problems: list[BadRow]) -> Iterator[tuple[str, object]]:
    readers = {"amount": amount_of, "day": day_of, "probability": _percent}
    for name, text in said.items():
        value = readers[name](text) if name in readers else text.upper() if name == "currency" else text
        if value is None:
            problems.append(BadRow(number, name, f"{text} cannot be read. The row was taken without it."))
        else:
            yield name, value


def amount_of(text: str) -> str | None:
    """An amount as a decimal number with a point; the last mark before one or two digits is the decimal one. None when unreadable."""
    clean = re.sub(r"[^\d.,-]", "", text)
    whole, mark, digits = clean.rpartition(found[-1]) if (found := _MARKS.findall(clean)) else (clean, "", "")
    if mark and (len(digits) == 3 or whole.count(mark)) and len(set(_MARKS.findall(clean))) == 1:
        whole, digits = whole + digits, ""  # 1.234 and 1,234,567: thousands
    try:
        amount = Decimal(_MARKS.sub("", whole) + (f".{digits}" if digits else ""))
    except InvalidOperation:
        return None
    return str(amount)


def day_of(text: str) -> date | None:
    """A day written 2026-11-22, or as 22.11.2026 with points, slashes or hyphens. None when unreadable."""
    try:
        if found := _DAY.fullmatch(text):
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _percent(text: str) -> int | None:
    try:
        found = Decimal(text.removesuffix("%").strip().replace(",", "."))
    except InvalidOperation:
        return None
    share = found * 100 if 0 < found < 1 else found  # a workbook's 60 % is 0.6
    return int(share) if 0 <= share <= 100 else None


def _address(text: str) -> str:
    return read_address(text).normal or "" if text else ""
