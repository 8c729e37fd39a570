"""Where clicks lead: from the delivery in a token to its mailing's links. Requests of the same moment share one look into the database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.content.links import Utm, with_words
from mailings.db import Database, among
from mailings.errors import Unreachable
from mailings.model import Delivery, Mailing, RegisteredLink, TrackedLink

FRESH = 2.0  # seconds a mailing's links are believed: a registered link that was changed leads to its new address after that
DELIVERIES = 50_000  # whose mailing is remembered, some 100 bytes each; the same reader comes again, or opens and then clicks
MAILINGS = 1_000

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link leads today, and what else it does. `url` has the mailing's UTM words."""

    url: str
    name: str
    actions: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """A mailing's links by number. Deleted ones are among them: they keep leading (domain.md E.2)."""

    mailing_id: int
    mailing: str
    links: Mapping[int, Link]


class Wanted(NamedTuple):
    """Whose links: a delivery's, or of a mailing that is previewed."""

    delivery: int | None
    mailing: int | None


class Targets:
    """Finds targets, some milliseconds after they are asked for at most; what was found lately at once. For one event loop."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._mailings: dict[int, int] = {}  # delivery -> mailing: never changes
        self._tables: dict[int, tuple[float, Target]] = {}
        self._asked: dict[Wanted, asyncio.Future[Target | None]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="targets")
        self._looking: asyncio.Task[None] | None = None

    async def find(self, wanted: Wanted) -> Target | None:
        """The links, None where there is no such delivery any more. Raises Unreachable where the database does not answer."""
        found = self._remembered(wanted)
        if found is not None:
            return found
        if wanted not in self._asked:
            self._asked[wanted] = asyncio.get_running_loop().create_future()
        answer = self._asked[wanted]
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        return await asyncio.shield(answer)  # one reader who hangs up must not take the answer from the others

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=True)

    def _remembered(self, wanted: Wanted, *, fresh: bool = True) -> Target | None:
        mailing = wanted.mailing if wanted.delivery is None else self._mailings.get(wanted.delivery)
        since, target = self._tables.get(mailing or 0, (0.0, None))
        return target if not fresh or time.monotonic() - since < FRESH else None

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        while self._asked:
            asked, self._asked = self._asked, {}
            trouble: Exception | None = None
            try:
                found = await loop.run_in_executor(self._thread, self._find, list(asked))
            except Exception as error:  # each who asked is told
                # a database that is away must not keep readers from where they want to go, if we know where that is
                found, trouble = {wanted: self._remembered(wanted, fresh=False) for wanted in asked}, error
            for wanted, answer in asked.items():
                if trouble is not None and (not isinstance(trouble, Unreachable) or found[wanted] is None):
                    answer.set_exception(trouble)
                else:
                    answer.set_result(found[wanted])

    def _find(self, asked: Collection[Wanted]) -> dict[Wanted, Target | None]:
        with self.database.reading() as session:
            deliveries = [wanted.delivery for wanted in asked if wanted.delivery is not None]
            new = [delivery for delivery in deliveries if delivery not in self._mailings]
            rows = select(Delivery.id, Delivery.mailing_id).where(among(session, Delivery.id, new))
            mailings = {row[0]: row[1] for row in session.execute(rows)} if new else {}
            mailings |= {delivery: self._mailings[delivery] for delivery in deliveries if delivery in self._mailings}
            of = {wanted: wanted.mailing if wanted.delivery is None else mailings.get(wanted.delivery) for wanted in asked}
            tables = self._loaded(session, {mailing for mailing in of.values() if mailing is not None})
        _keep(self._mailings, mailings, DELIVERIES)
        return {wanted: tables.get(mailing or 0) for wanted, mailing in of.items()}

    def _loaded(self, session: Session, mailings: Collection[int]) -> dict[int, Target]:
        now = time.monotonic()
        known = {key: found for key in mailings if (found := self._tables.get(key)) and now - found[0] < FRESH}
        loaded = targets_of(session, [key for key in mailings if key not in known])
        for gone in set(mailings) - known.keys() - loaded.keys():
            self._tables.pop(gone, None)
        _keep(self._tables, {key: (now, target) for key, target in loaded.items()}, MAILINGS)
        return {key: target for key, (_, target) in known.items()} | loaded


def targets_of(session: Session, mailings: Collection[int]) -> dict[int, Target]:
    """The link tables of mailings: of a registered link its address and actions of today, with the mailing's UTM words (E.1, E.8)."""
    if not mailings:
        return {}
    mine, of_link = among(session, TrackedLink.mailing_id, mailings), RegisteredLink.id == TrackedLink.registered_id
    own = (TrackedLink.mailing_id, TrackedLink.number, TrackedLink.name, TrackedLink.url, TrackedLink.actions)
    columns = select(*own, RegisteredLink.url, RegisteredLink.actions, Mailing.tracking)
    rows = columns.join(Mailing, Mailing.id == TrackedLink.mailing_id).outerjoin(RegisteredLink, of_link).where(mine)
    links: dict[int, dict[int, Link]] = {}
    for mailing, number, name, url, actions, current, theirs, tracking in session.execute(rows):
        led = url if current is None else _with_utm(current, tracking)
        links.setdefault(mailing, {})[number] = Link(led, name or "", actions if current is None else theirs)
    names = session.execute(select(Mailing.id, Mailing.name).where(among(session, Mailing.id, mailings)))
    return {mailing: Target(mailing, name, links.get(mailing, {})) for mailing, name in names}


def _with_utm(url: str, tracking: Mapping[str, Any]) -> str:
    if tracking.get("clicks") == "none":
        return url
    utm = tracking.get("utm") or {}
    return with_words(url, Utm(utm.get("source", ""), utm.get("campaign", "")).words)


def _keep(kept: dict[int, Kept], new: Mapping[int, Kept], limit: int) -> None:
    """Put `new` into `kept`, and the oldest out where that becomes too many."""
    for key, value in new.items():
        kept.pop(key, None)
        kept[key] = value
    while len(kept) > limit:
        kept.pop(next(iter(kept)), None)
