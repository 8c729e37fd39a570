"""What Twilio answers, and what we make of it: its codes told apart, nothing guessed, nothing sent twice."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from mailings.errors import Misconfigured, TryLater
from mailings.message import Offer, Outcome, Receipt, Short
from mailings.settings import settings
from mailings.transports import _lines
from mailings.transports.twilio import Twilio
from mailings.transports.twilio.requests import FRUITLESS, SILENT
from tests.doubles.saying import HANGS_UP, LOSES, SILENCE, Says
from tests.doubles.twilio import SENDER, TOKEN, Double, says, twilio
from tests.servers.mailbox import nobody_listens
from tests.transports.letters import MARK, Written, answers


@dataclass(frozen=True)
class Words(Written):
    """A text message whose sender may be none."""

    subject: str = SENDER
    channel: str = "sms"
    mark: str = MARK

    def short(self) -> Short:
        """The message."""
        return Short(self.subject, self.text, 1, self.mark)


@pytest.fixture
def double() -> Iterator[Double]:
    """Twilio, as far as one can know it."""
    with twilio() as running:
        yield running


def number(delivery: int) -> str:
    """A delivery's number."""
    return f"+47998{delivery:05}"


def offer(delivery: int, sender: str = SENDER) -> Offer:
    """One text message."""
    return Offer(delivery, number(delivery), sender, Words(f"Kjære Åse, blåbær nr. {delivery}", sender))


def sent(double: Double, count: int = 1, **facts: Any) -> dict[int, Receipt]:
    """The receipts of so many messages."""
    transport = Twilio(double.settings(**facts))
    try:
        return answers(transport, [offer(n) for n in range(1, count + 1)])
    finally:
        transport.close()


