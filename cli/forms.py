"""Commands of `forms`: push a form from its folder, list them, show one, let one be filled in or not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli.door import AsJson, changing, database, notes, print_json, record, screen, table, tell
from mailings.clock import now
from mailings.forms.definition import FormPart, definition_of
from mailings.forms.doing import shown_kind
from mailings.forms.finding import form_named
from mailings.forms.listing import Listed, listed, response_of
from mailings.forms.publishing import address_of, snippet_of
from mailings.forms.pushing import activate as set_active
from mailings.forms.pushing import delete as delete_form
from mailings.forms.pushing import push as push_form
from mailings.readable import counted
from mailings.settings import settings

app = typer.Typer(help="Forms that people fill in on the web: push one from its folder, see what came.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The form's name.")]


@app.command()
def push(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder with a form.yaml in it.")],
    as_json: AsJson = False,
) -> None:
    """Make or update the form that DIR/form.yaml describes."""
    odd: list[str] = []
    begun = now()
    with database().writing() as session:
        form = push_form(session, folder, settings(), odd)
        if form.changed_at >= begun:
            record(session, "push form", f"form {form.name}", version=form.version)
        document: dict[str, object] = {"name": form.name, "version": form.version, "address": address_of(form, settings()), "notes": odd}
    for sentence in odd:
        notes.print(f"! {sentence}", highlight=False, markup=False)
    tell(f"{document['name']} is version {document['version']}, at {document['address']}", document, as_json=as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """All forms with their submissions."""
    with database().reading() as session:
        found = [one.told() for one in listed(session)]
    if as_json:
        print_json({"forms": found})
        return
    heads = ("name", "title", "stands", "mode", "sent", "to do", "failed", "last")
    table("Forms", heads, (_row(one) for one in found), whole=("name",))


def _row(one: dict[str, object]) -> tuple[object, ...]:
    sent = one["submissions"]
    assert isinstance(sent, dict)
    return (
        one["name"],
        escape(str(one["title"])),
        one["standing"],
        one["mode"],
        sent["total"],
        sent["submitted"],
        sent["failed"],
        one["last"],
    )


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """One form: where it is found, how to embed it, its fields, and what came."""
    with database().reading() as session:
        form = form_named(session, name)
        (figures,) = listed(session, form)
        part, answer = definition_of(form), response_of(session, form)
        places = {"address": address_of(form, settings()), "snippet": snippet_of(form, settings()), "response": answer}
        if as_json:
            print_json({**figures.told(), **places, "definition": part.stored()})
            return
        _print(figures, part, places)


def _print(figures: Listed, part: FormPart, places: dict[str, str | None]) -> None:
    told = figures.told()
    counts = ", ".join(f"{count} {status}" for status, count in told["submissions"].items() if count and status != "total")
    screen.print(f"{part.name}: {part.title}", style="bold", highlight=False, markup=False)
    screen.print(f"{told['standing']}, version {told['version']}, processed {part.mode.value}", highlight=False, markup=False)
    screen.print(counted(figures.total, "submission") + (f": {counts}" if counts else ""), highlight=False, markup=False)
    if places["response"]:
        screen.print(f"answered by {places['response']}", highlight=False, markup=False)
    screen.print(f"\n{places['address']}\n\n{places['snippet']}\n", highlight=False, markup=False, soft_wrap=True)
    rows = (
        (number, one.identifier, one.kind, escape(one.label), "yes" if one.mandatory else None, escape(shown_kind(one)))
        for number, section in enumerate(part.sections, 1)
        for one in section.fields
    )
    table("Fields", ("section", "identifier", "kind", "label", "mandatory", "more"), rows, whole=("identifier", "kind"))


@app.command()
def activate(name: Name, as_json: AsJson = False) -> None:
    """Let the form be filled in."""
    _set(name, True, as_json=as_json)


@app.command()
def deactivate(name: Name, as_json: AsJson = False) -> None:
    """Show the form's inactive page to whoever comes."""
    _set(name, False, as_json=as_json)


def _set(name: str, active: bool, *, as_json: bool) -> None:
    with database().writing() as session:
        changed = set_active(session, form_named(session, name), active)
        if changed:
            record(session, "activate form" if active else "deactivate form", f"form {name}")
    how = "can be filled in" if active else "cannot be filled in"
    tell(
        f"{name} {how}{' from now on' if changed else ' already' if active else ' anyway'}.",
        {"name": name, "active": active},
        as_json=as_json,
    )


@app.command()
def delete(name: Name, as_json: AsJson = False) -> None:
    """Delete a form nobody has sent anything with."""
    with changing("delete form", f"form {name}") as session:
        delete_form(session, form_named(session, name))
    tell(f"Deleted the form {name}.", {"deleted": name}, as_json=as_json)
