"""Commands of `selections`: named sets of people, fixed, by condition, or combined."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.door import AsJson, database, print_json, record, screen, table, tell
from cli.streams import stream_json
from mailings.errors import NotAllowed
from mailings.model import Combination
from mailings.people.selection_members import (
    Combined,
    add_people,
    create_selection,
    how_many,
    listed,
    remove_people,
    selections,
)
from mailings.people.selections import freeze as freeze_selection
from mailings.people.selections import people_of, selection_named
from mailings.readable import counted

app = typer.Typer(help="Selections: named sets of people, fixed, by condition, or combined.")
SHOWN = 50  # people shown on a screen; --json has them all

Name = Annotated[str, typer.Argument(metavar="NAME", help="The selection's name.")]
Emails = Annotated[list[str], typer.Argument(metavar="EMAIL...", help="Addresses of people in the database.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """All selections, with how many people each has now."""
    with database().reading() as session:
        rows = [
            {"name": found.name, "kind": found.kind.value, "people": size, "condition": found.condition}
            for found, size in selections(session)
        ]
    if as_json:
        print_json(rows)
    elif not rows:
        screen.print("No selections yet. Make one: mailings selections create NAME --where 'country = \"NO\"'")
    else:
        table("Selections", ("Name", "Kind", "People", "Condition"), (tuple(row.values()) for row in rows))


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Who is in a selection now."""
    with database().reading() as session:
        found = selection_named(session, name)
        people = people_of(session, found)
        if as_json:
            head = {"name": found.name, "kind": found.kind.value, "condition": found.condition}
            stream_json(head, "people", ({"email": email, "name": name} for email, name in listed(session, people)))
            return
        size = how_many(session, people)
        first = [row for row, _ in zip(listed(session, people), range(SHOWN), strict=False)]
        table(f"{found.name} ({found.kind}, {counted(size, 'person', 'people')})", ("E-mail", "Name"), first)
        if size > SHOWN:
            screen.print(f"... and {size - SHOWN} more; all of them: mailings selections show {name} --json", highlight=False)


@app.command()
def create(
    name: Name,
    *,
    where: Annotated[str | None, typer.Option(metavar="EXPR", help='A condition: country = "NO" and not opted_out = "News"')] = None,
    left: Annotated[str | None, typer.Option(help="Combine this selection ...")] = None,
    combine: Annotated[Combination | None, typer.Option(help="... by this operator ...")] = None,
    right: Annotated[str | None, typer.Option(help="... with this one.")] = None,
    main_contact: Annotated[bool, typer.Option("--main-contact", help="Add the main contact of every company in it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a selection: static, dynamic with --where, or combined with --left --combine --right."""
    parts = (left, combine, right)
    if any(parts) and (not all(parts) or where is not None):
        raise NotAllowed("A combined selection takes --left, --combine and --right together, and no --where.")
    made_of = Combined(left, combine, right) if left and combine and right else where
    with database().writing() as session:
        made = create_selection(session, name, made_of, include_main_contact=main_contact)
        record(session, "create selection", name=made.name, kind=made.kind.value, number=made.id)
        size = how_many(session, people_of(session, made))
        document = {"name": made.name, "kind": made.kind.value, "people": size}
    if as_json:
        print_json(document)
    else:
        screen.print(f"Made the {document['kind']} selection {name!r}; it has {counted(size, 'person', 'people')} now.", highlight=False)


@app.command()
def add(name: Name, emails: Emails, as_json: AsJson = False) -> None:
    """Add people to a static selection."""
    with database().writing() as session:
        found = selection_named(session, name)
        changed = add_people(session, found, emails)
        if changed:
            record(session, "add people", f"selection {found.id}", name=found.name, new=changed, there=len(set(emails)) - changed)
    there = counted(len(emails) - changed, "was", "were")
    tell(f"Added {changed} to {name!r}; {there} in it already.", {"name": name, "added": changed}, as_json=as_json)


@app.command()
def remove(name: Name, emails: Emails, as_json: AsJson = False) -> None:
    """Take people out of a static selection."""
    with database().writing() as session:
        found = selection_named(session, name)
        changed = remove_people(session, found, emails)
        if changed:
            record(session, "remove people", f"selection {found.id}", name=found.name, removed=changed)
    tell(f"Removed {changed} from {name!r}.", {"name": name, "removed": changed}, as_json=as_json)


@app.command()
def freeze(name: Name, as_json: AsJson = False) -> None:
    """Turn a dynamic or combined selection into a static one with the people it has now."""
    with database().writing() as session:
        found = selection_named(session, name)
        size = freeze_selection(session, found)
        record(session, "freeze selection", f"selection {found.id}", name=found.name, n=size)
    tell(f"{name!r} is static now, with {counted(size, 'person', 'people')}.", {"name": name, "people": size}, as_json=as_json)
