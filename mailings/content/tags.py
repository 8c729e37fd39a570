"""Where the template's own tags stand in its source, and the source with them blotted out, so that it can be read as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jinja2 import Environment, TemplateSyntaxError

from mailings.content.markup import read
from mailings.content.places import Event, State, What
from mailings.errors import BadTemplate

BLOT = "\ue000"  #: stands for a character of a `[[ ]]`; private use, so no text means it
_ENDS = {"variable_begin": "variable_end", "block_begin": "block_end", "comment_begin": "comment_end"}


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag of the template: `source[start:end]`. `word` = the statement's first word, empty for `[[ ]]`."""

    start: int
    end: int
    line: int
    variable: bool
    word: str = ""


@dataclass(frozen=True, slots=True)
class Element:
    """A start tag (or, with `closing`, an end tag): its name and where it and its attributes' values stand."""

    name: str
    start: int
    end: int
    values: dict[str, tuple[int, int]]
    closing: bool = False


def tags(environment: Environment, source: str, part: str) -> list[Tag]:
    """Every template tag of `source`, in order. `source` has `\\n` line ends. Raises BadTemplate with the place."""
    found: list[Tag] = []
    at, open_at, until, word = 0, 0, "", ""
    try:
        for line, kind, value in environment.lexer.tokeniter(source, None):
            begin = source.index(value, at)  # whitespace that `[%-` eats is in no token
            if not until and kind in _ENDS:
                open_at, until, word = begin, _ENDS[kind], ""
            elif kind in ("raw_begin", "raw_end"):
                found.append(Tag(begin, begin + len(value), line, variable=False))
            elif until and kind == "name" and not word:
                word = value
            at = begin + len(value)
            if kind == until:
                found.append(Tag(open_at, at, line, kind == "variable_end", word if kind == "block_end" else ""))
                until = ""
    except TemplateSyntaxError as error:
        raise BadTemplate((error.message or "this is no template").rstrip(".") + ".", f"{part} line {error.lineno}") from error
    return found


def blotted(source: str, found: Iterable[Tag]) -> str:
    """`source`, as long as before, with `[[ ]]` blotted out and other tags made spaces; lines stay lines."""
    pieces, at = [], 0
    for tag in found:
        text = source[tag.start : tag.end]
        pieces += [source[at : tag.start], "".join("\n" if c == "\n" else BLOT if tag.variable else " " for c in text)]
        at = tag.end
    return "".join([*pieces, source[at:]])


def elements(html: str, part: str) -> list[Element]:
    """Every start and end tag of `html`, in order. Raises BadTemplate for markup that cannot be read."""
    return list(_elements(html, part))


def _elements(html: str, part: str) -> Iterator[Element]:
    start, closing, value_at = 0, False, 0
    values: dict[str, tuple[int, int]] = {}
    for event in _events(html, part):
        if event.what in (What.TAG, What.END_TAG):
            start, values, closing = event.at, {}, event.what is What.END_TAG
        elif event.what is What.VALUE:
            value_at = event.at
        elif event.what is What.VALUE_END:
            values.setdefault(event.state.attribute, (value_at, event.at))
        elif event.state.tag:
            yield Element(event.state.tag, start, event.at, values, closing)


def _events(html: str, part: str) -> Iterator[Event]:
    try:
        yield from (event for event in read(html, State()) if isinstance(event, Event))
    except BadTemplate as error:
        raise BadTemplate(str(error) + ".", part) from error


def line_of(source: str, at: int) -> int:
    """The line of an offset, from 1."""
    return source.count("\n", 0, at) + 1


def spliced(source: str, changes: Iterable[tuple[int, int, str]]) -> str:
    """`source` with (start, end, text) put in place; every other character stays."""
    pieces, at = [], 0
    for start, end, text in sorted(changes, key=lambda change: change[:2]):
        pieces += [source[at:start], text]
        at = end
    return "".join([*pieces, source[at:]])
