"""Reads a dynamic selection's condition, e.g. `country = "NO" and interest = "Ski"`, into a SQL expression with bound values."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput
from sqlalchemy import and_, not_, or_, true

from mailings.errors import Unreadable
from mailings.people.conditions_fields import Field, Test, field_named, received
from mailings.people.conditions_tests import compare, is_filled, like, one_of

LONGEST = 4000  # characters; a condition is a sentence, and the parser's work grows with it
DEEPEST = 30  # and, or, not inside one another; what is compiled from it recurses several times as deep


def condition(text: str) -> Test:
    """The expression over `Person` that `text` stands for: true or false for everyone, never NULL.

    Raises Unreadable: one sentence with the place, and for an unknown field the nearest names.
    """
    if not text.strip():
        return true()
    if len(text) > LONGEST:
        raise Unreadable(f"The condition is {len(text)} characters long; at most {LONGEST} can be read.")
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise Unreadable(_where_it_broke(error, text)) from error
    return _test(tree, 1)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = Path(__file__).with_suffix(".lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", maybe_placeholders=False)


def _test(tree: Tree[Token], depth: int) -> Test:
    if depth > DEEPEST:
        raise Unreadable(f"The condition has more than {DEEPEST} brackets inside one another; write it as several selections.")
    match tree.data, tree.children:
        case "either", parts:
            return or_(*(_test(part, depth + 1) for part in parts))
        case "both", parts:
            return and_(*(_test(part, depth + 1) for part in parts))
        case "opposite", [part]:
            return not_(_test(part, depth + 1))
        case "received", names:
            return received(_value(names[0]) if names else None)
        case "seen", [word, *_]:
            raise Unreadable(
                f"The condition asks who {word} a mailing ({_place(word)}); that is not known yet, only `received` can be asked."
            )
    return _field_test(str(tree.data), tree.children)


def _field_test(kind: str, children: list[Any]) -> Test:
    field = field_named(str(children[0]), _place(children[0]))
    if kind.startswith("not_"):
        return not_(_field_test(kind.removeprefix("not_"), children))
    match kind, children[1:]:
        case "comparison", [sign, value]:
            return compare(field, str(sign), _value(value.children[0]), _place(value.children[0]))
        case "one_of", values:
            return one_of(field, [_value(v.children[0]) for v in values], _place(values[0].children[0]))
        case "like", [pattern]:
            return like(field, _value(pattern), _place(pattern))
        case "filled", _:
            return is_filled(field)
    return _flag(field, children[0])


def _flag(field: Field, word: Token) -> Test:
    if field.kind not in {"flag", "custom"}:
        raise Unreadable(f'The condition needs a comparison after {word} ({_place(word)}), e.g. {word} = "..." or has {word}.')
    return compare(field, "=", True, _place(word))


def _value(token: Token) -> Any:
    match token.type:
        case "TEXT":
            return str(token)[1:-1]
        case "NUMBER":
            return float(token)
        case "TRUE" | "FALSE":
            return token.type == "TRUE"
    return token  # DATE keeps its type: read where the field is known


def _place(token: Token) -> str:
    return f"character {token.column}" if token.line == 1 else f"line {token.line}, character {token.column}"


def _where_it_broke(error: UnexpectedInput, text: str) -> str:
    if isinstance(error, UnexpectedEOF) or getattr(getattr(error, "token", None), "type", "") == "$END":
        return f"The condition ends too early, after {text.strip()[-20:]!r}; something is missing there."
    place = f"character {error.column}" if error.line == 1 else f"line {error.line}, character {error.column}"
    met = text[error.pos_in_stream or 0 :].split("\n", maxsplit=1)[0][:20]
    if isinstance(error, UnexpectedCharacters) and met[:1] in "\"'":
        return f"The condition has a text that begins at {place} and does not end; close it with {met[:1]}."
    return f'The condition cannot be read at {place}, before {met!r}; write it like: country = "NO" and not opted_out = "News".'
