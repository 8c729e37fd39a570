"""The files of a mailing's folder: content, attachments and inline images, read whole before anything is stored."""

from __future__ import annotations

import mimetypes
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from sqlalchemy import delete
from sqlalchemy.orm import Session

from mailings.audience.folder import FILE, file_of, inside, text_of, together
from mailings.audience.folder_parts import MailingPart
from mailings.audience.letter_files import letter_template
from mailings.audience.trouble import Trouble
from mailings.errors import Unreadable
from mailings.model import Mailing, MailingFile


@dataclass
class Files:
    """What the folder holds: the content, and what travels with it. `lists`: the import's name -> its file."""

    html: str = ""
    text: str = ""
    carried: list[MailingFile] = field(default_factory=list)
    lists: dict[str, Path] = field(default_factory=dict)


def read_files(folder: Path, part: MailingPart) -> Files:
    """Every file the mailing names. Raises Unreadable with one line for each that is missing, unreadable or outside."""
    trouble, found = Trouble(), Files()
    found.html = trouble.attempt(text_of, folder, part.html) or "" if part.html else ""
    found.text = trouble.attempt(text_of, folder, part.text) or "" if part.text else ""
    if part.document is not None and part.document.template:
        _letter(found, trouble.attempt(letter_template, folder, part.document))
    for inline, name, named in _carried(part):
        if (data := trouble.attempt(file_of, folder, named)) is not None:
            found.carried.append(MailingFile(inline=inline, name=name, content_type=_content_type(named), data=data))
    for source in part.sources:
        if source.list_file is not None and (path := trouble.attempt(inside, folder, source.list_file)):
            found.lists[source.list_file] = path
    trouble.met += [f"two attachments are called {name!r}; rename one." for name in _twice(part)]
    if trouble.met:
        raise Unreadable(together(folder / FILE, trouble.met))
    return found


def _letter(found: Files, template: str | MailingFile | None) -> None:
    if isinstance(template, MailingFile):
        found.carried.append(template)
    elif template is not None:
        found.html = template


def store_files(session: Session, mailing: Mailing, files: Files) -> None:
    """The draft's files, in place of those it had."""
    session.execute(delete(MailingFile).where(MailingFile.mailing_id == mailing.id))
    for carried in files.carried:
        carried.mailing_id = mailing.id
        session.add(carried)


def _carried(part: MailingPart) -> list[tuple[bool, str, str]]:
    attached = [(False, PurePath(named).name, named) for named in part.attachments]
    return attached + [(True, name, named) for name, named in part.images.items()]


def _twice(part: MailingPart) -> list[str]:
    return [name for name, n in Counter(PurePath(named).name for named in part.attachments).items() if n > 1]


def _content_type(named: str) -> str:
    return mimetypes.guess_type(named)[0] or "application/octet-stream"
