"""What every command shares: the database, one-line JSON, tables and notes on standard error."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from mailings.db import Database
from mailings.db import database as open_database
from mailings.errors import NotAllowed, Unreachable
from mailings.readable import spoken
from mailings.staff import auditing

screen = Console()
notes = Console(stderr=True)
NOBODY = "Nobody can be asked here; say --yes to go on without being asked."
PIPE = 10_000  # columns of a table that goes to a file or a program

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on one line, and nothing else.")]


def database() -> Database:
    """The database the settings name, with its tables. Raises Unreachable naming `mailings init` when they are missing."""
    found = open_database()
    if not found.ready():
        raise Unreachable(f"The database {found.url.render_as_string(hide_password=True)} has no tables yet; run: mailings init")
    return found


@contextmanager
def changing(what: str, subject: str = "", told: dict[str, Any] | None = None, **details: Any) -> Iterator[Session]:
    """A transaction that changes something, and its line in the log of changes; neither is there without the other.

    The words are the desk's for the same deed. `told` are details known only once it is done: whoever changes it fills them in meanwhile.
    """
    with database().writing() as session:
        yield session
        record(session, what, subject, **(details | (told or {})))


def record(session: Session, what: str, subject: str = "", **details: Any) -> None:
    """The line of a change that only its own transaction can tell from none: in that transaction, where something was changed."""
    auditing.record(session, whoever(), what, subject, **details)


def whoever() -> str:
    """Who sits at this machine, as the log names them: behind the word cli, which is no user of the desk, for those have no blanks."""
    return f"cli {somebody() or ''}".strip()


def print_json(document: Any) -> None:
    """One JSON document on one line of standard output."""
    typer.echo(orjson.dumps(document, default=str).decode())


def tell(sentence: str, document: dict[str, object], *, as_json: bool) -> None:
    """What a command did: a sentence for people, or the document for machines."""
    if as_json:
        print_json(document)
    else:
        screen.print(sentence, highlight=False)


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]], whole: Collection[str] = ()) -> None:
    """A table for people; None is shown as nothing, mail domains as people write them.

    Columns headed by a word of `whole` keep their lines however narrow the screen. In a pipe nothing is cut and a row is one line:
    there is no screen to be narrow.
    """
    drawn = Table(title=title, title_justify="left", header_style="bold")
    for head in heads:
        drawn.add_column(head, no_wrap=head in whole)
    for row in rows:
        drawn.add_row(*("" if cell is None else spoken(str(cell)) for cell in row))
    (screen if screen.is_terminal else Console(file=screen.file, width=PIPE)).print(drawn)


def terminal() -> bool:
    """True where somebody sits who can be asked; standard input may be closed altogether."""
    return sys.stdin is not None and sys.stdin.isatty()


@contextmanager
def asking() -> Iterator[None]:
    """Round a question: Ctrl-C there ends the command as anywhere else. Raises NotAllowed where no answer can come."""
    if sys.stdin is None:
        raise NotAllowed(NOBODY)
    try:
        yield
    except typer.Abort as error:
        notes.print()  # the question ends no line
        if isinstance(error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise NotAllowed(NOBODY) from None


def agreed(question: str) -> bool:
    """What somebody answers to a question of yes or no; no is what Return alone says."""
    with asking():
        return bool(typer.confirm(question, err=True))


def somebody() -> str | None:
    """Who sits at this machine, for the history."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user table
        return None
