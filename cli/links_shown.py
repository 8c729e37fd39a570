"""How a link and those who clicked it are shown, and put into a selection or project."""

from __future__ import annotations

from typing import Any

import yaml
from rich.markup import escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from cli.door import print_json, screen, table
from cli.streams import stream_json
from mailings.errors import NotFound
from mailings.model import Project
from mailings.people.joining import static_selection
from mailings.people.projects import create_project, project_named
from mailings.tracking.clickers import Clicker, clickers, into_project, into_selection
from mailings.tracking.counting import Chosen, counted

SHOWN = 50  # people shown on a screen; --json has them all


def show_link(session: Session, chosen: Chosen, mailing: str | None, *, as_json: bool) -> None:
    """The link, its figures, its actions and its clickers."""
    link = chosen.registered or chosen.tracked
    if link is None:
        raise NotFound("There is no such link.")
    clicks, people, machines = counted(session, chosen)
    head: dict[str, Any] = {"name": link.name or "", "url": link.url, "registered": chosen.registered is not None, "mailing": mailing}
    head |= {"deleted": link.deleted_at is not None, "actions": link.actions, "reset": _latest_reset(chosen)}
    head |= {"clicks": clicks, "clickers_total": people, "machine_clicks": machines}
    if as_json:
        moment = head["reset"]
        stream_json(head | {"reset": moment.isoformat() if moment else None}, "clickers", map(_document, clickers(session, chosen)))
        return
    screen.print(f"[bold]{escape(link.name or link.url)}[/] leads to {escape(link.url)}", soft_wrap=True, highlight=False)
    who, often = "person" if people == 1 else "people", "once" if clicks == 1 else f"{clicks} times"
    screen.print(f"{people} {who} clicked, {often} in all; machines {machines} times.", highlight=False)
    if link.actions:
        screen.print("A click does:", highlight=False)
        screen.print(escape(yaml.safe_dump(link.actions, allow_unicode=True, sort_keys=False, indent=2)), highlight=False)
    first = [_row(one) for one in clickers(session, chosen, SHOWN)]
    table("Who clicked", ("Name", "E-mail", "Mailing", "First", "Clicks"), first)
    if people > SHOWN:
        screen.print(f"... and more; all of them: mailings links show {escape(link.name or link.url)} --json", highlight=False)


def add_clickers(session: Session, chosen: Chosen, into: tuple[str | None, str | None], *, as_json: bool) -> None:
    """Put the people who clicked into the selection and the project named; either is made where there is none."""
    selection, project = into
    done: dict[str, tuple[str, tuple[int, int]]] = {}
    if selection:
        done["selection"] = selection, into_selection(session, chosen, static_selection(session, selection))
    if project:
        done["project"] = project, into_project(session, chosen, _project(session, project))
    if as_json:
        print_json({kind: {"name": name, "added": added, "skipped": skipped} for kind, (name, (added, skipped)) in done.items()})
        return
    for name, (added, skipped) in done.values():
        left_out = f"; {skipped} left out, who are no people of the database" if skipped else ""
        screen.print(f"Added {added} to {escape(name)}{left_out}.", highlight=False)


def _project(session: Session, name: str) -> Project:
    there = session.scalar(select(Project.id).where(Project.name == name))
    return create_project(session, name) if there is None else project_named(session, name)


def _latest_reset(chosen: Chosen) -> Any:
    return max((link.reset_at for link in (chosen.registered, chosen.tracked) if link and link.reset_at), default=None)


def _row(one: Clicker) -> tuple[object, ...]:
    who = one.name or ("" if one.address else "(erased)")
    return escape(who), escape(one.address), escape(one.mailing), f"{one.first:%Y-%m-%d %H:%M}", one.clicks


def _document(one: Clicker) -> dict[str, Any]:
    when = {"first": one.first.isoformat(), "last": one.last.isoformat()}
    return {"person": one.person, "name": one.name, "address": one.address, "mailing": one.mailing, **when, "clicks": one.clicks}
