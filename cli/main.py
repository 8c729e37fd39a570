"""`mailings`: puts the groups of commands together and turns every error into one sentence and an exit code."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import typer
from rich.console import Console

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

#: groups with a name of their own, and modules whose commands stand at the top level
GROUPS = {"people": "cli.people", "topics": "cli.topics", "selections": "cli.selections", "projects": "cli.projects"}
TOP_LEVEL = ("cli.setup", "cli.demo", "cli.drafts", "cli.audience", "cli.content", "cli.sending", "cli.reports")


def application() -> typer.Typer:
    """The whole command line, in the order people meet it."""
    app = typer.Typer(
        name="mailings",
        help="Mailings you run yourself: nobody served twice, nobody lost, every exclusion explained.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    for module in TOP_LEVEL:
        for command in import_module(module).app.registered_commands:
            app.registered_commands.append(command)
    for name, module in GROUPS.items():
        app.add_typer(import_module(module).app, name=name, no_args_is_help=True)
    return app


def main() -> None:
    """The entry point. Exit codes: 0 done, 1 the rules say no, 2 unreadable input, 3 unreachable, 130 interrupted."""
    os.environ.setdefault("DO_NOT_TRACK", "1")  # the first import of Prefect on a terminal would tell its makers
    try:
        application()(standalone_mode=True)
    except MailingsError as error:
        Console(stderr=True, soft_wrap=True).print(f"[bold red]✗[/] {_escaped(str(error))}", highlight=False)
        sys.exit(next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1))
    except KeyboardInterrupt:
        Console(stderr=True).print("Interrupted. What is sent is kept; the same command goes on where this one stopped.")
        sys.exit(130)


def _escaped(sentence: str) -> str:
    return sentence.replace("[", "\\[")


if __name__ == "__main__":
    main()
