"""A template of one part without tracked links, compiled once for all: a letter in HTML, a text message (domain.md D.1, D23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from jinja2 import nodes

from mailings.content.compiling import check_statements
from mailings.content.environment import sandbox
from mailings.content.filters import DEFAULT_LANGUAGE, in_a_language
from mailings.content.names import WHERE_SHOWN, Used, flattened, parsed
from mailings.content.quoting import Bare, one_line_end
from mailings.content.skeleton import Part, Skeleton


@dataclass
class OnePart:
    """A template. `part` = what a problem's place calls it; `constants` = values that are the same in every message, by their path."""

    source: str
    part: str
    constants: Mapping[str, Any] = field(default_factory=dict)
    language: str = "en"

    @cached_property
    def used(self) -> Used:
        """The variables used, and the problems with them, each with its place. Raises BadTemplate where it is no template."""
        tree = self.tree()
        used = self.known(tree)
        flattened(tree, used, self.part)
        return used

    def known(self, _tree: nodes.Template) -> Used:
        """Which names are variables here beside those of all mailings; none is used yet."""
        return Used()

    @cached_property
    def speaks(self) -> bool:
        """True when something is written in the reader's language."""
        return in_a_language(self.trees())

    def trees(self) -> list[nodes.Template]:
        """The syntax tree, variables by the names of their values."""
        return [flattened(self.tree(), replace(self.used, problems=[]), self.part)]

    def skeleton(self, name: str, *, html: bool = False) -> Skeleton:
        """The template taken apart, its one part by this name. Raises BadTemplate with its place."""
        environment = sandbox()
        (tree,) = self.trees()
        check_statements(tree, self.part)
        named = {self.used.names[path]: value for path, value in self.constants.items() if path in self.used.names}
        environment.globals |= {**named, **dict.fromkeys(WHERE_SHOWN, ""), DEFAULT_LANGUAGE: self.language}
        return Skeleton(environment, [Part(name, tree.body, html=html)], Bare())

    def tree(self) -> nodes.Template:
        """The syntax tree as it is written. Raises BadTemplate with its place."""
        return parsed(sandbox(), one_line_end(self.source), self.part)
