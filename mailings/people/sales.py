"""Sales: what a letter may name beside its project (domain.md B.4, D.7). They come from elsewhere, as a list, and are found by number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from mailings.clock import now
from mailings.db import among, insert_into
from mailings.errors import BadRow, NotFound, Unreadable
from mailings.model import Company, Person, Sale
from mailings.people.companies import Companies, key_of
from mailings.people.finding import person_ids_by_normal
from mailings.people.lists import sheets_of
from mailings.people.sale_rows import SaleRow, sale_heads, sale_of

PORTION = 1_000  # rows in a statement
_HEAD_WITHIN = 60  # rows of titles that may stand above the heads
_SALE = cast(Table, Sale.__table__)
_TEXTS = ("name", "description", "amount", "currency", "status")
_OTHERS = ("day", "probability", "company_id", "person_id")


@dataclass
class SalesOutcome:
    """What came of a list of sales: rows with a number, how many of them were new, and what could not be taken."""

    rows: int = 0
    created: int = 0
    errors: list[BadRow] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        errors = [{"row": one.row, "column": one.column, "why": one.why} for one in self.errors]
        return {"rows": self.rows, "created": self.created, "updated": self.rows - self.created, "errors": errors}


def sale_numbered(session: Session, number: str) -> Sale:
    """The sale of that number. Raises NotFound."""
    found = session.scalar(select(Sale).where(Sale.number == number))
    if found is None:
        raise NotFound(f"There is no sale numbered {number!r}; see them all: mailings sales list")
    return found


def sales(session: Session) -> Iterator[Sale]:
    """Every sale by number."""
    yield from session.scalars(select(Sale).order_by(Sale.number).execution_options(yield_per=PORTION))


def sale_told(sale: Sale) -> dict[str, Any]:
    """A sale in words; what is not known is left out."""
    told = {"number": sale.number, "name": sale.name, "description": sale.description, "amount": sale.amount, "currency": sale.currency}
    told |= {"day": sale.day.isoformat() if sale.day else "", "status": sale.status}
    return {name: value for name, value in told.items() if value} | ({} if sale.probability is None else {"probability": sale.probability})


def shown(session: Session, sale: Sale) -> dict[str, Any]:
    """A sale in words, with whose it is."""
    told = sale_told(sale)
    if sale.company_id is not None:
        told["company"] = session.get_one(Company, sale.company_id).name
    if sale.person_id is not None:
        told["person"] = session.get_one(Person, sale.person_id).name
    return told


def import_sales(session: Session, file: Path) -> SalesOutcome:
    """Take a list of sales in: .xlsx, .xls, .ods, .csv or .txt with a row of heads. A sale of a known number is brought up to date.

    An empty cell leaves what is known, from an earlier row of the same list too. Raises Unreadable for a file that lists no sales.
    """
    outcome, companies = SalesOutcome(), Companies(session)
    rows = _rows(file, outcome.errors)
    while portion := list(islice(rows, PORTION)):
        told = _told(session, portion, companies, outcome.errors)
        before = session.scalar(select(func.count()).where(among(session, Sale.number, told))) or 0
        _store(session, told)
        outcome.rows += len(told)
        outcome.created += len(told) - before
    outcome.errors.sort(key=lambda error: error.row)
    return outcome


def _rows(file: Path, problems: list[BadRow]) -> Iterator[SaleRow]:
    for sheet in sheets_of(file):
        heads: dict[int, str] | None = None
        for number, cells in enumerate(sheet.rows, 1):
            if heads is not None:
                if (sale := sale_of(number, cells, heads, problems)) is not None:
                    yield sale
            elif number <= _HEAD_WITHIN:
                heads = sale_heads(cells)
        if heads is not None:
            return
    raise Unreadable(f"{file.name} lists no sales; give its columns heads such as number, name, amount, currency, date and status.")


def _told(session: Session, portion: list[SaleRow], companies: Companies, problems: list[BadRow]) -> dict[str, dict[str, object]]:
    """Columns of Sale by number: what the rows of a number say together, the last that says something deciding."""
    firms = companies.ids(row.company for row in portion if row.company)
    people = person_ids_by_normal(session, {row.email for row in portion if row.email})
    told: dict[str, dict[str, object]] = {}
    for row in portion:
        firm, person = firms.get(key_of(row.company)), people.get(row.email)
        if row.company and firm is None:
            problems.append(BadRow(row.row, "company", f"There is no company named {row.company}. The sale was taken without it."))
        if row.email and person is None:
            problems.append(BadRow(row.row, "email", f"Nobody has the address {row.email}. The sale was taken without it."))
        whose = {name: found for name, found in (("company_id", firm), ("person_id", person)) if found is not None}
        told.setdefault(row.number, {}).update(row.told | whose)
    return told


def _store(session: Session, told: dict[str, dict[str, object]]) -> None:
    """One statement for a portion; what the list says nothing of stays as it is."""
    made = now()
    rows: list[dict[str, object]] = [
        {
            "number": number,
            "created_at": made,
            **{name: said.get(name, "") for name in _TEXTS},
            **{name: said.get(name) for name in _OTHERS},
        }
        for number, said in told.items()
    ]
    statement = insert_into(session, _SALE)
    new = statement.excluded
    anew = {name: func.coalesce(func.nullif(new[name], ""), _SALE.c[name]) for name in _TEXTS}
    anew |= {name: func.coalesce(new[name], _SALE.c[name]) for name in _OTHERS}
    session.execute(statement.on_conflict_do_update(index_elements=["number"], set_=anew), rows)
