"""What a run's page says of the letters it printed: each PDF, how much is in it, where it lies and where the desk has it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mailings.errors import Unreadable
from mailings.model import Mailing, MailingType
from mailings.readable import counted
from mailings.reports.markdown import plain
from mailings.reports.places import desk_address
from mailings.sending.printing import letters_of
from mailings.settings import settings


def printed(session: Session, mailing: Mailing) -> str | None:
    """A part of the page in Markdown; None for a mailing that is none of letters."""
    if mailing.type is not MailingType.DOCUMENT:
        return None
    title = "## Letters to print"
    try:
        found = letters_of(mailing, settings())
    except Unreadable as error:
        return f"{title}\n\n{plain(str(error))}"
    if not found.files:
        return f"{title}\n\nNothing is printed yet. What is printed becomes a PDF at the end, or now with `mailings letters {mailing.name}`"
    rows = [
        f"* {plain(one.pdf)}: {counted(one.letters, 'letter')} on {counted(one.pages, 'page')}; their addresses are in {plain(one.csv)}"
        for one in found.files
    ]
    where = f"They lie in {plain(str(found.folder))} on the machine that printed them, and"
    return "\n".join([title, "", *rows, "", f"{where} [at the desk, to be saved]({desk_address(settings(), 'mailing', mailing.name)})."])
