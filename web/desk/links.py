"""Tracked links of one mailing, and the registered ones of all; who clicked, what a click does, what is done about it (domain.md E.4)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy.orm import Session

from mailings.errors import NotAllowed, NotFound, Unreadable
from mailings.model import Mailing
from mailings.people.joining import static_selection
from mailings.people.projects import project_or_new
from mailings.sending.finding import mailing_named
from mailings.tracking.clickers import clickers, into_project, into_selection
from mailings.tracking.counting import Chosen, addresses_of_single_recipients, choose, counted, links_of_mailing, registered_links
from mailings.tracking.registered import (
    create_link,
    delete_link,
    link_named,
    point_to,
    reset_in_mailing,
    reset_registered,
    restore_link,
)
from web.desk.at import AtDesk, Desk, path
from web.desk.heads import Head, head_of
from web.desk.link_words import does

router = APIRouter()

SHOWN = 200  # clickers on the page; all of them go into a selection


@dataclass(frozen=True, slots=True)
class Place:
    """Where a link was asked for: `name` as in the address; in a mailing its number."""

    name: str
    mailing: Mailing | None = None
    head: Head | None = None

    @property
    def here(self) -> str:
        """The path of its page."""
        return path("mailings", self.mailing.name, "links", self.name) if self.mailing else path("links", self.name)

    @property
    def subject(self) -> str:
        """As the log names it."""
        return f"link {self.name}" + (f" of {self.mailing.name}" if self.mailing else "")


@router.get("/links", response_model=None)
def registered(desk: AtDesk) -> Response:
    """Every registered link, counted over all mailings."""
    with desk.door.database.reading() as session:
        found = registered_links(session)
    return desk.show("links/list.html", links=found)


@router.post("/links", response_model=None)
def create(desk: AtDesk) -> Response:
    """A new registered link."""
    name = desk.fields.first("name").strip()
    with desk.changing("create link", f"link {name[:80]}", url=desk.fields.first("url")) as session:
        create_link(session, name, desk.fields.first("url"), desk.user.name)
    return desk.moved_to(path("links", name), "link_made", name=name)


@router.get("/mailings/{mailing}/links", response_model=None)
def of_mailing(mailing: str, desk: AtDesk) -> Response:
    """The Tracked links tab."""
    with desk.door.database.reading() as session:
        row, head = head_of(session, mailing)
        found, singles = links_of_mailing(session, row), addresses_of_single_recipients(session, row)
        return desk.show("mailing/links.html", head=head, tab="links", links=found, singles=singles, thinned=row.events_deleted_at)


@router.get("/links/{name}", response_model=None)
def registered_one(name: str, desk: AtDesk) -> Response:
    """One registered link."""
    with desk.door.database.reading() as session:
        return _shown(desk, session, Place(name))


@router.get("/mailings/{mailing}/links/{name}", response_model=None)
def one_of_mailing(mailing: str, name: str, desk: AtDesk) -> Response:
    """One link of a mailing, by its number."""
    with desk.door.database.reading() as session:
        row, head = head_of(session, mailing)
        return _shown(desk, session, Place(name, row, head))


@router.post("/links/{name}/{what}", response_model=None)
def change_registered(name: str, what: str, desk: AtDesk) -> Response:
    """Add its clickers, reset, edit, delete, bring back."""
    return _changed(desk, name, None, what)


@router.post("/mailings/{mailing}/links/{name}/{what}", response_model=None)
def change_in_mailing(mailing: str, name: str, what: str, desk: AtDesk) -> Response:
    """Add its clickers, or reset it in this mailing."""
    return _changed(desk, name, mailing, what)


def _shown(desk: Desk, session: Session, place: Place) -> Response:
    chosen = choose(session, place.name, place.mailing)
    link = chosen.registered or chosen.tracked
    resets = [one.reset_at for one in (chosen.registered, chosen.tracked) if one and one.reset_at]
    return desk.show(
        "links/one.html",
        place=place,
        head=place.head,
        link=link,
        registered=chosen.registered,
        counted=counted(session, chosen),
        people=list(islice(clickers(session, chosen, SHOWN + 1), SHOWN + 1)),
        most=SHOWN,
        reset_at=max(resets, default=None),
        does=does(desk, link.actions if link else {}),
    )


def _changed(desk: Desk, name: str, mailing: str | None, what: str) -> Response:
    with desk.door.database.reading() as session:
        place = Place(name, mailing_named(session, mailing) if mailing else None)
        here, subject = place.here, place.subject
    told: dict[str, object] = {"after": desk.fields.first("url")} if what == "edit" else {}
    with desk.changing(f"{what[:20]} link", subject, told) as session:
        chosen = choose(session, name, mailing_named(session, mailing) if mailing else None)
        if what == "add":
            note, values = _added(desk, session, chosen)
            told |= {"into": values["name"], "new": values["n"], "strangers": values["strangers"]}
        else:
            told |= {"before": chosen.registered.url} if what == "edit" and chosen.registered else {}
            note, values = _moved(desk, session, chosen, what), {}
    return desk.moved_to(here, note, **values)


def _added(desk: Desk, session: Session, chosen: Chosen) -> tuple[str, dict[str, object]]:
    name = desk.fields.first("name").strip()[:200]
    if not name:
        raise Unreadable(desk.say("link_add_where"))
    if desk.fields.first("into") == "project":
        new, strangers = into_project(session, chosen, project_or_new(session, name))
    else:
        new, strangers = into_selection(session, chosen, static_selection(session, name))
    return "link_added", {"n": new, "name": name, "strangers": strangers}


def _moved(desk: Desk, session: Session, chosen: Chosen, what: str) -> str:
    if what == "reset" and chosen.tracked is not None:
        reset_in_mailing(session, chosen.tracked)
    elif what == "reset" and chosen.registered is not None:
        reset_registered(session, chosen.registered)
    elif what == "reset":
        raise NotAllowed(desk.say("link_no_reset"))
    elif what in {"edit", "delete", "restore"} and chosen.tracked is None and chosen.registered is not None:
        link = link_named(session, chosen.registered.name)
        if what == "edit":
            point_to(link, desk.fields.first("url"))
        else:
            (delete_link if what == "delete" else restore_link)(link)
    else:
        raise NotFound(desk.say("not_there"))
    return f"link_done_{what}"
