"""Twilio's stand-in `emulate`, written by others: our messages through it, and its signed callbacks through our door."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailings.db import Database
from mailings.message import FLUSH, Offer, Outcome
from mailings.settings import settings
from mailings.transports.twilio import Twilio
from tests.doubles.twilio import SENDER, Double, twilio
from tests.doubles.twilio import TOKEN as GOOD
from tests.servers.emulate import Emulate, emulate, program
from tests.servers.sink import free_port
from tests.tracking.told import address, delivery, events, mark, out, standing
from tests.transports.letters import answers
from tests.transports.test_twilio_answers import Words, offer
from tests.web.process import served

pytestmark = pytest.mark.skipif(program() is None, reason="emulate is not installed (npm): tests against Twilio's stand-in are left out")

Side = Emulate | Double


@pytest.fixture(params=["emulate", "double"])
def side(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Side]:
    """Their stand-in, and ours: what both can, both must do alike."""
    with emulate(tmp_path) if request.param == "emulate" else twilio() as running:
        yield running


def taken(side: Side) -> Counter[tuple[str, str]]:
    """Number and words of what it has."""
    if isinstance(side, Double):
        return Counter((one.to, one.body) for one in side.taken)
    return Counter((one["to"], one["body"]) for one in side.messages())


def test_they_are_alike(side: Side) -> None:
    """Each message is there once, with its letters, and its receipt has the name it is found by; a FLUSH is answered for in between."""
    transport = Twilio(side.settings())
    told = answers(transport, [*(offer(n) for n in range(1, 30)), FLUSH, *(offer(n) for n in range(30, 61))])
    assert {one.outcome for one in told.values()} == {Outcome.ACCEPTED}
    assert len({one.provider_id for one in told.values()}) == 60
    assert taken(side) == Counter((offer(n).address, f"Kjære Åse, blåbær nr. {n}") for n in range(1, 61))
    transport.close()


def test_what_they_refuse(side: Side) -> None:
    """A wrong token and a sender that is none stop everything, untouched; a number that is none is refused alone."""
    for facts, given in (({"token": "wrong"}, [offer(n) for n in range(1, 20)]), ({}, [offer(1, sender="")])):
        transport = Twilio(side.settings(**facts))
        assert {one.outcome for one in answers(transport, given).values()} == {Outcome.UNTOUCHED}
        transport.close()
    transport = Twilio(side.settings())
    told = answers(transport, [Offer(1, "12", SENDER, Words()), offer(2)])
    assert (told[1].outcome, told[2].outcome) == (Outcome.REFUSED, Outcome.ACCEPTED)
    transport.close()


@pytest.mark.parametrize("any_db", ["sqlite"], indirect=True)
def test_its_callbacks_reach_our_door(any_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signed by others than us, they move the delivery, whatever their order; and STOP is in force for the number that sent it."""
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    monkeypatch.setenv("MAILINGS_PUBLIC_URL", public)
    settings.cache_clear()
    (one,) = out(any_db)
    with (
        served(any_db, tmp_path, port=port, MAILINGS_PUBLIC_URL=public, MAILINGS_TWILIO_TOKEN=GOOD),
        emulate(tmp_path, f"{public}/hooks/twilio") as far,
    ):
        transport = Twilio(far.settings())
        message = Words("Kjære Åse", mark=mark(any_db, one))
        told = answers(transport, [Offer(one, "+4799887766", SENDER, message)])[one]
        transport.close()
        assert delivery(any_db, one).status == "sent"  # it told of `queued` before it answered
        for status in ("delivered", "sending", "sent"):
            far.becomes(str(told.provider_id), status)
        far.writes("+4799887766", "Stopp!")
    assert (delivery(any_db, one).status, delivery(any_db, one).provider_id) == ("delivered", told.provider_id)
    assert len(events(any_db)) == 5
    stands = standing(any_db, "+4799887766")
    assert stands is not None
    assert stands.stopped_at is not None
    assert address(any_db, one) is not None
    assert standing(any_db, str(address(any_db, one))) is None
