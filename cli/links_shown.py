"""How a link and those who clicked it are shown, and put into a selection or project."""

from __future__ import annotations

from typing import Any

import yaml
from rich.markup import escape
from sqlalchemy.orm import Session

from cli.door import print_json, screen, table
from cli.links_changed import Added
from cli.streams import stream_json
from mailings import readable
from mailings.model import RegisteredLink
from mailings.tracking.clickers import Clicker, clickers
from mailings.tracking.counting import Chosen, Counted, counted

SHOWN = 50  # people shown on a screen; --json has them all


def show_link(session: Session, chosen: Chosen, mailing: str | None, *, as_json: bool) -> None:
    """The link, its figures, its actions and its clickers."""
    clicks, people, machines = counted(session, chosen)
    head = _head(chosen) | {"mailing": mailing, "reset": _latest_reset(chosen)}
    head |= {"clicks": clicks, "clickers_total": people, "machine_clicks": machines}
    if as_json:
        moment = head["reset"]
        stream_json(head | {"reset": moment.isoformat() if moment else None}, "clickers", map(_document, clickers(session, chosen)))
        return
    screen.print(_leads(chosen, head), soft_wrap=True, highlight=False)
    screen.print(
        f"{readable.counted(people, 'person', 'people')} clicked, {_often(clicks)} in all; machines {_often(machines)}.", highlight=False
    )
    if head["actions"]:
        screen.print("A click does:", highlight=False)
        screen.print(escape(yaml.safe_dump(head["actions"], allow_unicode=True, sort_keys=False, indent=2)), highlight=False)
    first = [_row(one) for one in clickers(session, chosen, SHOWN)]
    table("Who clicked", ("Name", "E-mail", "Mailing", "First", "Clicks"), first)
    if people > SHOWN:
        of = f" --mailing {escape(mailing)}" if mailing else ""
        screen.print(f"... and more; all of them: mailings links show {escape(head['name'] or head['url'])}{of} --json", highlight=False)


def _often(clicks: int) -> str:
    return "once" if clicks == 1 else f"{clicks:,} times"


def _head(chosen: Chosen) -> dict[str, Any]:
    link = chosen.registered or chosen.tracked
    if link is None:
        return {"name": "", "url": chosen.url, "registered": False, "deleted": False, "actions": {}}
    told = {"name": link.name or "", "url": link.url, "registered": chosen.registered is not None}
    return told | {"deleted": link.deleted_at is not None, "actions": link.actions}


def _leads(chosen: Chosen, head: dict[str, Any]) -> str:
    """What the link is called, where it leads, and whether it is still in use."""
    if chosen.url:
        return f"[bold]{escape(chosen.url)}[/], an address of single recipients"
    said = f"[bold]{escape(head['name'])}[/] leads to {escape(head['url'])}" if head["name"] else f"[bold]{escape(head['url'])}[/]"
    if chosen.registered is not None and chosen.registered.deleted_at:
        return f"{said}\n[yellow]{escape(how_back(chosen.registered))}[/]"
    return f"{said}\n[yellow]It is in the mailing no more; mail that is out keeps working.[/]" if head["deleted"] else said


def how_back(link: RegisteredLink) -> str:
    """That a registered link is deleted, and what to do about it."""
    return f"{link.name} is deleted, so no further mailing can use it; bring it back with: mailings links edit {link.name} --restore"


def print_links(found: list[Counted], mailing: str | None, singles: tuple[int, int, int] | None, *, as_json: bool) -> None:
    """Links with their figures; of a mailing also what was clicked of `singles`, the addresses that one recipient's message has alone."""
    if as_json:
        words = ("name", "url", "clicks", "clickers", "machine_clicks", "number", "registered", "deleted")
        print_json([{word: getattr(link, word) for word in words} for link in found] + _single_row(singles))
        return
    heads = ("Name", "People", "Clicks", "Machines'", "Leads to")
    rows = [(_called(link), link.clickers, link.clicks, link.machine_clicks, escape(link.url)) for link in found]
    if mailing is None and not rows:
        screen.print("No links yet. Make one for all mailings: mailings links create NAME URL", highlight=False)
    elif mailing is None or singles is None:
        table("Registered links", heads, rows)
    else:
        clicks, people, machines = singles
        last = ("", "", people, clicks, machines, "addresses of single recipients")
        table(f"Links of {mailing}", ("", *heads), [*((link.number, *row) for link, row in zip(found, rows, strict=True)), last])


def _single_row(singles: tuple[int, int, int] | None) -> list[dict[str, Any]]:
    """Programs get the row only where there was a click: they know a link by its number, which this has not."""
    if not singles or not any(singles):
        return []
    told = {"clicks": singles[0], "clickers": singles[1], "machine_clicks": singles[2]}
    return [{"name": "", "url": None, **told, "number": None, "registered": False, "deleted": False}]


def _called(link: Counted) -> str:
    return escape(link.name) + (" (deleted)" if link.deleted else "")


def tell_added(done: Added, *, as_json: bool) -> None:
    """How many who clicked were put into what, and how many could not be."""
    if as_json:
        print_json({kind: {"name": name, "added": added, "skipped": skipped} for kind, (name, (added, skipped)) in done.items()})
        return
    for name, (added, skipped) in done.values():
        left_out = f"; {skipped} left out, who are no people of the database" if skipped else ""
        screen.print(f"Added {added} to {escape(name)}{left_out}.", highlight=False)


def _latest_reset(chosen: Chosen) -> Any:
    return max((link.reset_at for link in (chosen.registered, chosen.tracked) if link and link.reset_at), default=None)


def _row(one: Clicker) -> tuple[object, ...]:
    who = one.name or ("" if one.address else "(erased)")
    return escape(who), escape(one.address), escape(one.mailing), f"{one.first:%Y-%m-%d %H:%M}", one.clicks


def _document(one: Clicker) -> dict[str, Any]:
    when = {"first": one.first.isoformat(), "last": one.last.isoformat()}
    return {"person": one.person, "name": one.name, "address": one.address, "mailing": one.mailing, **when, "clicks": one.clicks}
