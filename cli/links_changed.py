"""What is changed about links, each with its line in the log of changes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cli.door import record
from mailings.content.actions import Actions
from mailings.model import Mailing, Project, RegisteredLink
from mailings.people.joining import static_selection
from mailings.people.projects import create_project, project_named
from mailings.settings import settings
from mailings.tracking.clickers import into_project, into_selection
from mailings.tracking.counting import Chosen
from mailings.tracking.registered import link_named, point_to, restore_link, set_actions

Added = dict[str, tuple[str, tuple[int, int]]]  #: selection or project -> its name, how many were added and how many left out


def subject_of(chosen: Chosen, mailing: Mailing | None) -> str:
    """As the desk names it: in a mailing by its number. An address of single recipients has none, and says too much of them itself."""
    if mailing is None:
        return f"link {chosen.registered.name}" if chosen.registered else "link"
    number = f"link {chosen.tracked.number}" if chosen.tracked else "links of single recipients"
    return f"{number} of {mailing.name}"


def edit(session: Session, name: str, url: str | None, actions: Actions | None) -> RegisteredLink:
    """Where it leads and what a click does, from now on. Raises NotFound and Unreadable."""
    link = link_named(session, name)
    told: dict[str, Any] = {"before": link.url, "after": url} if url else {}
    if url:
        point_to(link, url)
    if actions is not None:
        set_actions(session, link, actions, settings())
        told["changed"] = ["actions"]
    if told:
        record(session, "edit link", f"link {name}", **told)
    return link


def restore(session: Session, name: str) -> None:
    """Mailings can use it again, where they could not."""
    link = link_named(session, name)
    if link.deleted_at is not None:
        restore_link(link)
        record(session, "restore link", f"link {name}")


def add_clickers(session: Session, chosen: Chosen, into: tuple[str | None, str | None], subject: str) -> Added:
    """Put the people who clicked into the selection and the project named; either is made where there is none."""
    selection, project = into
    done: Added = {}
    if selection:
        done["selection"] = selection, into_selection(session, chosen, static_selection(session, selection))
    if project:
        done["project"] = project, into_project(session, chosen, _project(session, project))
    for name, (new, strangers) in done.values():
        record(session, "add link", subject, into=name, new=new, strangers=strangers)
    return done


def _project(session: Session, name: str) -> Project:
    there = session.scalar(select(Project.id).where(Project.name == name))
    return create_project(session, name) if there is None else project_named(session, name)
