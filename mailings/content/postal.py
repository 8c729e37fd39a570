"""Where a letter goes, in SQL: the person's own address, the company's postal address or its street (domain.md D.7)."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, false, func, literal_column, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import String

from mailings.model import Company, Person

Column = ColumnElement[Any]
EMPTY: Column = literal_column("''")
_COMMA: Column = literal_column("', '")
_BLANK: Column = literal_column("' '")


class LineOf(GenericFunction[str]):
    """`line_of(text, n)`: the nth line of a text, n from 1 and written out; empty where there is none. No argument may be NULL."""

    name = "line_of"
    type = String()
    inherit_cache = True


@compiles(LineOf, "postgresql")
def _on_postgresql(element: LineOf, compiler: SQLCompiler, **options: Any) -> str:
    text, number = element.clauses
    return f"split_part({compiler.process(text, **options)}, chr(10), {compiler.process(number, **options)})"


@compiles(LineOf, "sqlite")
def _on_sqlite(element: LineOf, compiler: SQLCompiler, **options: Any) -> str:
    text, number = element.clauses
    line = f"({compiler.process(text, **options)} || char(10))"
    for _ in range(int(str(number)) - 1):
        line = f"(substr({line}, instr({line}, char(10)) + 1))"
    return f"substr({line}, 1, max(instr({line}, char(10)) - 1, 0))"


def line(text: Column, number: int) -> Column:
    """The nth line of a text, from 1; empty where there is none."""
    return LineOf(text, literal_column(str(number)))


class Postal(NamedTuple):
    """An address as columns, none of them NULL. `street` may have several lines, `country` is two letters or empty."""

    street: Any
    zip: Any
    city: Any
    country: Any

    @property
    def usable(self) -> ColumnElement[bool]:
        """True for an address a letter finds: a town, and a street or a postal code. False where the row of the table is missing."""
        return and_(func.coalesce(self.city, EMPTY) != EMPTY, or_(self.street != EMPTY, self.zip != EMPTY))

    @property
    def one_line(self) -> Column:
        """`Storgata 1, 0184 Oslo, NO`."""
        lines = func.replace(self.street, "\r", "")
        street = case((self.street != EMPTY, func.replace(lines, "\n", ", ").concat(_COMMA)), else_=EMPTY)
        town = func.trim(self.zip.concat(_BLANK).concat(self.city))
        return street.concat(town).concat(case((self.country != EMPTY, _COMMA.concat(self.country)), else_=EMPTY))


def _text(column: Any) -> Column:
    return func.coalesce(column, EMPTY)


OWN = Postal(Person.street, Person.zip, Person.city, Person.country)
COMPANY_POSTAL = Postal(
    Company.postal_street,
    Company.postal_zip,
    Company.postal_city,
    func.coalesce(func.nullif(Company.postal_country, EMPTY), Company.country),
)
COMPANY_STREET = Postal(Company.street, Company.zip, Company.city, Company.country)
#: the company's own, whoever there reads it
COMPANY = (COMPANY_POSTAL, COMPANY_STREET)


def _first(candidates: tuple[tuple[ColumnElement[bool], Postal], ...]) -> Postal:
    """The first usable address; an empty one where none is."""
    return Postal(*(case(*((when, _text(one[part])) for when, one in candidates), else_=EMPTY) for part in range(4)))


def smart() -> Postal:
    """A person's address, or that of a company without one (D.7): their own where it is to be used, the company's, and last their own.

    Over Person and Company, each of which may be missing from the row.
    """
    return _first(((and_(Person.use_as_postal, OWN.usable), OWN), *((one.usable, one) for one in COMPANY), (OWN.usable, OWN)))


def of_company() -> Postal:
    """A company's address: for post, else the street."""
    return _first(tuple((one.usable, one) for one in COMPANY))


def at_home() -> ColumnElement[bool]:
    """True where `smart` is the person's own address, at which no company is named."""
    company = or_(COMPANY_POSTAL.usable, COMPANY_STREET.usable)
    return func.coalesce(and_(OWN.usable, or_(Person.use_as_postal, ~func.coalesce(company, false()))), false())
