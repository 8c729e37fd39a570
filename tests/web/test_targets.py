"""Where clicks lead is found together and remembered, and what is remembered is never another mailing's."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import event, text

from mailings.db import Database
from mailings.errors import Unreachable
from mailings.model import Delivery, DeliveryStatus
from tests.narrow import one_connection
from tests.sending import world
from tests.tracking.visiting import sent_mailing
from web.targets import BLOCK, FRESH, Target, Targets, Wanted


def found(db: Database, *deliveries: int) -> list[str | None]:
    """The names of the mailings of these deliveries, all asked at once at a door that knows nothing."""

    async def ask() -> list[Target | None]:
        """At the same moment."""
        return await asyncio.gather(*(targets.find(Wanted(one, None)) for one in deliveries))

    targets = Targets(db)
    try:
        return [target.mailing if target else None for target in asyncio.run(ask())]
    finally:
        targets.close()


def test_each_delivery_has_its_own_mailing(any_db: Database) -> None:
    """Also where two mailings were queued at the same moment, and their deliveries lie between each other's."""
    first, _ = sent_mailing(any_db, recipients=2)
    second, _ = sent_mailing(any_db, recipients=2, name="vår-nytt")
    with any_db.writing() as session:
        more = [Delivery(mailing_id=(first, second)[n % 2], status=DeliveryStatus.SENT) for n in range(6)]
        session.add_all(more)
        session.flush()
        ids = [one.id for one in more]
    assert found(any_db, 1, 2, 3, 4, *ids) == ["høst-nytt"] * 2 + ["vår-nytt"] * 2 + ["høst-nytt", "vår-nytt"] * 3


def test_across_blocks_and_where_nothing_is(any_db: Database) -> None:
    """Neighbours in the next block are found as well; what is nobody's stays nobody's."""
    mailing_id, _ = sent_mailing(any_db, recipients=1)
    with any_db.writing() as session:
        session.add_all(Delivery(id=n, mailing_id=mailing_id, status=DeliveryStatus.SENT) for n in (BLOCK - 1, BLOCK, BLOCK + 1))
    assert found(any_db, BLOCK - 2, BLOCK - 1, BLOCK, BLOCK + 1, BLOCK + 2, 2**40) == [None, *["høst-nytt"] * 3, None, None]


def test_a_moment_costs_one_look(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred readers of one mailing at the same moment are one look into the database, and those after them none."""
    monkeypatch.setattr("web.targets.FRESH", 600.0)  # what is found is believed until the test is over
    _, deliveries = sent_mailing(db, recipients=100)
    said: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *told: said.append(told[2]))

    async def ask() -> None:
        """A hundred, then a hundred again."""
        for _ in range(2):
            await asyncio.gather(*(targets.find(Wanted(one, None)) for one in deliveries))

    targets = Targets(db)
    asyncio.run(ask())
    targets.close()
    looks = [line for line in said if "FROM delivery" in line]
    assert len(looks) == 1


def test_what_is_known_is_told_while_no_connection_is_free(any_db: Database) -> None:
    """Readers are led on where all connections of the process are busy, as where the database is away; who is not known is told so."""
    _, (first, *_) = sent_mailing(any_db)
    with one_connection(any_db) as narrow:
        targets = Targets(narrow)

        async def ask() -> tuple[Target | None, Target | None]:
            """Before, and after what was found is believed no more."""
            before = await targets.find(Wanted(first, None))
            await asyncio.sleep(FRESH + 0.1)
            with narrow.reading() as session:
                session.execute(text("SELECT 1"))
                with pytest.raises(Unreachable):
                    await targets.find(Wanted(2**40, None))
                return before, await targets.find(Wanted(first, None))

        before, after = asyncio.run(ask())
        targets.close()
    assert before == after
    assert before is not None


def test_what_is_remembered_is_never_of_a_mailing_that_is_gone(db: Database) -> None:
    """An open door forgets a mailing that is deleted, and its numbers are never given to another: nobody is led to a stranger's links."""
    mailing_id, (first, *_) = sent_mailing(db)
    world.mailing(db, "utkast")

    async def ask() -> list[str]:
        """Before, and after the deliveries belong to another mailing."""
        names = [(await targets.find(Wanted(first, None)) or nobody).mailing]
        with db.writing() as session:
            for table in ("delivery", "recipient", "tracked_link"):
                session.execute(text(f"DELETE FROM {table} WHERE mailing_id = :mailing"), {"mailing": mailing_id})
            session.execute(text("DELETE FROM mailing WHERE id = :mailing"), {"mailing": mailing_id})
        other, again = sent_mailing(db, name="vår-nytt")
        assert other != mailing_id
        assert first not in again
        await asyncio.sleep(2.1)  # so long a mailing's links are believed
        return [*names, (await targets.find(Wanted(first, None)) or nobody).mailing]

    nobody, targets = Target(0, "nobody", {}), Targets(db)
    names = asyncio.run(ask())
    targets.close()
    assert names == ["høst-nytt", "nobody"]
