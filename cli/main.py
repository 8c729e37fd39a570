"""`mailings`: puts the groups of commands together and turns every error into one sentence and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from typing import Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from mailings.errors import MailingsError, NotAllowed, NotFound, TransportError, Unreachable, Unreadable, Untrusted

#: exit codes of cli.md: the first class that fits decides
EXIT_CODES: list[tuple[type[MailingsError], int]] = [
    (NotAllowed, 1),
    (NotFound, 1),
    (Untrusted, 1),
    (Unreadable, 2),
    (Unreachable, 3),
    (TransportError, 3),
]

FULL = (errno.ENOSPC, errno.EDQUOT)
INTERRUPTED = "Interrupted. What is sent is kept; the same command goes on where this one stopped."
NO_ROOM = "The disk is full; make room, and give the same command again. What is sent is recorded."

#: every command and group, in the order people meet them, and the module it stands in
COMMANDS = {
    "init": "cli.setup",
    "doctor": "cli.setup",
    "demo": "cli.demo",
    "people": "cli.people",
    "topics": "cli.topics",
    "selections": "cli.selections",
    "projects": "cli.projects",
    "sales": "cli.sales",
    "push": "cli.drafts",
    "copy": "cli.drafts",
    "delete": "cli.drafts",
    "list": "cli.drafts",
    "check": "cli.content",
    "recipients": "cli.audience",
    "explain": "cli.audience",
    "preview": "cli.content",
    "test": "cli.content",
    "send": "cli.sending",
    "status": "cli.sending",
    "pause": "cli.sending",
    "resume": "cli.sending",
    "cancel": "cli.sending",
    "letters": "cli.letters",
    "approve": "cli.approving",
    "resend": "cli.resending",
    "settle": "cli.settling",
    "deliver": "cli.delivering",
    "limits": "cli.limits",
    "links": "cli.links",
    "forms": "cli.forms",
    "report": "cli.reports",
    "compare": "cli.comparing",
    "bounces": "cli.bounces",
    "reread": "cli.rereading",
    "export": "cli.export",
    "restored": "cli.restored",
    "serve": "cli.serving",
    "up": "cli.up.command",
    "users": "cli.users",
}
GROUPS = frozenset({"people", "topics", "selections", "projects", "sales", "limits", "links", "forms", "users", "bounces"})


class Commands(TyperGroup):
    """The commands, each imported when it is asked for: a sender need not hold what reads workbooks (29 MB)."""

    def invoke(self, ctx: Any) -> Any:
        """Run what was typed. Typer ends a command that is interrupted without a word."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            Console(stderr=True, soft_wrap=True).print(INTERRUPTED)
            raise typer.Exit(130) from None

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, in order."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        group = typer.main.get_group(import_module(COMMANDS[cmd_name]).app)
        group.no_args_is_help = not group.invoke_without_command
        group.name = cmd_name
        return group if cmd_name in GROUPS else group.commands[cmd_name]


def application() -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(cls=Commands, name="mailings", no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.callback(help="Mailings you run yourself: nobody served twice, nobody lost, every exclusion explained.")(lambda: None)
    return app


def main() -> None:
    """The entry point. Exit codes: 0 done, 1 the rules say no, 2 unreadable input, 3 unreachable, 130 interrupted."""
    os.environ.setdefault("DO_NOT_TRACK", "1")  # the first import of Prefect on a terminal would tell its makers
    try:
        _run()
    except MailingsError as error:
        Console(stderr=True, soft_wrap=True).print(f"[bold red]✗[/] {_escaped(str(error))}", highlight=False)
        sys.exit(next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1))
    except OSError as error:
        _say_no_more()
        if error.errno == errno.EPIPE:  # `| head`: who read has enough
            sys.exit(1)
        if error.errno not in FULL:
            raise
        Console(stderr=True, soft_wrap=True).print(f"[bold red]✗[/] {NO_ROOM}", highlight=False)
        sys.exit(3)
    except KeyboardInterrupt:
        Console(stderr=True, soft_wrap=True).print(INTERRUPTED)
        sys.exit(130)


def _run() -> None:
    """The command, and what it said written out: at the end of Python itself a full disk would be exit code 120 and Python's own words."""
    try:
        application()(standalone_mode=True)
    finally:
        if sys.stdout is not None:
            sys.stdout.flush()


def _say_no_more() -> None:
    """What could not be written is not tried again at the end of Python."""
    if sys.stdout is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _escaped(sentence: str) -> str:
    return sentence.replace("[", "\\[")


if __name__ == "__main__":
    main()
