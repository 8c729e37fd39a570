"""What templates may do with a value: dates, numbers and money in the reader's language, and a short list of Jinja2's own filters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from jinja2 import nodes, pass_context
from jinja2.runtime import Context

#: Jinja2's filters that keep the law of the skeleton: none of them makes markup out of text (`safe`, `urlize`, `xmlattr` would)
ALLOWED = (
    *("abs", "capitalize", "count", "d", "default", "e", "escape", "first", "float", "int", "join", "last", "length", "list", "lower"),
    *("max", "min", "replace", "reverse", "round", "sort", "string", "sum", "title", "trim", "truncate", "unique", "upper", "wordcount"),
)

#: the reader's language, and the installation's for readers who have none
LANGUAGE, DEFAULT_LANGUAGE = "_language", "_default_language"
IN_A_LANGUAGE = frozenset({"date", "number", "money"})


def in_a_language(trees: Iterable[nodes.Template]) -> bool:
    """True when something in these templates is written in the reader's language."""
    return any(node.name in IN_A_LANGUAGE for tree in trees for node in tree.find_all(nodes.Filter))


@pass_context
def _date(context: Context, value: Any, form: str = "medium") -> str:
    """A date (or ISO text) as the reader's language writes it; `form` = short, medium, long, full or a CLDR pattern."""
    moment = _as_date(value)
    return str(value or "") if moment is None else str(format_date(moment, form, locale=_locale(context)))


@pass_context
def _number(context: Context, value: Any, digits: int | None = None) -> str:
    """A number as the reader's language writes it, rounded to `digits` decimals where given."""
    amount = _as_decimal(value)
    if amount is None:
        return str(value or "")
    shape = None if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(amount, shape, locale=_locale(context)))


@pass_context
def _money(context: Context, value: Any, currency: str) -> str:
    """An amount with its currency (ISO 4217 letters) as the reader's language writes it."""
    amount = _as_decimal(value)
    return str(value or "") if amount is None else str(format_currency(amount, currency, locale=_locale(context)))


def url_encode(value: Any) -> str:
    """Text made fit for one value of an address's query: `[[ urlEncode(customer.email) ]]` (domain.md D.1)."""
    return quote("" if value is None else str(value), safe="")


def allowed_filters(jinja: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """The filters of a template, by name."""
    own: dict[str, Callable[..., Any]] = {"date": _date, "number": _number, "money": _money, "urlEncode": url_encode}
    return {name: jinja[name] for name in ALLOWED} | own


def _as_date(value: Any) -> date | None:
    if isinstance(value, date):  # a datetime is a date too
        return value
    try:
        return datetime.fromisoformat(str(value).strip()).date()
    except ValueError:
        return None


def _as_decimal(value: Any) -> Decimal | None:
    try:
        amount = Decimal(str(value).strip().replace(" ", ""))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _locale(context: Context) -> Locale:
    return _locale_of(str(context.resolve(LANGUAGE) or context.resolve(DEFAULT_LANGUAGE) or "en"))


@lru_cache(maxsize=64)
def _locale_of(language: str) -> Locale:
    for candidate in (language.replace("-", "_"), language[:2].replace("no", "nb"), "en"):
        try:
            return Locale.parse(candidate)
        except (ValueError, UnknownLocaleError):
            continue
    raise AssertionError("Babel knows English")
