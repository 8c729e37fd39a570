"""A Word template, read once: its text parts become templates in the sandbox of all mailings, filled for one recipient at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, Template
from lxml import etree
from markupsafe import Markup, escape

from mailings.content.compiling import check_statements
from mailings.content.environment import sandbox
from mailings.content.filters import DEFAULT_LANGUAGE, IN_A_LANGUAGE
from mailings.content.letter_variables import DAYS
from mailings.content.names import Used, flattened, parsed
from mailings.content.word.package import Package, opened, tree_of
from mailings.content.word.tags import as_template, prefix_of
from mailings.errors import BadTemplate, Unreadable

#: what XML cannot hold: one of these in a name would make the whole letter unreadable
_IMPOSSIBLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF])


@dataclass(frozen=True)
class WordTemplate:
    """A Word document as a template. `sources`: part -> its template and the prefix of its elements; parts without tags have none."""

    name: str
    package: Package
    sources: Mapping[str, tuple[str, str]]

    def used(self, used: Used) -> Used:
        """`used`, with the variables of all parts and the problems with them, each with its part and paragraph."""
        for part, (source, _) in self.sources.items():
            try:
                flattened(parsed(sandbox(), source, self._called(part)), used, self._called(part))
            except BadTemplate as error:
                used.problems.append(str(error))
        used.problems[:] = [problem.replace(" line ", " paragraph ", 1) for problem in used.problems]
        return used

    @property
    def speaks(self) -> bool:
        """True when something is written in a language: a day, a number, money."""
        return any(f"|{name}" in source.replace(" ", "") for source, _ in self.sources.values() for name in IN_A_LANGUAGE)

    def compiled(self, used: Used, constants: Mapping[str, Any], language: str) -> WordForm:
        """The form that is filled for each recipient. `constants`: variable -> what it says in every letter. Raises BadTemplate."""
        named = {used.names[path]: value for path, value in constants.items() if path in used.names}
        forms = {}
        for part, (source, prefix) in self.sources.items():
            environment = _environment(prefix)
            environment.globals |= {**named, DEFAULT_LANGUAGE: language}
            tree = flattened(parsed(environment, source, self._called(part)), used, self._called(part))
            check_statements(tree, self._called(part))
            try:
                forms[part] = environment.from_string(tree)
            except Exception as error:  # what Jinja2 only finds when it writes the code: a filter that is not there, break without a loop
                raise BadTemplate(f"{error}", self._called(part)) from error
        return WordForm(self.package, forms)

    def _called(self, part: str) -> str:
        """The body by the file's name, other parts with what they are: `letter.docx (header1)`."""
        return self.name if part == self.package.written[0] else f"{self.name} ({part.rpartition('/')[2].removesuffix('.xml')})"


@dataclass(frozen=True)
class WordForm:
    """A template ready to be filled. Holds no session; the same for all letters of a mailing."""

    package: Package
    forms: Mapping[str, Template]

    def filled(self, values: Mapping[str, Any]) -> bytes:
        """The document for one recipient. Raises Unreadable when the template cannot be filled with these values."""
        try:
            return self.package.packed({part: form.render(values).encode() for part, form in self.forms.items()})
        except Exception as error:  # whatever a template does with a value: it is this recipient's trouble alone
            raise Unreadable(f"The template cannot be filled for this recipient: {error}.") from error

    def whole(self, values: Mapping[str, Any]) -> None:
        """Raises Unreadable when what it is filled to is no document: a condition that begins in one paragraph and ends in another."""
        for part, form in self.forms.items():
            try:
                etree.fromstring(form.render(values).encode())
            except etree.XMLSyntaxError as error:
                raise Unreadable(
                    f"{part}: a condition or loop begins in one paragraph and ends in another; give [% ... %] a paragraph of its own."
                ) from error
            except Exception as error:
                raise Unreadable(f"The template cannot be filled: {error}.") from error


def word_template(content: bytes, name: str) -> WordTemplate:
    """The template in a .docx. Raises BadTemplate with its place."""
    package = opened(content, name)
    sources = {}
    for part in package.written:
        tree = tree_of(package.parts[part], name)
        source = as_template(tree, _named, name if part == package.written[0] else f"{name} ({part})")
        if source is not None:
            sources[part] = (source, prefix_of(tree))
    return WordTemplate(name, package, sources)


def _named(tag: str) -> str:
    """A tag in braces in our own way of writing; which names there are is asked where all names are."""
    name = tag.lower()
    return f'[[ {name} | date("long") ]]' if name in DAYS else f"[[ {name} ]]"


def _environment(prefix: str) -> Environment:
    """The sandbox, in which a value is one text of a run: its lines are lines of the letter, and it opens no element."""
    environment = sandbox()
    line = f'</{prefix}t><{prefix}br/><{prefix}t xml:space="preserve">'

    def shown(value: Any) -> Markup:
        text = "" if value is None else value.unescape() if isinstance(value, Markup) else str(value)
        clean = text.translate(_IMPOSSIBLE).replace("\r\n", "\n").replace("\r", "\n")
        return Markup(line).join(escape(one) for one in clean.split("\n"))  # noqa: S704  our own element between escaped texts

    environment.finalize = shown
    return environment
