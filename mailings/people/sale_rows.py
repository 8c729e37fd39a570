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
_UNIT = r"(?:[^\d.,'’()-]+\.?)?"  # kr. or EUR, before or behind
_AMOUNT = re.compile(rf"(?P<less>\()?{_UNIT}(?P<minus>-)?{_UNIT}(?P<number>[\d.,'’]*\d)(?:[.,]-)?{_UNIT}(?(less)\))")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})*")  # neither 0.125 nor 1234.125
_MARKS = re.compile(r"[.,]")
_LONGEST = 100  # characters of an amount with what stands around it


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
    said = {name: cells[column] for column, name in heads.items() if column < len(cells) and text_of(cells[column])}
    if not said:
        return None
    if "number" not in said:
        problems.append(BadRow(number, "number", "A sale without a number is found by nothing; the row was left out."))
        return None
    own, email, company = (text_of(said.pop(name, None)) for name in ("number", "email", "company"))
    sale = SaleRow(number, own, email=_address(email), company=company)
    for name, value in _read(number, said, problems):
        sale.told[name] = value
    return sale


def _read(number: int, said: dict[str, object], problems: list[BadRow]) -> Iterator[tuple[str, object]]:
    readers = {"amount": amount_of, "day": day_of, "probability": percent_of}
    for name, cell in said.items():
        text = text_of(cell)
        value = readers[name](cell) if name in readers else text.upper() if name == "currency" else text
        if value is None:
            problems.append(BadRow(number, name, f"{text} cannot be read. The row was taken without it."))
        else:
            yield name, value


def amount_of(cell: object) -> str | None:
    """An amount as a decimal number with a point, below zero also where it stands in brackets. None when unreadable.

    A number is what it is. In a text the last mark is the decimal one, but 1.234 and 1,234,567 are thousands.
    """
    if (exact := _exact(cell)) is not None:
        return f"{exact:f}"
    text = re.sub(r"\s", "", text_of(cell)).replace("−", "-")
    found = _AMOUNT.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None or (found["less"] and found["minus"]):
        return None
    amount = _number(re.sub("['’]", "", found["number"]))
    return None if amount is None else f"{-amount if found['less'] or found['minus'] else amount:f}"


def _exact(cell: object) -> Decimal | None:
    """What a workbook holds as a number, with the fifteen digits it has; None for a text."""
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    return Decimal(cell if isinstance(cell, int) else f"{cell:.15g}")


def _number(text: str) -> Decimal | None:
    marks = _MARKS.findall(text)
    if not marks or _THOUSANDS.fullmatch(text):
        return Decimal(_MARKS.sub("", text))
    whole, _, digits = text.rpartition(marks[-1])
    if marks.count(marks[-1]) > 1 or (len(marks) > 1 and not _THOUSANDS.fullmatch(whole)):
        return None
    return Decimal(f"{_MARKS.sub('', whole)}.{digits}")


def day_of(cell: object) -> date | None:
    """A day written 2026-11-22, or as 22.11.2026 with points, slashes or hyphens. None when unreadable."""
    text = text_of(cell)
    try:
        if found := _DAY.fullmatch(text):
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def percent_of(cell: object) -> int | None:
    """Whole percent. Without a sign what is below 1 is a share, and so is a workbook's 1: 100 % is held so. None when unreadable."""
    text, exact = text_of(cell), _exact(cell)
    try:
        found = Decimal(text.removesuffix("%").strip().replace(",", ".")) if exact is None else exact
    except InvalidOperation:
        return None
    if not found.is_finite() or not 0 <= found <= 100:
        return None
    share = not text.endswith("%") and (found < 1 or (found == 1 and exact is not None))
    return round(found * 100 if share else found)


def _address(text: str) -> str:
    return read_address(text).normal or "" if text else ""
