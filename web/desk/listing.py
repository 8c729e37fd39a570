"""The list of mailings: recent, mine, scheduled; searched, by folder, sorted by their figures; compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import select

from mailings.audience.folders import tree, within
from mailings.model import MailingStatus, MailingType, Role, Topic
from mailings.reports.comparing import SORTS as COMPARED_BY
from mailings.reports.comparing import Wanted, best, by_topic, compared, this_year, together
from mailings.reports.listed import AWAITS, PAGE, SORTS, VIEWS, Asked, mailings_listed
from web.desk.asking import how_many_wait
from web.desk.at import AtDesk, Desk, path

router = APIRouter()

#: columns of the table -> whether their numbers stand to the right
HEADS = {
    "name": False,
    "type": False,
    "status": False,
    "topic": False,
    "when": False,
    "recipients": True,
    "sent": True,
    "open_rate": True,
    "click_rate": True,
    "bounce_rate": True,
}
RISING = frozenset({"name", "type", "status", "topic"})  # what is read from A to Z first; numbers begin with the largest
MOST_COMPARED = 200  # mailings on the page; the command line compares any number
FILTERS = ("view", "words", "type", "status", "topic", "folder")


@dataclass(frozen=True, slots=True)
class Listing:
    """What the page was asked for, and the addresses of the same with something changed."""

    asked: Asked
    folder: str

    def to(self, **changed: Any) -> str:
        """The path of the list with this changed; back on its first page unless one is named."""
        now = {name: getattr(self.asked, name) for name in FILTERS if name != "folder"} | {"folder": self.folder}
        query = now | {"sort": self.asked.sort, "order": "down" if self.asked.down else "up"} | changed
        return path("mailings", **{name: value for name, value in query.items() if value != DEFAULTS.get(name)})

    def sorted_by(self, column: str) -> str:
        """The path of the list sorted by the column; by the other way round where it is already."""
        down = not self.asked.down if self.asked.sort == column else column not in RISING
        return self.to(sort=column, order="down" if down else "up")

    def aria(self, column: str) -> str:
        """How the column is sorted, in the words of ARIA."""
        return ("descending" if self.asked.down else "ascending") if self.asked.sort == column else "none"

    @property
    def narrowed(self) -> bool:
        """True when something is left out by search or filters."""
        return any((self.asked.words, self.asked.type, self.asked.status, self.asked.topic, self.folder))


DEFAULTS = {"view": "recent", "sort": "when", "order": "down", "page": 1}


@router.get("/mailings", response_model=None)
def mailings(desk: AtDesk) -> Response:
    """The list, a page of 50."""
    asked, folder = _asked(desk)
    with desk.door.database.reading() as session:
        shelves = tree(session)
        topics = list(session.scalars(select(Topic.name).order_by(Topic.name)))
        listing = Listing(replace(asked, folders=within(shelves, folder) if folder else None), folder)
        rows, total = mailings_listed(session, listing.asked)
        waiting = how_many_wait(session) if desk.may(Role.SENDER) else 0
    choices: dict[str, Any] = {
        "types": list(MailingType),
        "statuses": [*MailingStatus, AWAITS],
        "waiting": waiting,
        "awaiting": path("mailings", status=AWAITS),
        "topics": topics,
        "views": VIEWS,
        "sorts": SORTS,
    }
    pages = max(1, -(-total // PAGE))
    return desk.show("mailings/list.html", listing=listing, shelves=shelves, rows=rows, total=total, pages=pages, heads=HEADS, **choices)


@router.get("/compare", response_model=None)
def compare(desk: AtDesk) -> Response:
    """Mailings beside each other, averages by topic, and what this year came to (domain.md H.4)."""
    topic, sort = desk.request.query_params.get("topic") or None, desk.request.query_params.get("sort", "date")
    with desk.door.database.reading() as session:
        topics = list(session.scalars(select(Topic.name).order_by(Topic.name)))
        found = compared(session, Wanted(topic=topic, sort=sort if sort in COMPARED_BY else "date"))
    year = this_year(found)
    shown: dict[str, Any] = {"rows": found[:MOST_COMPARED], "total": len(found), "by_topic": by_topic(found), "best": best(year)}
    return desk.show("mailings/compare.html", year=together(year), topics=topics, topic=topic, sort=sort, sorts=COMPARED_BY, **shown)


def _asked(desk: Desk) -> tuple[Asked, str]:
    query = desk.request.query_params
    view, sort = query.get("view", "recent"), query.get("sort", "when")
    page = query.get("page", "1")
    asked = Asked(
        view=view if view in VIEWS else "recent",
        words=query.get("words", "").strip()[:200],
        type=query.get("type", ""),
        status=query.get("status", ""),
        topic=query.get("topic", ""),
        sort=sort if sort in SORTS else "when",
        down=query.get("order", "down") != "up",
        page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 7 else 1,
        by=desk.user.name,
    )
    return asked, query.get("folder", "").strip("/")
