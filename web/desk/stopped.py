"""Blocked addresses and complaints over all mailings, and what is done about them (domain.md I)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy.orm import Session

from mailings.audience.following import people_into
from mailings.errors import NotAllowed, NotFound
from mailings.model import Role
from mailings.reported import BounceWhy
from mailings.reports.exporting import KINDS, Cells, Export
from mailings.staff import auditing
from mailings.tracking.clearing import Cleared, clear_bounces, delete_addresses, make_former_employees
from mailings.tracking.stopped import PAGE, Asked, addresses, page_of, people_at, walk
from web.desk.at import OWN, AtDesk, Desk, path
from web.desk.bounces import NOTES, WHAT
from web.desk.chosen import LONGEST
from web.desk.following import streamed
from web.desk.labels import label_in
from web.desk.where import offers, where_of

router = APIRouter()

COLUMNS = ("email", "name", "company", "why", "code", "said", "since")


@dataclass(frozen=True, slots=True)
class Listing:
    """One of the two lists, as an address or a form asks for it."""

    asked: Asked
    page: int = 1

    def to(self, **more: object) -> str:
        """Its address."""
        below = ["complaints"] if self.asked.complained else []
        told = {"q": self.asked.search, "why": self.asked.why, "sort": "latest" if self.asked.latest else ""}
        return path("bounces", *below, **(told | more))

    def fields(self) -> list[tuple[str, str]]:
        """What a form brings along to mean the same."""
        return [("complained", "1" if self.asked.complained else ""), ("q", self.asked.search), ("why", self.asked.why)]


@router.get("/bounces", response_model=None)
def blocked(desk: AtDesk) -> Response:
    """Blocked addresses of all mailings."""
    return _listed(desk, complained=False)


@router.get("/bounces/complaints", response_model=None)
def complaints(desk: AtDesk) -> Response:
    """Who reported us as spam."""
    return _listed(desk, complained=True)


@router.post("/bounces/export/{kind}", response_model=None, tags=[OWN])  # whoever sees the list may take it along
def export(kind: str, desk: AtDesk) -> Response:
    """The chosen addresses as a file."""
    desk.must(Role.READER)
    if kind not in KINDS:
        raise NotFound(f"There is no export as {kind}; there are {', '.join(KINDS)}.")
    listing, ticked = _posted(desk)
    subject = "complaints" if listing.asked.complained else "blocked addresses"
    with desk.changing("export addresses", subject, kind=kind, ticked=len(ticked)):
        pass
    heads = [desk.say("stopped_since") if column == "since" else desk.say(f"export_col_{column}") for column in COLUMNS]
    return streamed(Export(desk.say("bounces"), heads, desk.language).written(kind, _cells(desk, listing, ticked)), "addresses", kind)


@router.post("/bounces/add", response_model=None)
def choose_where(desk: AtDesk) -> Response:
    """Into what to put the people who have the chosen addresses."""
    listing, ticked = _changeable(desk)
    with desk.door.database.reading() as session:
        return desk.show("bounces/add.html", listing=listing, ticked=ticked, **offers(session))


@router.post("/bounces/put", response_model=None)
def put(desk: AtDesk) -> Response:
    """Put them there."""
    listing, ticked = _changeable(desk)
    with desk.door.database.writing() as session:
        where = where_of(desk, session)
        new, into = people_into(session, people_at(session, listing.asked, ticked), where), where.name
        auditing.record(session, desk.user.name, "add people", "blocked addresses", into=into, new=new)
    return desk.moved_to(listing.to(), "people_added_note", where=into, n=new)


@router.post("/bounces/{do}", response_model=None)
def act(do: str, desk: AtDesk) -> Response:
    """Clear the flag, delete the addresses, or set who has them as former employees."""
    if do not in WHAT:
        raise NotFound(f"There is nothing called {do} to do with addresses.")
    listing, ticked = _changeable(desk)
    with desk.door.database.writing() as session:
        done = _done(session, (do, listing.asked, ticked), desk.user.name)
        told = {"changed": done.changed, "cleaned": done.cleaned, "cancelled": done.cancelled}
        auditing.record(session, desk.user.name, WHAT[do], "blocked addresses", **told)
    return desk.moved_to(listing.to(), NOTES[do], n=done.changed, cleaned=done.cleaned, cancelled=done.cancelled)


def _done(session: Session, what: tuple[str, Asked, Collection[str]], by: str) -> Cleared:
    do, asked, ticked = what
    if do == "retire":
        return make_former_employees(session, session.scalars(people_at(session, asked, ticked).distinct()).all(), by)
    normals = ticked or session.scalars(addresses(asked)).all()
    return clear_bounces(session, normals) if do == "clear" else delete_addresses(session, normals, by)


def _listed(desk: Desk, *, complained: bool) -> Response:
    query = desk.request.query_params
    page = int(number) if (number := query.get("page", "")).isascii() and number.isdigit() and len(number) < 7 else 1
    listing = Listing(_asked(desk, (query.get("q", ""), query.get("why", "")), complained, latest=query.get("sort") == "latest"), page)
    with desk.door.database.reading() as session:
        rows, total = page_of(session, listing.asked, page)
    shown: dict[str, Any] = {
        "rows": rows,
        "total": total,
        "pages": max(-(-total // PAGE), 1),
        "listing": listing,
        "causes": list(BounceWhy),
    }
    return desk.show("bounces/list.html", label=label_in(desk), **shown)


def _posted(desk: Desk) -> tuple[Listing, list[str]]:
    """The list and the ticked addresses, none = all that are shown. Raises NotAllowed where nobody is meant."""
    complained = desk.fields.first("complained") == "1"
    listing = Listing(_asked(desk, (desk.fields.first("q"), desk.fields.first("why")), complained))
    ticked = [] if desk.fields.first("whom") == "all" else desk.fields.all("address")
    if not ticked and desk.fields.first("whom") != "all":
        raise NotAllowed(desk.say("tick_somebody"))
    return listing, ticked


def _changeable(desk: Desk) -> tuple[Listing, list[str]]:
    listing, ticked = _posted(desk)
    if listing.asked.complained:  # nothing can be done but look (domain.md I)
        raise NotAllowed(desk.say("complaints_explained"))
    return listing, ticked


def _asked(desk: Desk, told: tuple[str, str], complained: bool, *, latest: bool = False) -> Asked:
    return Asked(desk.door.settings.bounce_threshold, complained, told[0].strip()[:LONGEST], told[1], latest)


def _cells(desk: Desk, listing: Listing, ticked: Collection[str]) -> Iterator[Cells]:
    said = label_in(desk)
    with desk.door.database.reading() as session:
        for row in walk(session, listing.asked, ticked):
            why = said("why", row.why)
            yield [row.address, row.name or "", row.company or "", why, row.code or "", row.reason or row.blocked_why or "", row.since]
