"""How a field is compared with what a person wrote, alike on SQLite and PostgreSQL: text without regard to case, dates by the day."""

from __future__ import annotations

import operator as signs
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from lark import Token
from sqlalchemy import ColumnElement, Float, case, cast, false, func, not_, or_, true

from mailings.addresses import read_address
from mailings.errors import Unreadable
from mailings.people.conditions_fields import Field, Test, addressed

NUMBER = r"^-?[0-9]+([.][0-9]+)?$"
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
SIGNS: dict[str, Callable[[Any, Any], Any]] = {"<": signs.lt, "<=": signs.le, ">": signs.gt, ">=": signs.ge, "=": signs.eq}


def compare(field: Field, sign: str, value: Any, place: str) -> Test:
    """`field sign value`. Not-equal is always the opposite of equal, so that nobody falls between the two."""
    if sign in {"!=", "<>"}:
        return not_(compare(field, "=", value, place))
    return field.within(_compared(field, sign, value, place))


def one_of(field: Field, values: list[Any], place: str) -> Test:
    """True when the field equals one of the values."""
    return field.within(or_(*(_compared(field, "=", value, place) for value in values)))


def like(field: Field, pattern: str, place: str) -> Test:
    """Text with % for anything and _ for one letter."""
    if field.kind not in {"text", "address", "custom"}:
        raise Unreadable(f"The condition compares {field.name} with like ({place}); it is no text.")
    if field.kind == "address":
        return field.within(addressed(lambda column: func.lower(column).like(pattern.lower(), escape="\\")))
    return field.within(func.lower(field.column).like(pattern.lower(), escape="\\"))


def is_filled(field: Field) -> Test:
    """True when there is something: a text that is not empty, a row that is there, a flag that is set."""
    if field.kind in {"text", "custom"}:
        return field.within(field.column != "")
    return field.within(field.column.is_(True) if field.kind == "flag" else true())


def _compared(field: Field, sign: str, value: Any, place: str) -> Test:
    match field.kind:
        case "date":
            return _by_day(field.column, sign, _day(field, value, place))
        case "flag":
            return _flag(field, sign, value, place)
        case "custom":
            return _custom(field, sign, value, place)
    if sign != "=" or not isinstance(value, str) or isinstance(value, Token):
        raise Unreadable(f'The condition compares {field.name} as if it were no text ({place}); write {field.name} = "...", in or like.')
    if field.kind == "address":
        return field.column == (read_address(value).normal or value.strip().lower())
    return _same_text(field.column, value)


def _same_text(column: ColumnElement[Any], value: str) -> Test:
    return func.lower(column) == value.strip().lower()


def _flag(field: Field, sign: str, value: Any, place: str) -> Test:
    if sign != "=" or not isinstance(value, bool):
        raise Unreadable(f"The condition compares {field.name} with {value} ({place}); it is true or false.")
    return field.column.is_(value)


def _day(field: Field, value: Any, place: str) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise Unreadable(
            f"The condition compares {field.name} with {value} ({place}); write a day that exists, like 2026-01-31."
        ) from error


def _by_day(column: ColumnElement[Any], sign: str, day: date) -> Test:
    begin = datetime.combine(day, time(), UTC)
    end = begin + timedelta(days=1)
    match sign:
        case "<":
            return column < begin
        case "<=":
            return column < end
        case ">":
            return column >= end
        case ">=":
            return column >= begin
    return (column >= begin) & (column < end)


def _custom(field: Field, sign: str, value: Any, place: str) -> Test:
    if isinstance(value, bool):
        words = ("true", "1", "yes") if value else ("false", "0", "no")
        return func.lower(field.column).in_(words) if sign == "=" else false()
    if isinstance(value, float):  # what is no number is neither above nor below one
        return case((field.column.regexp_match(NUMBER), SIGNS[sign](cast(field.column, Float), value)), else_=false())
    if isinstance(value, Token):
        day = _day(field, value, place).isoformat()
        return case((field.column.regexp_match(DAY), SIGNS[sign](func.substr(field.column, 1, 10), day)), else_=false())
    if sign != "=":
        raise Unreadable(f"The condition compares {field.name} with a text by {sign} ({place}); use =, in or like, or a number.")
    return _same_text(field.column, value)
