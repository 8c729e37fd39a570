"""Where clicks lead: from the delivery in a token to its mailing's links. Requests of the same moment share one look into the database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.content.links import Utm, with_words
from mailings.db import Database, among
from mailings.errors import Unreachable
from mailings.model import Delivery, Mailing, RegisteredLink, TrackedLink

FRESH = 2.0  # seconds a mailing's links are believed: a registered link that was changed leads to its new address after that
BLOCK = 1_024  # deliveries looked up together: those of a mailing lie side by side, and when one reader clicks others are about to
BLOCKS = 4_000  # that are remembered, some 300 bytes each
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


class Run(NamedTuple):
    """Deliveries without a gap, from `first` to `last`, of one mailing."""

    first: int
    last: int
    mailing: int


class Wanted(NamedTuple):
    """Whose links: a delivery's, or of a mailing that is previewed."""

    delivery: int | None
    mailing: int | None


class Targets:
    """Finds targets, some milliseconds after they are asked for at most; what was found lately at once. For one event loop."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._runs: dict[int, list[Run]] = {}  # block -> its runs
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
        since, target = self._tables.get(self._mailing(wanted) or 0, (0.0, None))
        return target if not fresh or time.monotonic() - since < FRESH else None

    def _mailing(self, wanted: Wanted) -> int | None:
        number = wanted.delivery
        if number is None:
            return wanted.mailing
        return next((run.mailing for run in self._runs.get(number // BLOCK, ()) if run.first <= number <= run.last), None)

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
            of = {wanted: self._mailing(wanted) for wanted in asked}
            tables = self._loaded(session, of.values())
            # queued since its block was looked at, or of a mailing that is gone
            anew = [wanted for wanted, mailing in of.items() if wanted.delivery is not None and mailing not in tables]
            if anew:
                blocks = {wanted.delivery // BLOCK for wanted in anew if wanted.delivery is not None}
                _keep(self._runs, {block: runs_of(session, block) for block in blocks}, BLOCKS)
                of |= {wanted: self._mailing(wanted) for wanted in anew}
                tables |= self._loaded(session, [of[wanted] for wanted in anew])
        return {wanted: tables.get(mailing or 0) for wanted, mailing in of.items()}

    def _loaded(self, session: Session, wanted: Iterable[int | None]) -> dict[int, Target]:
        now = time.monotonic()
        mailings = {mailing for mailing in wanted if mailing is not None}
        known = {key: found for key in mailings if (found := self._tables.get(key)) and now - found[0] < FRESH}
        loaded = targets_of(session, [key for key in mailings if key not in known])
        for gone in mailings - known.keys() - loaded.keys():
            self._tables.pop(gone, None)
        _keep(self._tables, {key: (now, target) for key, target in loaded.items()}, MAILINGS)
        return {key: target for key, (_, target) in known.items()} | loaded


def runs_of(session: Session, block: int) -> list[Run]:
    """The runs of a block: a million recipients are a thousand of them, and mailings queued at the same moment a few more."""
    first = block * BLOCK
    island = Delivery.id - func.row_number().over(partition_by=Delivery.mailing_id, order_by=Delivery.id)
    mine = select(Delivery.id, Delivery.mailing_id, island.label("island")).where(Delivery.id.between(first, first + BLOCK - 1)).subquery()
    runs = select(func.min(mine.c.id), func.max(mine.c.id), mine.c.mailing_id).group_by(mine.c.mailing_id, mine.c.island)
    return [Run(*row) for row in session.execute(runs)]


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
