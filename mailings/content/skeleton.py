"""A template taken apart once: constant stretches, already encoded, and slots that one rendering fills for one recipient.

A slot is what stands between two constants: one or more top-level dynamic nodes. Inside a slot (a loop's body, the branches
of a condition) constants are encoded at compile time too; only values are encoded per recipient.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from markupsafe import escape

from mailings.content.linking import BASE, grouped, one_by_one
from mailings.content.quoting import Encoding
from mailings.errors import Unreadable

SEPARATOR = "\x1f"  #: stands between slots in a rendering; a control character no address or name may hold
_ENCODED, _ESCAPED = "_encoded", "_escaped"


@dataclass(frozen=True)
class Part:
    """One template of a mailing, parsed, its variables flattened and its links rewritten."""

    name: str  # subject, html, text
    body: Sequence[nodes.Node]
    html: bool = False
    whole: bool = False  # one slot, not encoded: the subject, which its header encodes as a whole


#: in `Skeleton.pieces`: the place of the base of constant links, and (a number) of a slot
BASE_PLACE = -1
Piece = str | int


class Skeleton:
    """All parts of a mailing in one encoding. `pieces[part]`: encoded constants, BASE_PLACE, and numbers of slots."""

    def __init__(self, environment: Environment, parts: Sequence[Part], encoding: Encoding) -> None:
        self.encoding = encoding
        self.pieces: dict[str, list[Piece]] = {}
        self._slots: list[tuple[Part, list[nodes.Node]]] = []
        environment.code_generator_class = _PutOut
        environment.filters |= {_ENCODED: _encoder(encoding.piece), _ESCAPED: _escaper(encoding.piece)}
        for part in parts:
            self.pieces[part.name] = list(self._pieces(part))
        template = environment.from_string(self._tree(environment, parts))
        self._render: Callable[[Context], Iterator[str]] = template.root_render_func
        self._environment, self._globals = environment, dict(environment.globals)

    def slots(self, values: Mapping[str, Any]) -> list[str]:
        """The slots of one recipient, encoded. Raises Unreadable when a slot cannot be rendered."""
        filled = self._filled({**self._globals, **values})
        if len(filled) != len(self._slots) + 1:  # a value holds the separator: it says nothing to a reader, so it goes
            clean = {name: value.replace(SEPARATOR, "") if isinstance(value, str) else value for name, value in values.items()}
            filled = self._filled({**self._globals, **clean})
            if len(filled) != len(self._slots) + 1:
                raise Unreadable("The template writes the control character U+001F, which no message may hold.")
        return filled[1:]

    def _filled(self, values: dict[str, Any]) -> list[str]:
        try:
            # new_context would walk the environment's globals for every message; `values` holds them already
            context = Context(self._environment, values, None, {})
            return "".join(self._render(context)).split(SEPARATOR)
        except Exception as error:  # whatever a template does with a value: it is this recipient's trouble alone
            raise Unreadable(f"The template cannot be filled for this recipient: {error}.") from error

    def _pieces(self, part: Part) -> Iterator[Piece]:
        body = list(part.body)
        if part.whole:
            yield self._slot(part, body)
            return
        waiting: list[nodes.Node] = []
        for node in self._encoded(part, body):
            constant = isinstance(node, nodes.TemplateData)
            base = isinstance(node, nodes.Name) and node.name == BASE
            if not constant and not base:
                waiting.append(node)
                continue
            if any(not isinstance(n, nodes.Assign | nodes.AssignBlock) for n in waiting):
                yield self._slot(part, waiting)
                waiting = []
            yield node.data if isinstance(node, nodes.TemplateData) else BASE_PLACE
        if any(not isinstance(n, nodes.Assign | nodes.AssignBlock) for n in waiting):
            yield self._slot(part, waiting)

    def _slot(self, part: Part, body: list[nodes.Node]) -> int:
        self._slots.append((part, body))
        return len(self._slots) - 1

    def _encoded(self, part: Part, body: Sequence[nodes.Node]) -> list[nodes.Node]:
        done: list[nodes.Node] = []
        for node in _joined(one_by_one(body)):
            if isinstance(node, nodes.TemplateData):
                if node.data:
                    done.append(nodes.TemplateData(self.encoding.piece(node.data), lineno=node.lineno))
                continue
            if isinstance(node, nodes.Expr):
                done.append(node if _is_base(node) else _filtered(node, _ESCAPED if part.html else _ENCODED))
                continue
            for branch in (node, *getattr(node, "elif_", ())):
                if isinstance(branch, nodes.If | nodes.For | nodes.With):
                    branch.body = grouped(self._encoded(part, branch.body))
            if isinstance(node, nodes.If | nodes.For):
                node.else_ = grouped(self._encoded(part, node.else_))
            done.append(node)
        return done

    def _tree(self, environment: Environment, parts: Sequence[Part]) -> nodes.Template:
        scopes: list[nodes.Node] = []
        for part in parts:
            body: list[nodes.Node] = []
            for owner, slot in self._slots:
                if owner is part:
                    body += [nodes.Output([nodes.TemplateData(SEPARATOR)]), *grouped(slot)]
            escaping = nodes.Keyword("autoescape", nodes.Const(part.html))
            scopes.append(nodes.Scope([nodes.ScopedEvalContextModifier([escaping], body)]))
        tree = nodes.Template(scopes, lineno=1)
        tree.set_environment(environment)
        return tree


def _joined(parts: Iterator[nodes.Node]) -> Iterator[nodes.Node]:
    """`parts`, constants that stand side by side made one: fewer pieces, fewer soft breaks."""
    data: list[nodes.TemplateData] = []
    for node in parts:
        if isinstance(node, nodes.TemplateData):
            data.append(node)
            continue
        yield from _one(data)
        data = []
        yield node
    yield from _one(data)


def _one(data: list[nodes.TemplateData]) -> list[nodes.Node]:
    return [nodes.TemplateData("".join(node.data for node in data), lineno=data[0].lineno)] if data else []


def _is_base(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == BASE


def _filtered(node: nodes.Expr, name: str) -> nodes.Node:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


class _PutOut(CodeGenerator):
    """Puts encoded values out as they are: escaping and finalizing them again took a third of a message's time."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if not _is_encoded(node):
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if not _is_encoded(node):
            super()._output_child_post(node, frame, finalize)

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> str:
        if _is_encoded(node):
            raise nodes.Impossible  # a constant would be escaped here
        return super()._output_child_to_const(node, frame, finalize)


def _is_encoded(node: nodes.Node) -> bool:
    return _is_base(node) or (isinstance(node, nodes.Filter) and node.name in (_ENCODED, _ESCAPED))


def _encoder(piece: Callable[[str], str]) -> Callable[[Any], str]:
    def encoded(value: Any) -> str:
        return "" if value is None else piece(str(value))

    return encoded


def _escaper(piece: Callable[[str], str]) -> Callable[[Any], str]:
    special = re.compile("[&<>\"']").search

    def escaped(value: Any) -> str:
        if value.__class__ is str and special(value) is None:  # nine in ten; `escape` would make an object of it
            return piece(value)
        return "" if value is None else piece(str(escape(value)))

    return escaped
