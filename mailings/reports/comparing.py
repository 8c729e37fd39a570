"""Mailings beside each other: their figures sorted, by topic, and what a year came to (domain.md H.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.audience.folders import tree, within
from mailings.errors import NotFound
from mailings.model import Mailing, MailingType, Topic
from mailings.reports.document import RATES
from mailings.reports.kept import figures_of_all
from mailings.reports.seen import has_rate
from mailings.sending.form_responses import system_mailings

SORTS = ("date", "name", "sent", "open_rate", "click_rate", "bounce_rate", "unsubscribe_rate")
TOP = 5  # best of a year
ENOUGH = 10  # recipients reached, below which a mailing is among no year's best: two of two is no success
ADDED = ("sent", "delivered", "opened", "clicked", "clicks", "unsubscribed", "complained", "hard_bounced", "soft_bounced", "bounced")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which mailings are compared: of a folder and those below it, a topic, a type, begun since a moment; sorted by one of SORTS."""

    folder: str | None = None
    topic: str | None = None
    type: MailingType | None = None
    since: datetime | None = None
    sort: str = "date"


@dataclass(frozen=True, slots=True)
class Compared:
    """A mailing that was begun. `figures` = the numbers and rates of its report."""

    name: str
    type: str
    status: str
    topic: str | None
    folder: str | None
    started: datetime
    figures: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        """As JSON writes it."""
        about = {word: getattr(self, word) for word in ("name", "type", "status", "topic", "folder")}
        return about | {"started": self.started.isoformat(timespec="milliseconds")} | dict(self.figures)


def compared(session: Session, wanted: Wanted = Wanted()) -> list[Compared]:
    """The mailings with the figures kept of them, best or newest first; those without a figure last. Raises NotFound, for a sort too.

    The installation's own messages are compared with nothing.
    """
    if wanted.sort not in SORTS:
        raise NotFound(f"Mailings cannot be sorted by {wanted.sort!r}; there are {', '.join(SORTS)}.")
    shelves = tree(session)
    paths = {shelf.id: shelf.path for shelf in shelves}
    rows = select(Mailing.id, Mailing.name, Mailing.type, Mailing.status, Topic.name, Mailing.folder_id, Mailing.started_at)
    rows = rows.outerjoin(Topic, Topic.id == Mailing.topic_id).where(Mailing.started_at.is_not(None), *_rules(session, wanted))
    if wanted.folder is not None:
        folders = within(shelves, wanted.folder.strip("/"))
        if not folders:
            raise NotFound(f"There is no folder {wanted.folder!r}; see them: mailings list --json")
        rows = rows.where(Mailing.folder_id.in_(folders))
    own = set(system_mailings.names())
    found = [row for row in session.execute(rows.order_by(Mailing.id.desc())) if row[1] not in own]
    figures = figures_of_all(session, [row[0] for row in found])
    made = (
        Compared(row[1], row[2].value, row[3].value, row[4], paths.get(row[5] or 0), row[6], figures[row[0]]) for row in found if row[6]
    )
    return sorted(made, key=lambda one: _place(one, wanted.sort))


def by_topic(mailings: Iterable[Compared]) -> list[dict[str, Any]]:
    """Every topic with its mailings, recipients and rates; a rate is of all its recipients together, so a large mailing weighs more."""
    topics: dict[str | None, list[Compared]] = {}
    for one in mailings:
        topics.setdefault(one.topic, []).append(one)
    rows = [{"topic": topic} | together(those) for topic, those in topics.items()]
    return sorted(rows, key=lambda row: (-row["sent"], row["topic"] or ""))


def together(mailings: Sequence[Compared]) -> dict[str, Any]:
    """Their figures added up, and the rates of the sums (weighted by recipients); None where they are divided by nothing.

    A rate is of those mailings alone that can have it: text messages and letters, which nobody is seen to open, lower no open rate.
    """
    sums = {figure: _sum(mailings, figure) for figure in ADDED}
    return {"mailings": len(mailings)} | sums | {rate: _rate(mailings, rate) for rate in RATES}


def _rate(mailings: Sequence[Compared], rate: str) -> float | None:
    having = [one for one in mailings if has_rate(one.type, rate)]
    what, of = (_sum(having, figure) for figure in RATES[rate])
    return what / of if of else None


def _sum(mailings: Sequence[Compared], figure: str) -> int:
    return sum(one.figures[figure] for one in mailings)


def this_year(mailings: Iterable[Compared]) -> list[Compared]:
    """Those begun since the first of January, UTC."""
    return [one for one in mailings if one.started.year == clock.now().year]


def best(mailings: Iterable[Compared], rate: str = "open_rate") -> list[Compared]:
    """The five with the highest rate, of those that reached ten recipients or more."""
    many = [one for one in mailings if one.figures["delivered"] >= ENOUGH and one.figures[rate] is not None]
    return sorted(many, key=lambda one: (-one.figures[rate], one.name))[:TOP]


def _rules(session: Session, wanted: Wanted) -> list[Any]:
    rules: list[Any] = []
    if wanted.topic is not None:
        topic = session.scalar(select(Topic.id).where(Topic.name == wanted.topic))
        if topic is None:
            raise NotFound(f"There is no topic {wanted.topic!r}; see them: mailings topics list")
        rules.append(Mailing.topic_id == topic)
    if wanted.type is not None:
        rules.append(Mailing.type == wanted.type)
    if wanted.since is not None:
        rules.append(Mailing.started_at >= wanted.since)
    return rules


def _place(one: Compared, sort: str) -> tuple[Any, ...]:
    if sort == "name":
        return (one.name.casefold(),)
    value = one.started.timestamp() if sort == "date" else one.figures[sort]
    return value is None, -(value or 0), one.name
