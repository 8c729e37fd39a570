"""From a mailing's sources to its skeletons: prepared, parsed, its variables and links found, one skeleton for each encoding."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from jinja2 import Environment, nodes, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from mailings.content.environment import sandbox
from mailings.content.filters import DEFAULT_LANGUAGE, in_a_language
from mailings.content.inlining import inlined
from mailings.content.inserting import TRAP, with_pixel, with_preheader, with_trap
from mailings.content.linking import TRACKED, Linking
from mailings.content.links import LinkTable, address_in
from mailings.content.names import Used, flattened, parsed
from mailings.content.places import State
from mailings.content.quoting import Encoding, one_line_end
from mailings.content.skeleton import Part, Skeleton
from mailings.errors import BadTemplate

LINK, DELIVERY = "_link", "_delivery"  #: values of every rendering: what constant links begin with, and the payload of tokens
_REFUSED = {
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.FilterBlock: "filter",
    nodes.ScopedEvalContextModifier: "autoescape",
}

#: (payload of tokens, address) -> the public address that leads this recipient there
Sign = Callable[[Any, str], str]


@dataclass(frozen=True)
class Sources:
    """What a mailing says, as written. `text` empty = made from the HTML."""

    subject: str
    html: str
    text: str = ""
    preheader: str = ""
    opens: bool = False  # whether a pixel notices that the message is opened
    trap: bool = False  # whether there is a link that only machines follow

    def prepared(self) -> Sources:
        """CSS inlined, the text part made, preheader, trap and pixel put in; line ends `\\n`. Raises BadTemplate with the place."""
        environment = sandbox()
        html = inlined(environment, _ended(self.html))
        text = _ended(self.text) if self.text.strip() else _made(environment, html)
        html = with_preheader(environment, html, self.preheader)
        html = with_trap(environment, html) if self.trap else html
        return replace(self, html=with_pixel(environment, html) if self.opens else html, text=text)

    def problems(self, links: Collection[str], answers: Callable[[str], bool] | None = None) -> list[str]:
        """What is wrong with the names in these templates, with its place; `links` = the names of registered links.

        `answers` = which variables of submissions there are, of a mailing that answers them.
        """
        environment, used = sandbox(), Used(links, answers=answers)
        for name in ("subject", "preheader", "html", "text"):
            try:
                flattened(parsed(environment, one_line_end(getattr(self, name)), name), used, name)
            except BadTemplate as error:
                used.problems.append(str(error))
        return used.problems


@dataclass
class Content:
    """A mailing's prepared sources, with what they use. `constants` = values that are the same in every message, by their path."""

    sources: Sources
    table: LinkTable
    sign: Sign
    constants: Mapping[str, Any] = field(default_factory=dict)
    language: str = "en"
    web: bool = False  # read as a page, not in a mail client (domain.md D.5)
    answers: bool = False  # it answers what somebody sent with a form
    sample: Mapping[str, Any] | None = None  # the form that previews and tests of it show

    def skeleton(self, encoding: Encoding) -> Skeleton:
        """The skeleton of all parts in one encoding. Raises BadTemplate with the place; new links get their numbers."""
        environment = sandbox()
        environment.filters[TRACKED] = self._tracked()
        parts = list(self._parts(environment, self.used))
        named = {self.used.names[path]: value for path, value in self.constants.items() if path in self.used.names}
        shown = {"isWebPage": 1 if self.web else "", "InEmailClient": "" if self.web else 1}
        environment.globals |= {**named, **shown, DEFAULT_LANGUAGE: self.language}
        return Skeleton(environment, parts, encoding)

    @cached_property
    def used(self) -> Used:
        """The variables used, and the problems with them."""
        links = {*self.table.registered, TRAP} if self.sources.trap else self.table.registered
        # a form may lose a field while answers to it wait: what is not there is empty
        used = Used(links, answers=(lambda _path: True) if self.answers else None)
        self._flat(used)
        return used

    @cached_property
    def speaks(self) -> bool:
        """True when something is written in the reader's language."""
        return in_a_language(self.trees())

    def trees(self) -> list[nodes.Template]:
        """The syntax trees of all parts, variables by the names of their values."""
        return self._flat(replace(self.used, problems=[]))

    def _flat(self, used: Used) -> list[nodes.Template]:
        return [flattened(parsed(sandbox(), source, name), used, name) for name, source in self._templates()]

    def links(self) -> dict[str, str]:
        """The links of ours that are used: their name (`unsubscribe`, or one under `links`) -> the name of its value."""
        return {path.removeprefix("link."): name for path, name in self.used.names.items() if path.startswith("link.")}

    def _templates(self) -> Iterator[tuple[str, str]]:
        yield from (("subject", self.sources.subject), ("text", self.sources.text), ("html", self.sources.html))

    def _parts(self, environment: Environment, used: Used) -> Iterator[Part]:
        for name, source in self._templates():
            tree = flattened(parsed(environment, source, name), replace(used, problems=[]), name)
            check_statements(tree, name)
            body = tree.body
            if name == "html":
                tracked = {} if self.table.track == "none" else self.table.registered
                own = {value: 0 if link == TRAP else tracked.get(link) for link, value in self.links().items()}
                body, _ = Linking(name, self.table, own).walk(tree.body, State())
            yield Part(name, body, html=name == "html", whole=name == "subject")

    def _tracked(self) -> Callable[[Context, Any], Any]:
        table, sign = self.table, self.sign

        @pass_context
        def tracked(context: Context, value: Any) -> Any:
            url = address_in(str(value))
            if not table.follows(url):
                return value
            number = table.known(url)
            if number is not None:
                return Markup(f"{context.parent[LINK]}{number}")  # noqa: S704  base64 letters and digits
            return sign(context.parent[DELIVERY], table.target(url))

        return tracked


def _made(environment: Environment, html: str) -> str:
    from mailings.content.plaintext import text_of  # noqa: PLC0415  5 MB (lxml) that a mailing with a text of its own need not hold

    return text_of(environment, html)


def check_statements(tree: nodes.Template, part: str) -> None:
    """Raises BadTemplate with its place for a statement that a skeleton cannot hold."""
    for node in tree.find_all(tuple(_REFUSED)):
        raise BadTemplate(f"[% {_REFUSED[type(node)]} %] cannot be taken apart; write it without.", f"{part} line {node.lineno}")


def _ended(source: str) -> str:
    source = one_line_end(source)
    return source if source.endswith("\n") else source + "\n"
