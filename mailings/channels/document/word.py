"""Letters written in Word: the template of a mailing compiled once, one document for each recipient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.channels.document.letter_rows import Asked, LetterRow, letter_row
from mailings.channels.document.offering import Letters
from mailings.channels.document.stacking import document_of, language_of, stack_of
from mailings.channels.first import first_row
from mailings.content.letter_variables import is_letter_variable, letter_constants
from mailings.content.names import Used
from mailings.content.word.filling import WordForm, WordTemplate, word_template
from mailings.content.word.office import libreoffice
from mailings.errors import BadTemplate, Misconfigured, Unreadable
from mailings.letter import Stack
from mailings.model import Mailing, MailingFile
from mailings.settings import Settings

SUFFIX = ".docx"


def in_word(mailing: Mailing) -> bool:
    """True for a mailing whose letters are written in Word."""
    return str(document_of(mailing).get("template") or "").lower().endswith(SUFFIX)


class CompiledWord(Letters):
    """A mailing whose letters are written in Word."""

    written = "docx"

    def __init__(self, row: LetterRow, form: WordForm, stack: Stack) -> None:
        super().__init__(row, stack)
        self.form = form

    def document(self, values: Mapping[str, Any]) -> bytes:
        """The letter with these values. Raises Unreadable."""
        return self.form.filled(values)


def compiled_word(session: Session, mailing: Mailing, settings: Settings) -> CompiledWord:
    """The letters of a mailing written in Word. Raises BadTemplate with its place."""
    template = _template(session, mailing)
    return _compiled(session, mailing, settings, (template, template.used(_used(mailing))))


def _compiled(session: Session, mailing: Mailing, settings: Settings, read: tuple[WordTemplate, Used]) -> CompiledWord:
    template, used = read
    constants = letter_constants(session, mailing, settings)
    row = letter_row(mailing, Asked(used, constants, template.speaks), settings)
    stack = stack_of(session, mailing, settings)
    return CompiledWord(row, template.compiled(used, constants, language_of(mailing, settings)), stack)


def word_problems(session: Session, mailing: Mailing, settings: Settings) -> Iterator[str]:
    """Everything about a Word template that keeps letters from being made, one sentence each."""
    try:
        libreoffice()
    except Misconfigured as error:
        yield str(error)
    try:
        template = _template(session, mailing)
        used = template.used(_used(mailing))
        yield from used.problems
        yield from (f"{template.name}: a letter has no links; {name} cannot be used." for name in used.names if name.startswith("link."))
        if not used.problems:
            yield from _tried(session, mailing, _compiled(session, mailing, settings, (template, used)))
    except BadTemplate as error:
        yield str(error)


def _tried(session: Session, mailing: Mailing, compiled: CompiledWord) -> Iterator[str]:
    """Fill the template for nobody and for the first who should get it, so that trouble shows before it is printed."""
    first = first_row(session, mailing, compiled.row)
    for row in (compiled.row.blank(), *([] if first is None else [first])):
        try:
            compiled.form.whole(compiled.row.values(row))
        except Unreadable as error:
            yield str(error)
            return


def _used(mailing: Mailing) -> Used:
    ours = str(document_of(mailing).get("our_ref") or "")
    return Used(alone=is_letter_variable, written={"oref": ours, "our_ref": ours})


def _template(session: Session, mailing: Mailing) -> WordTemplate:
    """The one Word document that was pushed with the mailing."""
    written = MailingFile.inline.is_(False) & MailingFile.name.ilike(f"%{SUFFIX}")
    found = session.execute(select(MailingFile.name, MailingFile.data).where(MailingFile.mailing_id == mailing.id, written)).first()
    if found is None:
        raise BadTemplate("There is no such template; push the mailing again.", str(document_of(mailing).get("template")))
    return word_template(found.data, found.name)
