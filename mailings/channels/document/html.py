"""Letters written in HTML: the template of a mailing compiled once, one page of HTML for each recipient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import nodes
from sqlalchemy.orm import Session

from mailings.channels.document.letter_rows import ENVELOPE, Asked, LetterRow, letter_row
from mailings.channels.document.offering import Letters
from mailings.channels.document.stacking import document_of, language_of, stack_of
from mailings.content.letter_variables import is_letter_variable, letter_constants
from mailings.content.names import Used
from mailings.content.one_part import OnePart
from mailings.errors import BadTemplate
from mailings.letter import Stack
from mailings.model import Mailing
from mailings.settings import Settings

HTML = "html"  # the one part of a letter's template


@dataclass
class Template(OnePart):
    """A letter's HTML template; `part` = its file's name. `written` = what stands for a name, as our_ref."""

    written: Mapping[str, str] = field(default_factory=dict)

    def known(self, _tree: nodes.Template) -> Used:
        """Letters' variables, which stand without a root before them, and the names that are written for this mailing."""
        return Used(alone=is_letter_variable, written=self.written)


class CompiledHtml(Letters):
    """A mailing whose letters are written in HTML."""

    written = "html"

    def __init__(self, template: Template, row: LetterRow, stack: Stack) -> None:
        super().__init__(row, stack)
        self.template = template
        self._skeleton = template.skeleton(HTML, html=True)

    def document(self, values: Mapping[str, Any]) -> bytes:
        """The letter with these values. Raises Unreadable."""
        return self.filled(values).encode()

    def html(self, row: Sequence[Any]) -> str:
        """The letter of one row. Raises Unreadable."""
        return self.filled(self.row.values(row))

    def filled(self, values: Mapping[str, Any]) -> str:
        """The letter with these values, by the names they have in the rendering. Raises Unreadable."""
        slots = self._skeleton.slots(dict(values))
        return "".join(piece if isinstance(piece, str) else slots[piece] for piece in self._skeleton.pieces[HTML])


def template_of(session: Session, mailing: Mailing, settings: Settings) -> Template:
    """The template as it was pushed, with what is alike in all letters."""
    document = document_of(mailing)
    ours = str(document.get("our_ref") or "")
    constants = {
        "config.companyName": settings.company_name,
        "config.companyAddress": settings.company_address,
        "config.defaultMail": "",
        "config.cgiUrl": settings.public_url.rstrip("/"),
        **letter_constants(session, mailing, settings),
    }
    written = {"oref": ours, "our_ref": ours}
    return Template(mailing.html, str(document.get("template") or HTML), constants, language_of(mailing, settings), written)


def compiled_html(session: Session, mailing: Mailing, settings: Settings) -> CompiledHtml:
    """The letters of a mailing written in HTML. Raises BadTemplate with its place."""
    template = template_of(session, mailing, settings)
    if template.used.problems:
        raise BadTemplate(" ".join(template.used.problems))
    return compiled_with(session, mailing, settings, template)


def compiled_with(session: Session, mailing: Mailing, settings: Settings, template: Template) -> CompiledHtml:
    """The same for a template that was looked at already."""
    row = letter_row(mailing, Asked(template.used, template.constants, template.speaks), settings)
    return CompiledHtml(template, row, stack_of(session, mailing, settings))


__all__ = ["ENVELOPE", "CompiledHtml", "Template", "compiled_html", "compiled_with", "template_of"]
