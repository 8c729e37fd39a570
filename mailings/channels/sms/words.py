"""What a text message says: its template in the one template language, without links (domain.md A, D.1, D23)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from jinja2 import nodes

from mailings.channels.sms.arms import Arms, arms_of
from mailings.content.names import Used
from mailings.content.one_part import OnePart
from mailings.errors import BadTemplate

PART = "text"  #: what the one part of a text message is called where a problem names its place
_LINK = "{} line {}: link.{} cannot stand in a text message, which has no links of ours; write the address itself, or take it out."

_FROM = "config.defaultMail is the From address of an e-mail; a text message has none, so take it out."


@dataclass
class Words(OnePart):
    """A text message's template; the blank lines around it do not leave."""

    part: str = PART

    def __post_init__(self) -> None:
        """The blank lines go, before any place in it is counted."""
        self.source = self.source.strip()

    @cached_property
    def problems(self) -> list[str]:
        """What is wrong with it, each with its place: an unknown variable, a link, a template that cannot be read."""
        try:
            return [*_links(self.tree()), *([_FROM] if "config.defaultMail" in self.used.names else []), *self.used.problems]
        except BadTemplate as error:
            return [str(error)]

    def known(self, tree: nodes.Template) -> Used:
        """Links pass for known here: of those `problems` has a sentence of its own."""
        return Used({node.attr for node in _named_links(tree)})

    def arms(self) -> Arms:
        """How short and how long the text a person wrote can come out, without the values."""
        return arms_of(self.tree())


def _named_links(tree: nodes.Template) -> list[nodes.Getattr]:
    return [node for node in tree.find_all(nodes.Getattr) if isinstance(node.node, nodes.Name) and node.node.name == "link"]


def _links(tree: nodes.Template) -> list[str]:
    return [_LINK.format(PART, node.lineno, node.attr) for node in _named_links(tree)]
