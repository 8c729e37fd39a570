"""Whom a message comes from and where answers to it go: fixed, by our contact or by our support contact (domain.md B.3)."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from sqlalchemy import select

from mailings.channels import email
from mailings.db import Database
from mailings.model import Associate, Person
from tests.channels.conftest import World, the
from tests.channels.made import SETTINGS

NEWS = {"name": "Acme", "address": "news@acme.test"}
ANSWERS = {"name": "Svar på nytt", "address": "svar@acme.test"}


@pytest.fixture
def supported(any_db: Database, world: World) -> World:
    """Åse has a support contact of her own, Désirée, beside our contact Kari; her company's two contacts are elsewhere (Piet)."""
    with any_db.writing() as session:
        desiree = Associate(username="désirée", name="Désirée van der IJssel", email="desiree@acme.test")
        session.add(desiree)
        session.flush()
        session.scalars(select(Person)).one().support_contact_id = desiree.id
    return world


def headers(db: Database, world: World, **facts: Any) -> list[tuple[str, str | None]]:
    """From and Reply-To of the messages to Åse, to her company and to a bare address, as a mail program reads them."""
    with db.writing() as session:
        mailing = the(session, world)
        for name, value in facts.items():
            setattr(mailing, name, value)
        session.flush()
        compiled = email.compile_mailing(session, mailing, SETTINGS)
    marks = {"mailing_id": world.mailing, "low": world.deliveries[0], "high": world.deliveries[2]}
    with db.connection(write=False) as connection:
        rows = connection.execute(compiled.select, marks).all()
    read = [message_from_bytes(compiled.offer(row).message.mime(), policy=default) for row in rows]
    return [(str(one["From"]), one["Reply-To"] and str(one["Reply-To"])) for one in read]


OURS, FIXED = "Kari Nordmann <kari@acme.test>", "Acme <news@acme.test>"
SUPPORT = "Désirée van der IJssel <desiree@acme.test>"


@pytest.mark.parametrize(("use", "ase"), [("always", FIXED), ("our_contact", OURS), ("support_contact", SUPPORT)])
def test_whom_it_comes_from(any_db: Database, supported: World, use: str, ase: str) -> None:
    """The fixed sender, her own contact, her own support contact; who has none whose domain may send gets it from the fixed one."""
    found = headers(any_db, supported, sender=NEWS | {"use": use}, reply_to={"use": "from"})
    assert found == [(ase, None), (FIXED, None), (FIXED, None)]


@pytest.mark.parametrize(
    ("use", "ase", "company"),
    [
        ("from", None, None),
        ("always", "Svar på nytt <svar@acme.test>", "Svar på nytt <svar@acme.test>"),
        ("our_contact", OURS, "Piet de Ĳ <piet@elders.test>"),
        ("support_contact", SUPPORT, "Piet de Ĳ <piet@elders.test>"),
    ],
)
def test_where_answers_go(any_db: Database, supported: World, use: str, ase: str | None, company: str | None) -> None:
    """To the sender without a header; to one place; to whoever looks after the reader, at any domain; else to the fixed place."""
    found = headers(any_db, supported, sender=NEWS | {"use": "always"}, reply_to=ANSWERS | {"use": use})
    bare = None if use == "from" else "Svar på nytt <svar@acme.test>"
    assert found == [(FIXED, ase), (FIXED, company), (FIXED, bare)]
