"""The demo's steps: each is a command as one would type it, shown and then run."""

from __future__ import annotations

import shlex
from pathlib import Path

import typer

from cli.demo.past import past
from cli.demo.people import invented
from cli.door import database, screen
from cli.main import application
from mailings.readable import counted
from mailings.sending.finding import mailing_named
from mailings.settings import settings

LIST = Path("people.xlsx")
PAGE = Path("newsletter.html")
REPORT = Path("report.html")
OUTBOX = Path("var/outbox")
MAILING = "autumn-news"


def tour(count: int) -> None:
    """From nothing to a mailing that is sent, in the folder one stands in. Leaves with the exit code of the step that fails."""
    from cli.demo.workbook import write_people  # noqa: PLC0415  half a second that --help need not wait for

    rows = write_people(invented(count), LIST)
    _told(f"A colleague sends a list: {counted(rows, 'row')} in [bold]{LIST}[/], with the slips real lists have.")
    typed("init")
    typed("people", "import", str(LIST), "--selection", "Newsletter readers")
    with database().writing() as session:
        _told(past(session))
    typed("selections", "create", "Hut walkers in Norway", "--where", 'country = "NO" and interest = "Huts"')
    typed("push", MAILING)
    typed("check", MAILING)
    typed("send", MAILING)
    follow_up()
    letters_and_texts()
    form_filled_in()


def follow_up() -> None:
    """What comes back: readers, returned mail, and the figures they make."""
    from cli.demo.readers import readers_come, two_days_pass  # noqa: PLC0415  what --help need not wait for
    from cli.demo.returned import returned  # noqa: PLC0415

    with database().writing() as session:
        mailing = mailing_named(session, MAILING)
        two_days_pass(session, mailing)
        number = mailing.id
    silent = returned(OUTBOX)
    visits = readers_come(database(), number, settings(), silent)
    back = counted(len(silent), "message has", "messages have")
    _told(f"Two days later: {counted(visits, 'visit')}, of people and of machines, and {back} come back.")
    typed("bounces", "collect")
    typed("report", MAILING)
    typed("report", MAILING, "--html", str(REPORT))


def letters_and_texts() -> None:
    """Not everybody has an e-mail address: a PDF to print, and text messages."""
    from cli.demo.channels import LETTER, MEMBERS, TEXT, members  # noqa: PLC0415  what --help need not wait for

    members()
    _told(f"The members get a letter. Their addresses are in [bold]{MEMBERS}[/].")
    typed("people", "import", str(MEMBERS), "--selection", "Members")
    typed("push", LETTER)
    typed("send", LETTER)
    _told("And who walks from hut to hut gets a text message.")
    typed("push", TEXT)
    typed("send", TEXT)


def form_filled_in() -> None:
    """A form, three people who send it, and its answer to the one whom we know."""
    from cli.demo.channels import ANSWER, FORM, confirmed, filled_in  # noqa: PLC0415  what --help need not wait for

    typed("push", ANSWER)
    typed("forms", "push", FORM)
    typed("send", ANSWER)
    _told(f"Three people send the form: {', '.join(filled_in(settings()))}. Each is asked to confirm by a link.")
    typed("deliver", "--once")
    confirmed(settings())
    _told("Two press the button: the one we know is answered at once, the other waits for somebody at the desk.")
    typed("deliver", "--once")
    typed("forms", "list")
    typed("users", "add", "demo", "--role", "admin", "--generate")


def typed(*words: str) -> None:
    """Show a command and run it, as `mailings WORDS` would."""
    screen.print(f"[bold cyan]$[/] [bold]mailings {shlex.join(words)}[/]", highlight=False, soft_wrap=True)
    code = application()(list(words), standalone_mode=False)
    if code:
        raise typer.Exit(code)
    screen.print()


def _told(sentence: str) -> None:
    screen.print(f"[italic]{sentence}[/]\n", highlight=False)
