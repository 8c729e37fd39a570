"""Commands of `links`: registered links, and who clicked what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import links_changed
from cli.door import AsJson, changing, database, record, somebody, tell
from cli.links_shown import how_back, print_links, show_link, tell_added
from mailings.audience.drafts import mailing_named
from mailings.audience.folder import read_actions
from mailings.content.actions import Actions
from mailings.errors import NotAllowed
from mailings.settings import settings
from mailings.tracking.counting import addresses_of_single_recipients, choose, links_of_mailing, registered_links
from mailings.tracking.registered import (
    create_link,
    delete_link,
    link_named,
    reset_in_mailing,
    reset_registered,
    set_actions,
)

app = typer.Typer(help="Links: registered ones, to be used in any mailing as [[ link.NAME ]], and who clicked what.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The link's name.")]
Of = Annotated[str | None, typer.Option("--mailing", metavar="MAILING", help="Of this mailing alone; its own links too.")]
File = Annotated[Path | None, typer.Option("--actions", metavar="FILE", help="What a click does, as YAML (docs/reference/links.md).")]


@app.command("list")
def list_(mailing: Of = None, as_json: AsJson = False) -> None:
    """All registered links with their clicks; with --mailing every link of that mailing."""
    singles = None
    with database().reading() as session:
        if mailing is None:
            found = registered_links(session)
        else:
            about = mailing_named(session, mailing)
            found, singles = links_of_mailing(session, about), addresses_of_single_recipients(session, about)
    print_links(found, mailing, singles, as_json=as_json)


@app.command()
def create(
    name: Name, url: Annotated[str, typer.Argument(metavar="URL", help="Where it leads.")], actions: File = None, as_json: AsJson = False
) -> None:
    """Make a link for all mailings; they use it as [[ link.NAME ]]."""
    chosen = read_actions(actions) if actions else Actions()
    with changing("create link", f"link {name}", url=url) as session:
        set_actions(session, create_link(session, name, url, somebody()), chosen, settings())
    tell(f'Made the link {name}; write it into a mailing as: <a href="\\[[ link.{name} ]]">', {"name": name, "url": url}, as_json=as_json)


@app.command()
def edit(
    name: Name,
    *,
    url: Annotated[str | None, typer.Option(metavar="URL", help="Where it leads from now on.")] = None,
    actions: File = None,
    no_actions: Annotated[bool, typer.Option("--no-actions", help="A click does nothing but lead on.")] = False,
    restore: Annotated[bool, typer.Option("--restore", help="Bring a deleted link back.")] = False,
    as_json: AsJson = False,
) -> None:
    """Change a registered link, also for mail that is out."""
    if actions and no_actions:
        raise NotAllowed("Say --actions or --no-actions, not both.")
    if not (url or actions or no_actions or restore):
        raise NotAllowed("Say what to change: --url, --actions or --no-actions, --restore.")
    chosen = read_actions(actions) if actions else Actions()
    with database().writing() as session:
        if restore:
            links_changed.restore(session, name)
        link = links_changed.edit(session, name, url, chosen if actions or no_actions else None)
        document: dict[str, object] = {"name": link.name, "url": link.url, "actions": link.actions}
        deleted = f" {how_back(link)}" if link.deleted_at else ""
    tell(f"Changed {name}, also for mail that is out already.{deleted}", document, as_json=as_json)


@app.command()
def delete(name: Name, as_json: AsJson = False) -> None:
    """Take a registered link out of use. Mail that is out keeps working."""
    with database().writing() as session:
        link = link_named(session, name)
        if link.deleted_at is None:
            delete_link(link)
            record(session, "delete link", f"link {name}")
    tell(f"{name} is in no further mailing; mail that is out keeps working.", {"deleted": name}, as_json=as_json)


@app.command()
def reset(name: Name, mailing: Of = None, as_json: AsJson = False) -> None:
    """Count a link's clicks from nothing, from now on: after a test, say."""
    with database().writing() as session:
        of = mailing_named(session, mailing) if mailing else None
        chosen = choose(session, name, of)
        if chosen.tracked is not None:
            reset_in_mailing(session, chosen.tracked)
        elif chosen.registered is not None:
            reset_registered(session, chosen.registered)
        else:
            raise NotAllowed(f"{name} is an address of single recipients, which cannot be reset; only links with a number can.")
        record(session, "reset link", links_changed.subject_of(chosen, of))
    where = f"in {mailing}" if mailing else "in all mailings"
    sentence = f"The clicks on {name} {where} so far count no more; what was recorded of them stays."
    tell(sentence, {"reset": name, "mailing": mailing}, as_json=as_json)


@app.command()
def show(
    name: Name,
    mailing: Of = None,
    *,
    add_to_selection: Annotated[str | None, typer.Option(metavar="NAME", help="Put everybody who clicked into this selection.")] = None,
    add_to_project: Annotated[str | None, typer.Option(metavar="NAME", help="Put everybody who clicked into this project.")] = None,
    as_json: AsJson = False,
) -> None:
    """A link's clicks, actions, and who clicked. In a mailing NAME may be a link's number or address, too."""
    if add_to_selection or add_to_project:
        with database().writing() as session:
            of = mailing_named(session, mailing) if mailing else None
            chosen = choose(session, name, of)
            into = (add_to_selection, add_to_project)
            done = links_changed.add_clickers(session, chosen, into, links_changed.subject_of(chosen, of))
        tell_added(done, as_json=as_json)
        return
    with database().reading() as session:
        chosen = choose(session, name, mailing_named(session, mailing) if mailing else None)
        show_link(session, chosen, mailing, as_json=as_json)
