"""What preflight must know about letters: template, variables, images, the order they lie in, how many pages they come to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.channels import Findings
from mailings.channels.blanks import blank_variables
from mailings.channels.document.amount import amount
from mailings.channels.document.html import ENVELOPE, Template, compiled_with, template_of
from mailings.channels.document.postal import SORTS
from mailings.channels.document.stacking import document_of
from mailings.channels.document.word import in_word, word_problems
from mailings.channels.first import first_row
from mailings.content.letter_variables import letter_column
from mailings.content.variables import EMPTY
from mailings.errors import BadTemplate, Unreadable
from mailings.model import Mailing, MailingFile, Recipient, Verdict
from mailings.readable import counted
from mailings.settings import Settings, settings

_CID = re.compile(r"cid:([^\"'\s)>]+)")
_ELSEWHERE = re.compile(r"""(?:\bsrc\s*=\s*["']?|url\(\s*["']?|@import\s+["']|<link\b[^>]*\bhref\s*=\s*["']?)([^"')\s>]+)""", re.IGNORECASE)
_OURS = ("cid:", "data:", "#", "[[")
_LINK = "{} line {}: {} cannot stand in a letter, which has no links of ours; take it out."


def problems_of(session: Session, mailing: Mailing, chosen: Settings | None = None) -> Findings:
    """Everything about the letters that keeps them from being printed, and what one should know before."""
    chosen = chosen or settings()
    found = Findings([*_setup(mailing)])
    if in_word(mailing):
        found.problems.extend(word_problems(session, mailing, chosen))
    elif not mailing.html.strip():
        found.problems.append("It has no template; name an HTML file or a Word document under `template` below `document` in mailing.yaml.")
    else:
        _html(session, mailing, chosen, found)
    found.warnings.extend(_no_address(session, mailing))
    if not found.problems:
        found.notes.extend(amount(session, mailing, chosen))
    return found


def _setup(mailing: Mailing) -> Iterator[str]:
    document = document_of(mailing)
    sort = str(document.get("sort") or "none")
    if sort not in SORTS:
        yield f"document.sort is {sort!r}; letters are sorted by {', '.join(SORTS[1:])}, or by none."
    use = str((document.get("attention") or {}).get("use") or "if_none")
    if use not in ("if_none", "always"):
        yield f"document.attention.use is {use!r}; write if_none, for recipients without a name, or always."


def _html(session: Session, mailing: Mailing, chosen: Settings, found: Findings) -> None:
    template = template_of(session, mailing, chosen)
    found.problems.extend([*_images(session, mailing), *_from_elsewhere(mailing, template.part)])
    try:
        found.problems.extend([*template.used.problems, *_links(template)])
        if found.problems:
            return
        _tried(session, mailing, chosen, (template, found))
    except BadTemplate as error:
        found.problems.append(str(error))
        return

    def column_of(path: str) -> Any:
        constant = path in template.constants or path == ENVELOPE
        return func.coalesce(Recipient.address, EMPTY) if constant else letter_column(path, mailing, chosen)

    found.warnings.extend(blank_variables(session, mailing, template, column_of))
    found.warnings.extend(_unlinked(mailing, template))


def _tried(session: Session, mailing: Mailing, chosen: Settings, looked: tuple[Template, Findings]) -> None:
    """Fill the template for the first who should get it, so that trouble shows before it is printed."""
    template, found = looked
    compiled = compiled_with(session, mailing, chosen, template)
    first = first_row(session, mailing, compiled.row)
    if first is None:
        return
    try:
        compiled.html(first)
    except Unreadable as error:
        found.problems.append(f"Already for the first recipient: {error}")


def _images(session: Session, mailing: Mailing) -> Iterator[str]:
    there = set(session.scalars(select(MailingFile.name).where(MailingFile.mailing_id == mailing.id, MailingFile.inline)))
    for shown in sorted({*_CID.findall(mailing.html)} - there):
        yield f"The letter shows the image cid:{shown}, and there is none; name its file under `images` in mailing.yaml."


def _from_elsewhere(mailing: Mailing, part: str) -> Iterator[str]:
    for found in _ELSEWHERE.finditer(mailing.html):
        if not found[1].lower().startswith(_OURS):
            line = mailing.html.count("\n", 0, found.start()) + 1
            yield (
                f"{part} line {line}: {found[1]} is not in the mailing, and printing fetches nothing from elsewhere;"
                " name its file under `images` in mailing.yaml and write cid:NAME."
            )


def _links(template: Template) -> Iterator[str]:
    lines = template.source.splitlines()
    for path in (path for path in template.used.names if path.startswith("link.")):
        line = next((n for n, text in enumerate(lines, 1) if path in text), 0)
        yield _LINK.format(template.part, line, path)


def _unlinked(mailing: Mailing, template: Template) -> Iterator[str]:
    """V13: a variable of a project or sale that the mailing is not linked to stays empty."""
    for path in template.used.names:
        if path in template.constants and template.constants[path] == "" and not path.startswith("config."):
            yield f"{path} is empty in every letter; link a project, sale or selection in mailing.yaml, write the heading, or take it out."


def _no_address(session: Session, mailing: Mailing) -> Iterator[str]:
    wanted = select(func.count()).where(Recipient.mailing_id == mailing.id, Recipient.verdict == Verdict.NO_ADDRESS)
    if count := session.scalar(wanted):
        nobody = counted(count, "recipient has no postal address and gets", "recipients have no postal address and get")
        yield f"{nobody} no letter; see: mailings recipients {mailing.name} --verdict no_address"
