"""What the commands that send have in common: the engine and the bar around a run, and what they tell at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from cli.door import notes, print_json, whoever
from cli.figures import print_figures
from cli.progress import progress_of
from mailings.db import Database
from mailings.model import MailingType
from mailings.reports.figures import status_of
from mailings.sending.finding import mailing_named
from mailings.sending.printing import letters_of
from mailings.settings import settings
from tasks.parameters import HowToSend

if TYPE_CHECKING:
    from mailings.sending.closing import Ending

BatchSize = Annotated[
    int | None,
    typer.Option(
        min=1, max=1000, help="Deliveries claimed at a time; absent = as the transport likes: 200, SendGrid 1,000.", show_default=False
    ),
]


@contextmanager
def run_of(db: Database, name: str, batch_size: int | None) -> Iterator[HowToSend]:
    """An engine and a progress bar for the block; yields how to send from here."""
    from cli.engine import configured_api, engine  # noqa: PLC0415  Prefect takes a second to import
    from tasks.deeds import acting_for  # noqa: PLC0415  see above

    how = HowToSend(batch_size=batch_size or 0, patience=-1 if configured_api() else _patience())
    with engine(), progress_of(db, name), acting_for(whoever()):
        yield how


def say(sentence: str) -> None:
    """A line on standard error."""
    notes.print(sentence, highlight=False, soft_wrap=True)


def tell_ending(db: Database, ending: Ending, *, as_json: bool) -> None:
    """What a run came to: problems and the sentence on standard error, the figures on standard output."""
    for problem in ending.problems:
        say(f"[bold red]✗[/] {escape(problem)}")
    say(escape(ending.sentence))
    tell_letters(db, ending.mailing)
    show(db, ending.mailing, as_json=as_json)


def tell_letters(db: Database, name: str) -> None:
    """Of a document mailing: where its PDF is."""
    with db.reading() as session:
        mailing = mailing_named(session, name)
        found = letters_of(mailing, settings()) if mailing.type is MailingType.DOCUMENT else None
    if found is not None and found.files:
        say(escape(found.sentence))


def show(db: Database, name: str, *, as_json: bool) -> None:
    """The status document of the mailing."""
    with db.reading() as session:
        document = status_of(session, mailing_named(session, name))
    if as_json:
        print_json(document)
    else:
        print_figures(document)


def _patience() -> float:
    """Without a server nobody would come back for the last retries: then this run waits for them, unless told how long."""
    chosen = settings()
    return -1 if "run_patience" in chosen.model_fields_set else chosen.retry_deadline.total_seconds()
