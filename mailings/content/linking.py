"""Rewrites every address of a link in an HTML template's syntax tree, and refuses markup of which nothing sure can be said.

A constant address becomes `{base}{N}`, N from the link table; one that is made per recipient goes through `_tracked`. Both
branches of a condition are read; a loop is read until its body ends where it begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jinja2 import nodes

from mailings.content.links import LinkTable, address_in
from mailings.content.markup import read
from mailings.content.places import IN_TAG, Event, Mode, State, What, merged
from mailings.errors import BadTemplate

BASE = "_base"  #: the value every constant link begins with, encoded once per recipient
TRACKED = "_tracked"  #: the filter that makes a link of an address known only per recipient
_HELD = "_href"
_VALUES = frozenset({Mode.TEXT, Mode.DOUBLE, Mode.SINGLE, Mode.COMMENT, Mode.RAW})


class Linking:
    """Walks one part's tree. `own` = names of values that are links of ours already, with their number where they are registered."""

    def __init__(self, part: str, table: LinkTable, own: dict[str, int | None]) -> None:
        self.part, self.table, self.own = part, table, own

    def walk(self, body: Sequence[nodes.Node], state: State) -> tuple[list[nodes.Node], State]:
        """`body` with its links rewritten, and the place in the markup behind it. Raises BadTemplate with the place."""
        done: list[nodes.Node] = []
        held: list[nodes.Node] | None = None  # the parts of a link's address that is still open
        for node in one_by_one(body):
            if isinstance(node, nodes.TemplateData):
                held, state = self._read(node, state, done, held)
                continue
            if isinstance(node, nodes.Expr):
                self._check_place(node, state)
            else:
                node, state = self._statement(node, state)  # noqa: PLW2901  the rewritten node takes its place
            (done if held is None else held).append(node)
        if held is not None:
            raise self._bad(body[-1], "a link's address begins inside a condition or loop and ends outside it, or never")
        return done, state

    def _read(
        self, data: nodes.TemplateData, state: State, done: list[nodes.Node], held: list[nodes.Node] | None
    ) -> tuple[list[nodes.Node] | None, State]:
        text, at = data.data, 0
        for event in self._events(data, state):
            if isinstance(event, State):
                state = event
            elif _is_link(event) and event.what is What.VALUE:
                done.append(_data(text[at : event.at], data))
                held, at = [], event.at
            elif _is_link(event):
                if held is None:
                    raise self._bad(data, "a link's address ends inside a condition or loop that it did not begin in")
                done.extend(self._link([*held, _data(text[at : event.at], data)]))
                held, at = None, event.at
        (done if held is None else held).append(_data(text[at:], data))
        return held, state

    def _events(self, data: nodes.TemplateData, state: State) -> Iterator[Event | State]:
        try:
            yield from read(data.data, state)
        except BadTemplate as error:
            raise self._bad(data, str(error)) from error

    def _link(self, held: list[nodes.Node]) -> list[nodes.Node]:
        parts = [node for node in held if not (isinstance(node, nodes.TemplateData) and not node.data)]
        if all(isinstance(node, nodes.TemplateData) for node in parts):
            number = self.table.number(address_in("".join(node.data for node in parts)))  # type: ignore[attr-defined]
            return parts if number is None else _numbered(number, held[0])
        if len(parts) == 1 and isinstance(parts[0], nodes.Name) and parts[0].name in self.own:
            number = self.own[parts[0].name]
            return parts if number is None else _numbered(number, held[0])
        if self.table.track != "all":
            return parts
        line = held[0].lineno
        kept = nodes.AssignBlock(nodes.Name(_HELD, "store"), None, grouped(parts), lineno=line)
        return [kept, nodes.Filter(nodes.Name(_HELD, "load"), TRACKED, [], [], None, None, lineno=line)]

    def _statement(self, node: nodes.Node, state: State) -> tuple[nodes.Node, State]:
        if state.mode not in _VALUES | IN_TAG:
            raise self._bad(node, "a condition or loop stands where the markup is not finished; put quotes around the attribute's value")
        if isinstance(node, nodes.If):
            return self._choice(node, state)
        if isinstance(node, nodes.For):
            return self._loop(node, state)
        if isinstance(node, nodes.With):
            node.body, state = self._inside(node.body, state)
        elif isinstance(node, nodes.AssignBlock) and any(set(data.data) & set("<>\"'") for data in node.find_all(nodes.TemplateData)):
            raise self._bad(node, "[% set %] around markup is not taken apart; write the markup where it is wanted")
        return node, state

    def _inside(self, body: list[nodes.Node], state: State) -> tuple[list[nodes.Node], State]:
        walked, state = self.walk(body, state)
        return grouped(walked), state

    def _choice(self, node: nodes.If, state: State) -> tuple[nodes.Node, State]:
        node.body, end = self._inside(node.body, state)
        for other in node.elif_:
            other.body, here = self._inside(other.body, state)
            end = self._merged(node, end, here)
        node.else_, here = self._inside(node.else_, state)
        return node, self._merged(node, end, here)

    def _loop(self, node: nodes.For, state: State) -> tuple[nodes.Node, State]:
        if node.recursive:
            raise self._bad(node, "a recursive loop is not taken apart; write plain loops")
        node.body, end = self._inside(node.body, state)
        if self._merged(node, state, end) != state:  # the second time round would begin elsewhere than the first
            raise self._bad(node, "each time round the loop ends at another place of the markup; begin it behind a space")
        node.else_, here = self._inside(node.else_, state)
        return node, self._merged(node, state, here)

    def _merged(self, node: nodes.Node, one: State, other: State) -> State:
        if (both := merged(one, other)) is None:
            raise self._bad(node, "the branches of this condition or loop end at different places of the markup, say one inside a tag")
        return both

    def _check_place(self, node: nodes.Node, state: State) -> None:
        if state.mode not in _VALUES:
            what = "inside a tag" if state.mode in IN_TAG | {Mode.EQUALS, Mode.BARE} else "where the markup is not finished"
            raise self._bad(node, f"[[ ]] stands {what}, outside quotes; put quotes around the attribute's value")

    def _bad(self, node: nodes.Node, sentence: str) -> BadTemplate:
        return BadTemplate(sentence.rstrip(".") + ".", f"{self.part} line {node.lineno}")


def one_by_one(body: Sequence[nodes.Node]) -> Iterator[nodes.Node]:
    """The statements, expressions and texts of `body`, each alone and in order."""
    for node in body:
        if isinstance(node, nodes.Output):
            yield from node.nodes
        else:
            yield node


def grouped(parts: Sequence[nodes.Node]) -> list[nodes.Node]:
    """`parts` as statements: what is put out stands in Output nodes."""
    return [nodes.Output([part], lineno=part.lineno) if isinstance(part, nodes.Expr) else part for part in parts]


def _is_link(event: Event) -> bool:
    value = event.what in (What.VALUE, What.VALUE_END)
    return value and event.state.tag in ("a", "area") and event.state.attribute == "href"


def _numbered(number: int, place: nodes.Node) -> list[nodes.Node]:
    return [nodes.Name(BASE, "load", lineno=place.lineno), nodes.TemplateData(str(number), lineno=place.lineno)]


def _data(text: str, place: nodes.Node) -> nodes.TemplateData:
    return nodes.TemplateData(text, lineno=place.lineno)
