"""The loop and a real mail server: one connection serves many looks, and one that the server closed meanwhile costs nobody anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mailings.db import Database
from mailings.message import Outcome
from mailings.sending.form_responses.responding import Responder
from mailings.settings import Settings, settings
from tests.sending.asked import ask, books, person
from tests.servers.mailbox import Mailbox, mailbox

Office = Callable[..., tuple[Mailbox, Responder]]


@pytest.fixture
def office(db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """A mail server that does what it is told, and a loop that sends through it."""
    opened = []

    def furnished(**facts: object) -> tuple[Mailbox, Responder]:
        server = mailbox(**facts)
        box = server.__enter__()
        told = {"HOST": "127.0.0.1", "PORT": str(box.port), "TLS": "none"}
        for name, value in told.items():
            monkeypatch.setenv(f"MAILINGS_SMTP_{name}", value)
        monkeypatch.setenv("MAILINGS_SECRET", "a-secret-of-the-tests-and-of-nobody-else")
        monkeypatch.setenv("MAILINGS_SYSTEM_FROM", "Fjord <post@fjord.test>")
        settings.cache_clear()
        loop = Responder(db, Settings(email_transport="smtp"))
        opened.append((server, loop))
        return box, loop

    yield furnished
    for server, loop in opened:
        loop.rest()
        server.__exit__(None, None, None)


def served(db: Database, loop: Responder, address: str) -> None:
    """Somebody asks, and a look serves them."""
    ask(db, person(db, address), settings=loop.settings)
    (one,) = loop.look()
    assert one.counts == {Outcome.ACCEPTED: 1}


def test_one_connection_for_many_looks(db: Database, office: Office) -> None:
    """The connection stays open from look to look, until the loop rests; then the next look opens another."""
    box, loop = office()
    for number in range(3):
        served(db, loop, f"ase-{number}@fjord.test")
    assert box.connections == 1
    loop.rest()
    served(db, loop, "desiree@ijssel.test")
    assert box.connections == 2
    assert sorted(taken.recipient for taken in box.taken) == [*(f"ase-{n}@fjord.test" for n in range(3)), "desiree@ijssel.test"]


def test_the_server_hung_up_meanwhile(db: Database, office: Office) -> None:
    """A server that closes a silent connection costs nobody their message, and puts nothing in doubt."""
    box, loop = office()
    for number in range(3):
        served(db, loop, f"ase-{number}@fjord.test")
        box.weary()
    assert books(db).deliveries["sent"] == 3
    assert box.connections >= 3
