"""Commands of `users`: who may work at the desk, with which roles and password, and the log of what each changed."""

from __future__ import annotations

import sys
from datetime import date
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.door import AsJson, asking, changing, database, print_json, screen, table, terminal
from mailings.errors import NotAllowed
from mailings.model import Role
from mailings.staff import passwords, users
from mailings.staff.log import Asked, lines

app = typer.Typer(help="Users: who may work at the desk.")

ROLES = ", ".join(Role)
Name = Annotated[str, typer.Argument(metavar="NAME", help="What they sign in by: a short name or an e-mail address.")]
Roles = Annotated[list[str], typer.Option("--role", metavar="ROLE", help=f"May be given several times: {ROLES}.")]
Generate = Annotated[bool, typer.Option("--generate", help="Make a password, and show it once.")]
Stdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")]
Without = Annotated[bool, typer.Option("--no-password", help="They come by the installation's own sign-on (OIDC).")]


@app.command()
def add(
    name: Name,
    role: Roles,
    *,
    full_name: Annotated[str, typer.Option(metavar="TEXT", help="As the desk greets them.")] = "",
    email: Annotated[str, typer.Option(metavar="ADDRESS", help="By which OIDC recognises them.")] = "",
    generate: Generate = False,
    password_stdin: Stdin = False,
    no_password: Without = False,
    as_json: AsJson = False,
) -> None:
    """Make a user. Without an option for it, asks for the password twice."""
    password = "" if no_password else _password(generate=generate, stdin=password_stdin)
    hashed = passwords.made(password, users.as_name(name)) if password else None
    told: dict[str, Any] = {}
    with changing("add user", _subject(name), told) as session:
        made = users.add(session, name, role, full_name=full_name, email=email)
        if hashed:
            users.set_password(session, made, hashed)
        told["roles"] = made.roles
        document = users.document(made)
    _tell(f"{document['name']} may sign in as {', '.join(document['roles'])}.", document, password if generate else "", as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Every user, with roles and when they were last here."""
    with database().reading() as session:
        found = [users.document(user) for user in users.listed(session)]
    if as_json:
        print_json(found)
        return
    heads = ("Name", "Full name", "Roles", "Comes by", "Last signed in", "State")
    rows = [(u["name"], escape(u["full_name"]), ", ".join(u["roles"]), u["by"], (u["signed_in_at"] or "")[:16], u["state"]) for u in found]
    table("Users", heads, rows, whole=("Name",))


@app.command()
def roles(name: Name, role: Annotated[list[str], typer.Argument(metavar="ROLE...", help=ROLES)], as_json: AsJson = False) -> None:
    """Give a user these roles and no others; it holds at once."""
    told: dict[str, Any] = {}
    with changing("change roles", _subject(name), told) as session:
        user = users.user_named(session, name)
        told["before"] = list(user.roles)
        users.set_roles(session, user, role)
        told["after"] = list(user.roles)
        document = users.document(user)
    _tell(f"{document['name']} is now {', '.join(document['roles'])}.", document, "", as_json)


@app.command()
def password(name: Name, *, generate: Generate = False, password_stdin: Stdin = False, as_json: AsJson = False) -> None:
    """Give a user another password. Wherever they are signed in, they are signed out."""
    with database().reading() as session:
        users.user_named(session, name)
    given = _password(generate=generate, stdin=password_stdin)
    hashed = passwords.made(given, users.as_name(name))
    with changing("change password", _subject(name)) as session:
        user = users.user_named(session, name)
        users.set_password(session, user, hashed)
        document = users.document(user)
    _tell(f"{document['name']} has another password, and is signed out everywhere.", document, given if generate else "", as_json)


@app.command()
def disable(name: Name, as_json: AsJson = False) -> None:
    """Let a user in no more. They are signed out at once; what they did stays in the log."""
    with changing("disable user", _subject(name)) as session:
        user = users.user_named(session, name)
        users.disable(session, user)
        document = users.document(user)
    _tell(f"{document['name']} is let in no more.", document, "", as_json)


@app.command()
def enable(name: Name, as_json: AsJson = False) -> None:
    """Let a user in again, also one who is locked after too many wrong passwords."""
    with changing("enable user", _subject(name)) as session:
        user = users.user_named(session, name)
        users.enable(session, user)
        document = users.document(user)
    _tell(f"{document['name']} is let in again.", document, "", as_json)


@app.command()
def log(
    *,
    user: Annotated[str, typer.Option(metavar="NAME", help="What this user did.")] = "",
    subject: Annotated[str, typer.Option(metavar="TEXT", help="What was done to this, e.g. 'mailing autumn-news'.")] = "",
    day: Annotated[str, typer.Option(metavar="DATE", help="On this day (UTC), e.g. 2026-11-22.")] = "",
    most: Annotated[int, typer.Option("--most", min=1, max=10_000, help="How many lines at the most.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Who changed what, and when, at the desk, at the terminal and by runs; the newest first."""
    try:
        asked = Asked(user, subject, date.fromisoformat(day) if day else None)
    except ValueError:
        raise NotAllowed(f"{day} is no day; write it as 2026-11-22.") from None
    with database().reading() as session:
        found = [line.document() for line in lines(session, asked, most=most)]
    if as_json:
        print_json(found)
    else:
        rows = [(one["at"][:19], one["by"], one["what"], escape(one["subject"]), escape(_told(one["details"]))) for one in found]
        table("Log of changes", ("When (UTC)", "Who", "What", "Of what", "More"), rows)


def _told(details: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in details.items() if value not in (None, "", [], {}))


def _password(*, generate: bool, stdin: bool) -> str:
    if generate:
        return passwords.generated()
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not terminal():
        raise NotAllowed("There is no terminal to ask for a password on; use --password-stdin or --generate.")
    with asking():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt="The same once more", err=True))


def _subject(name: str) -> str:
    return f"user {users.as_name(name)}"


def _tell(sentence: str, document: dict[str, Any], password: str, as_json: bool) -> None:
    if as_json:
        print_json(document | ({"password": password} if password else {}))
        return
    screen.print(sentence, highlight=False, markup=False)
    if password:
        screen.print(f"Their password, shown this once: {password}", highlight=False, markup=False)
