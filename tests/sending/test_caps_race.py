"""Caps of text messages hold when two senders count at the same moment, and numbers are compared by their index."""

from __future__ import annotations

import threading
from collections import Counter

from sqlalchemy import select, text

from mailings.channels.sms import address_of
from mailings.clock import now
from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus, LeaseRole, Mailing, TextSlot
from mailings.sending import leases
from mailings.sending.claims import Claimer
from mailings.sending.limits.caps import Caps
from tests.sending.test_caps import claimed, texts

EACH, MOST = 12, 9


def test_two_senders_at_once(any_db: Database) -> None:
    """Two senders of two mailings to the same numbers, each on its own connection, take no more places together than there are."""
    numbers = [f"+4799887{n:03}" for n in range(EACH)]
    by = []
    for name in ("høst", "vinter"):
        mailing_id = texts(any_db, name, numbers)
        with any_db.writing() as session:
            by.append(Claimer(mailing_id, leases.take(session, session.get_one(Mailing, mailing_id), LeaseRole.SENDER).id))
    began, went = threading.Barrier(2, timeout=60), list[str]()

    def work(claimer: Claimer) -> None:
        """One sender: six claims of two."""
        began.wait()
        for _ in range(EACH // 2):
            went.extend(claimed(any_db, claimer, Caps(MOST, 1), now(), 2))

    threads = [threading.Thread(target=work, args=(claimer,)) for claimer in by]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(went) == MOST
    assert set(Counter(went).values()) == {1}
    with any_db.reading() as session:
        assert sorted(session.scalars(select(TextSlot.number))) == sorted(went)
        assert len(session.scalars(select(Delivery.id).where(Delivery.status == DeliveryStatus.SENT)).all()) == MOST


def test_numbers_are_found_by_their_index(any_db: Database) -> None:
    """Whose number it is, and which numbers stand with more than one, is read from the index of numbers: no walk over people."""
    sqlite = any_db.engine.dialect.name == "sqlite"
    with any_db.reading() as session:
        if not sqlite:
            session.execute(text("SET LOCAL enable_seqscan = off"))  # a table of nobody is always cheapest to walk
        repeated = address_of().repeated
        assert repeated is not None
        asked = str(repeated.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
        rows = session.execute(text(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{asked}"))
        plan = "\n".join(str(row[-1]) for row in rows)
        assert "mobile_normal" in plan
        assert not [line for line in plan.splitlines() if "SCAN person" in line and "USING" not in line]
        assert "Seq Scan on person" not in plan
