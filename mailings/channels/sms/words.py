"""What a text message says: its template in the one template language, without links (domain.md A, D.1, D23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from jinja2 import nodes

from mailings.channels.sms.arms import Arms, arms_of
from mailings.content.compiling import check_statements
from mailings.content.environment import sandbox
from mailings.content.filters import DEFAULT_LANGUAGE, IN_A_LANGUAGE
from mailings.content.names import WHERE_SHOWN, Used, flattened, parsed
from mailings.content.quoting import Bare, one_line_end
from mailings.content.skeleton import Part, Skeleton
from mailings.errors import BadTemplate

PART = "text"  #: what the one part of a text message is called where a problem names its place
_LINK = "{} line {}: link.{} cannot stand in a text message, which has no links of ours; write the address itself, or take it out."

_FROM = "config.defaultMail is the From address of an e-mail; a text message has none, so take it out."


@dataclass
class Words:
    """A text message's template. `constants` = values that are the same in every message, by their path."""

    source: str
    constants: Mapping[str, Any] = field(default_factory=dict)
    language: str = "en"

    @cached_property
    def problems(self) -> list[str]:
        """What is wrong with it, each with its place: an unknown variable, a link, a template that cannot be read."""
        try:
            return [*_links(self._tree()), *([_FROM] if "config.defaultMail" in self.used.names else []), *self.used.problems]
        except BadTemplate as error:
            return [str(error)]

    @cached_property
    def used(self) -> Used:
        """The variables used, and the problems with them. Raises BadTemplate."""
        tree = self._tree()
        used = Used({node.attr for node in _named_links(tree)})  # told in a sentence of their own
        flattened(tree, used, PART)
        return used

    @cached_property
    def speaks(self) -> bool:
        """True when something is written in the reader's language."""
        return any(node.name in IN_A_LANGUAGE for tree in self.trees() for node in tree.find_all(nodes.Filter))

    def trees(self) -> list[nodes.Template]:
        """The syntax tree, variables by the names of their values."""
        return [flattened(self._tree(), Used(self.used.links, names=self.used.names), PART)]

    def arms(self) -> Arms:
        """How short and how long the text a person wrote can come out, without the values."""
        return arms_of(self._tree())

    def skeleton(self) -> Skeleton:
        """The template compiled. Raises BadTemplate with its place."""
        environment = sandbox()
        (tree,) = self.trees()
        check_statements(tree, PART)
        named = {self.used.names[path]: value for path, value in self.constants.items() if path in self.used.names}
        environment.globals |= {**named, **dict.fromkeys(WHERE_SHOWN, ""), DEFAULT_LANGUAGE: self.language}
        return Skeleton(environment, [Part(PART, tree.body)], Bare())

    def _tree(self) -> nodes.Template:
        return parsed(sandbox(), one_line_end(self.source).strip(), PART)


def _named_links(tree: nodes.Template) -> list[nodes.Getattr]:
    return [node for node in tree.find_all(nodes.Getattr) if isinstance(node.node, nodes.Name) and node.node.name == "link"]


def _links(tree: nodes.Template) -> list[str]:
    return [_LINK.format(PART, node.lineno, node.attr) for node in _named_links(tree)]