def test_what_goes_out(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """Number, sender and words as they are, and an address to report to that names the delivery; the receipt has Twilio's name for it."""
    monkeypatch.setenv("MAILINGS_PUBLIC_URL", "https://post.test/")
    settings.cache_clear()
    told = sent(double)[1]
    (taken,) = double.taken
    assert (taken.to, taken.sender, taken.body) == (number(1), SENDER, "Kjære Åse, blåbær nr. 1")
    assert taken.callback == f"https://post.test/hooks/twilio?d=1.{MARK}"
    assert (told.outcome, told.provider_id) == (Outcome.ACCEPTED, taken.sid)


def test_a_sender_of_the_installation(double: Double) -> None:
    """Where a message names none, MAILINGS_TWILIO_FROM is its sender, or the messaging service chooses one."""
    transport = Twilio(double.settings(sender="Fjord"))
    assert answers(transport, [offer(1, sender="")])[1].outcome is Outcome.ACCEPTED
    assert double.taken[0].sender == "Fjord"
    serviced = Twilio(double.settings(messaging_service="MG" + "0" * 32))
    assert answers(serviced, [offer(2, sender="")])[2].outcome is Outcome.ACCEPTED
    for one in (transport, serviced):
        one.close()


@pytest.mark.parametrize(
    ("status", "code", "outcome", "goes_on"),
    [
        *((400, code, Outcome.REFUSED, True) for code in (21211, 21614, 21635, 21610, 21408, 21612, 21617, 21999)),
        (403, 21408, Outcome.REFUSED, True),
        *((400, code, Outcome.UNTOUCHED, False) for code in (21606, 21212, 21603, 21660, 21705, 21609, 30002)),
        *((status, code, Outcome.UNTOUCHED, False) for status, code in ((401, 20003), (403, 20003), (404, 20404), (403, None))),
        *((status, code, Outcome.TRY_LATER, False) for status, code in ((429, 20429), (429, None), (400, 21611), (400, 30001))),
        *((status, None, Outcome.UNKNOWN, True) for status in (500, 502, 503, 504, 408)),
    ],
)
def test_codes_told_apart(double: Double, status: int, code: int | None, outcome: Outcome, goes_on: bool) -> None:
    """Each code is one recipient's, ours to mend, asks for time, or leaves it open; only the first and the last let others go on."""
    double.next.append(says(status, code, "Nei, blåbær"))
    told = sent(double, 3, connections=1)
    assert told[1].outcome is outcome
    assert told[1].code == (f"{429 if outcome is Outcome.TRY_LATER else status} {code}".removesuffix(" None"))
    assert (told.keys() == {1, 2, 3}) is goes_on
    assert len(double.taken) == (2 if goes_on else 0)


def test_stop_said_to_twilio(double: Double) -> None:
    """Who sent STOP to Twilio is refused in words of ours."""
    double.to[number(1)] = says(400, 21610, "Attempt to send to unsubscribed recipient")
    assert sent(double)[1].reason == "The recipient sent STOP to Twilio earlier."


@pytest.mark.parametrize(
    "lost", [LOSES, SILENCE, Says(201, b"<html>", takes=True), Says(201, b"{}", takes=True), Says(201, b"[1]", takes=True)]
)
def test_a_lost_answer(double: Double, lost: Says) -> None:
    """Taken, and the answer lost, late or unreadable: in doubt, told in a sentence, and nothing is ever sent again by itself."""
    double.to[number(2)] = lost
    transport = Twilio(double.settings(connections=1))
    lines = transport._requests._lines

    def patiently() -> Iterator[Offer]:
        for delivery in range(1, 5):  # one is asked for when the one before is answered for
            lines.close()
            lines._timeout = 1 if delivery == 2 else 60
            yield offer(delivery)

    told = answers(transport, patiently())
    transport.close()
    assert {n: one.outcome for n, one in told.items()} == {n: Outcome.UNKNOWN if n == 2 else Outcome.ACCEPTED for n in range(1, 5)}
    assert (told[2].reason or "").endswith(".")
    assert Counter(taken.to for taken in double.taken) == Counter(number(n) for n in range(1, 5))


def test_an_outage_leaves_few_in_doubt(double: Double) -> None:
    """After the first lost answer messages go one at a time, and after five in a row none: the others are untouched, and wait."""
    double.always = HANGS_UP
    transport = Twilio(double.settings(connections=4))
    told = answers(transport, [offer(n) for n in range(1, 40)])
    outcomes = Counter(one.outcome for one in told.values())
    assert SILENT <= outcomes[Outcome.UNKNOWN] <= SILENT + 4
    assert outcomes[Outcome.UNTOUCHED] <= 4
    with pytest.raises(TryLater, match="messages in a row had no answer"):
        next(transport.send(iter([offer(99)])))
    double.always = None
    assert answers(transport, [offer(100)])[100].outcome is Outcome.ACCEPTED
    transport.close()


def test_asked_to_wait(double: Double) -> None:
    """A 429 was never processed: who was asked waits as long as Twilio says, and nothing goes before that."""
    double.next.append(says(429, 20429, "Too Many Requests", Retry_After="70"))
    transport = Twilio(double.settings(connections=1))
    told = answers(transport, [offer(1)])[1]
    assert (told.outcome, told.after) == (Outcome.TRY_LATER, 70.0)
    with pytest.raises(TryLater, match=r"asks us to wait for \d+ seconds") as caught:
        next(transport.send(iter([offer(2)])))
    assert 10 < (caught.value.after or 0) <= 70
    assert double.asked == 1
    transport.close()


def test_refused_for_reasons_nobody_knows(double: Double) -> None:
    """A code we do not know refuses its recipient; said of everybody it is trouble of the whole, and the rest stay queued."""
    double.always = says(400, 21999, "Something new")
    told = sent(double, 100, connections=1)
    assert Counter(one.outcome for one in told.values()) == {Outcome.REFUSED: FRUITLESS}
    double.always = None
    assert sent(double, 3)[3].outcome is Outcome.ACCEPTED


def test_several_at_a_time(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many messages are under way as there are connections, on lines that are kept."""
    monkeypatch.setattr(_lines, "IDLE", 3600.0)  # however slow the machine is
    double.meet = threading.Barrier(4)
    told = sent(double, 40, connections=4)
    assert {one.outcome for one in told.values()} == {Outcome.ACCEPTED}
    assert (double.most_at_once, double.connections) == (4, 4)


def test_nobody_there(double: Double) -> None:
    """An address nobody listens on is told before anything is taken."""
    with pytest.raises(TryLater, match=r"127\.0\.0\.1:\d+ cannot be reached"):
        sent(double, host=f"http://127.0.0.1:{nobody_listens()}")
    with pytest.raises(Misconfigured, match=r"MAILINGS_TWILIO_HOST: bad\.\.name is no name of a server"):
        sent(double, host="http://bad..name")


def test_secrets_and_numbers_stay_here(double: Double, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the token nor anybody's number is in the log at its lowest level, nor in what the settings show of themselves."""
    caplog.set_level(logging.DEBUG)
    sent(double, 3)
    assert TOKEN not in caplog.text
    assert number(1) not in caplog.text
    assert TOKEN not in repr(double.settings())
