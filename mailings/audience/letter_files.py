"""The template of a letter in a mailing's folder: a page of HTML or a Word document, in the language the mailing asks for."""

from __future__ import annotations

from pathlib import Path, PurePath

from mailings.audience.folder import file_of, text_of
from mailings.audience.folder_parts import DocumentPart
from mailings.errors import Unreadable
from mailings.model import MailingFile

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def letter_template(folder: Path, part: DocumentPart) -> str | MailingFile:
    """The HTML of the template, or the Word document as a file of the mailing. Raises Unreadable naming the languages there are."""
    kind = PurePath(part.template).suffix.lower()
    if kind not in (".html", ".htm", ".docx"):
        raise Unreadable(f"document.template is {part.template!r}; a letter is written in HTML (.html) or in Word (.docx).")
    named = in_language(part.template, part.language)
    if part.language and not (folder / named).is_file():
        there = ", ".join(languages_of(folder, part.template)) or "none"
        raise Unreadable(f"{named!r}, the template in {part.language}, is not in {folder}; languages there are: {there}.")
    if kind == ".docx":
        return MailingFile(inline=False, name=named, content_type=WORD, data=file_of(folder, named))
    return text_of(folder, named)


def in_language(template: str, language: str) -> str:
    """The file of a template in a language: letter.docx in Danish is letter.da.docx (domain.md B.5)."""
    path = PurePath(template)
    return str(path.with_suffix(f".{language}{path.suffix}")) if language else template


def languages_of(folder: Path, template: str) -> list[str]:
    """The languages a template is there in, beside its own."""
    path = PurePath(template)
    found = folder.joinpath(path.parent).glob(f"{path.stem}.*{path.suffix}")
    return sorted(file.name.removeprefix(f"{path.stem}.").removesuffix(path.suffix) for file in found)
