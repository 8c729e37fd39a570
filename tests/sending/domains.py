"""Mailings to domains of which some have a limit."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, insert, select

from mailings.db import Database
from mailings.model import Delivery, Mailing, MailingStatus, Recipient
from mailings.model.bucket import Bucket
from mailings.sending import lifecycle
from mailings.transports.memory import Memory
from tests.sending import world


def limit(db: Database, name: str, per_minute: float | None = 600.0, **facts: object) -> int:
    """A limit by that name, such as domain:treg.test; its number, which is the lane."""
    with db.writing() as session:
        made = Bucket(name=name, per_minute=per_minute, **facts)
        session.add(made)
        session.flush()
        return made.id


def sending_to(db: Database, *domains: str) -> int:
    """A mailing that is being sent to désirée-0, désirée-1, ... at these domains, in that order; its id."""
    mailing_id = world.mailing(db, status=MailingStatus.POPULATING)
    rows = [{"mailing_id": mailing_id, "address": f"désirée-{n}@{name}", "verdict": "eligible"} for n, name in enumerate(domains)]
    with db.writing() as session:
        session.execute(insert(Recipient), rows)
        lifecycle.begin_sending(session, session.get_one(Mailing, mailing_id))
    return mailing_id


def mixed(db: Database) -> int:
    """A mailing that is being sent to eight at fjord.test and, between them, four at treg.test; its id."""
    return sending_to(db, *["fjord.test", "treg.test", "fjord.test"] * 4)


def lanes(db: Database) -> dict[int, int]:
    """Deliveries by lane."""
    with db.reading() as session:
        return dict(session.execute(select(Delivery.lane, func.count()).group_by(Delivery.lane)).all())


def served(memory: Memory) -> Counter[str]:
    """How many were handed over to each domain."""
    return Counter(kept.address.partition("@")[2] for kept in memory.kept)


def limits(db: Database) -> dict[str, tuple[float | None, float | None, float | None]]:
    """Every limit: set, slowed to, slowed from; messages a minute."""
    with db.reading() as session:
        return {one.name: (one.per_minute, one.rate, one.rate_before) for one in session.scalars(select(Bucket))}
