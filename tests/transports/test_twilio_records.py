"""Doubt settled by Twilio's list of messages: ours are found by number and words, and nobody else's is taken for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailings.clock import timestamp
from mailings.errors import Misconfigured, Unreachable
from mailings.letter import Texted
from mailings.message import Word
from mailings.transports.twilio import Twilio
from mailings.transports.twilio.records import PAGES, words_of
from tests.doubles.saying import LOSES
from tests.doubles.twilio import Double, twilio
from tests.servers.emulate import Emulate, emulate, program
from tests.servers.mailbox import nobody_listens
from tests.transports.letters import answers
from tests.transports.test_twilio_answers import number, offer

Side = Emulate | Double


@pytest.fixture(params=["emulate", "double"])
def side(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Side]:
    """Twilio's stand-in, and ours."""
    if request.param == "emulate" and program() is None:
        pytest.skip("emulate is not installed (npm): tests against Twilio's stand-in are left out")
    with emulate(tmp_path) if request.param == "emulate" else twilio() as running:
        yield running


def names(side: Side, *deliveries: int) -> list[str]:
    """Send these; Twilio's names for them."""
    transport = Twilio(side.settings())
    told = answers(transport, [offer(one) for one in deliveries])
    transport.close()
    return [str(told[one].provider_id) for one in deliveries]


def doubted(delivery: int, *known: str, text: str = "", at: float | None = None) -> Texted:
    """A text message in doubt, handed over just now."""
    return Texted(delivery, number(delivery), text or f"Kjære Åse, blåbær nr. {delivery}", at or timestamp(), frozenset(known))


def test_what_is_there_is_told(side: Side) -> None:
    """Each message that Twilio has is told with its status; of what it does not have nothing is said."""
    sent, late = names(side, 1, 2)
    if isinstance(side, Emulate):
        side.becomes(late, "undelivered")
    found = list(words_of(side.settings(), [doubted(1), doubted(2), doubted(3)]))
    assert found[0] == Word(1, "sent", "twilio", f"{sent} queued", sent)
    assert found[1] == Word(2, "bounced" if isinstance(side, Emulate) else "sent", "twilio", found[1].said, late)
    assert len(found) == 2


def test_whose_it_is_not(side: Side) -> None:
    """Another text, an earlier moment, a message that another delivery is known by: none of them settles ours."""
    (name,) = names(side, 1)
    for one in (doubted(1, text="Kjære Åse"), doubted(1, at=timestamp() + 3600), doubted(1, name)):
        assert list(words_of(side.settings(), [one])) == []


def test_one_message_settles_one_delivery(side: Side) -> None:
    """Where two with the same words to the same number are in doubt and Twilio has one message, one of them stays in doubt."""
    names(side, 1)
    twin = doubted(1)._replace(delivery=2)
    assert [word.delivery for word in words_of(side.settings(), [doubted(1), twin])] == [1]


def test_pages_with_nothing_on_them() -> None:
    """A list whose every page is empty and names a next one is left after a few; what is on a second page is found."""
    with twilio() as double:
        (name,) = names(double, 1)
        double.empty = 1
        assert [word.name for word in words_of(double.settings(), [doubted(1)])] == [name]
        double.empty, double.questions = 10**6, []
        assert list(words_of(double.settings(), [doubted(1)])) == []
        assert len(double.questions) == PAGES


def test_trouble_with_asking() -> None:
    """A wrong token, a host nobody listens on, an answer that is none: one sentence each, and nothing is taken for an answer."""
    with twilio() as double:
        with pytest.raises(Misconfigured, match="MAILINGS_TWILIO_TOKEN"):
            list(words_of(double.settings(token="wrong"), [doubted(1)]))
        with pytest.raises(Unreachable, match="could not be asked"):
            list(words_of(double.settings(host=f"http://127.0.0.1:{nobody_listens()}"), [doubted(1)]))


def test_an_answer_that_was_lost_is_found() -> None:
    """The whole way: taken, the answer lost, in doubt; asked later, Twilio tells."""
    with twilio() as double:
        double.to[number(1)] = LOSES
        names(double, 1, 2)
        assert [word.verdict for word in words_of(double.settings(), [doubted(1)])] == ["sent"]
