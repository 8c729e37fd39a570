"""Commands of `projects`: make them, and say who takes part."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from cli.door import AsJson, database, print_json, record, screen, table, tell
from cli.streams import stream_json
from mailings.errors import NotAllowed
from mailings.people.projects import (
    add_members,
    create_project,
    describe_project,
    members_of,
    project_named,
    project_told,
    projects,
    remove_members,
)
from mailings.people.sale_rows import day_of
from mailings.people.selection_members import how_many, listed
from mailings.readable import counted

app = typer.Typer(help="Projects: people who take part in something.")
SHOWN = 50  # people shown on a screen; --json has them all

Name = Annotated[str, typer.Argument(metavar="NAME", help="The project's name.")]
Word = Annotated[str | None, typer.Option(metavar="TEXT", help="Empty takes it away.")]
Emails = Annotated[list[str], typer.Argument(metavar="EMAIL...", help="Addresses of people in the database.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """All projects, with how many people take part."""
    with database().reading() as session:
        rows = [{"name": found.name, "people": size} for found, size in projects(session)]
    if as_json:
        print_json(rows)
    elif not rows:
        screen.print("No projects yet. Make one: mailings projects create NAME")
    else:
        table("Projects", ("Name", "People"), (tuple(row.values()) for row in rows))


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Who takes part in a project."""
    with database().reading() as session:
        project = project_named(session, name)
        people, told = members_of(project.id), project_told(project)
        if as_json:
            stream_json({"name": name, **told}, "people", ({"email": email, "name": person} for email, person in listed(session, people)))
            return
        size = how_many(session, people)
        first = [row for row, _ in zip(listed(session, people), range(SHOWN), strict=False)]
        table(f"{name} ({counted(size, 'person', 'people')})", ("E-mail", "Name"), first)
        if told:
            screen.print(", ".join(f"{word.replace('_', ' ')}: {text}" for word, text in told.items()), markup=False)


@app.command()
def create(name: Name, as_json: AsJson = False) -> None:
    """Make a project."""
    with database().writing() as session:
        made = create_project(session, name)
        record(session, "create project", name=made.name, number=made.id)
    tell(f"Made the project {name!r}.", {"name": name}, as_json=as_json)


@app.command("set")
def set_(
    name: Name,
    *,
    number: Word = None,
    kind: Word = None,
    status: Word = None,
    leader: Word = None,
    ends: Annotated[str | None, typer.Option(metavar="DAY", help="When it ends: 2026-12-31; empty takes it away.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say of a project what letters name: its number, kind, status, leader and end. What is not given stays."""
    given: dict[str, str | date | None] = {"number": number, "kind": kind, "status": status, "leader": leader}
    if ends is not None:
        given["ends_on"] = day_of(ends) or ("" if not ends else _no_day(ends))
    words = {word: text for word, text in given.items() if text is not None}
    with database().writing() as session:
        project = describe_project(session, name, words)
        told = project_told(project)
        if words:  # which, and not what: one of them is somebody's name
            record(session, "describe project", f"project {project.id}", name=project.name, changed=sorted(words))
    tell(f"Project {name!r}: {', '.join(told.values()) or 'nothing is known of it'}.", {"name": name, **told}, as_json=as_json)


def _no_day(text: str) -> str:
    raise NotAllowed(f"{text!r} is no day; write one like 2026-12-31.")


@app.command()
def add(name: Name, emails: Emails, as_json: AsJson = False) -> None:
    """Add people to a project."""
    with database().writing() as session:
        project = project_named(session, name)
        changed = add_members(session, project, emails)
        if changed:
            record(session, "add people", f"project {project.id}", name=project.name, new=changed, there=len(set(emails)) - changed)
    there = counted(len(emails) - changed, "was", "were")
    tell(f"Added {changed} to {name!r}; {there} in it already.", {"name": name, "added": changed}, as_json=as_json)


@app.command()
def remove(name: Name, emails: Emails, as_json: AsJson = False) -> None:
    """Take people out of a project."""
    with database().writing() as session:
        project = project_named(session, name)
        changed = remove_members(session, project, emails)
        if changed:
            record(session, "remove people", f"project {project.id}", name=project.name, removed=changed)
    tell(f"Removed {changed} from {name!r}.", {"name": name, "removed": changed}, as_json=as_json)
