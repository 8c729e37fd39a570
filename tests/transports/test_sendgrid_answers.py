"""What becomes of recipients when SendGrid refuses, asks to wait, breaks down or falls silent: nobody twice, and few in doubt."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from mailings.errors import TryLater
from mailings.message import Outcome
from mailings.transports import _lines
from mailings.transports.sendgrid import Sendgrid
from mailings.transports.sendgrid.requests import SILENT
from tests.doubles.saying import HANGS_UP, LOSES, SILENCE, Says
from tests.doubles.sendgrid import Double, says, sendgrid
from tests.transports.filled import Person
from tests.transports.letters import Counted, answers
from tests.transports.patience import until

ANNA = Person()


@pytest.fixture
def double() -> Iterator[Double]:
    """SendGrid, as far as one can know it."""
    with sendgrid() as running:
        yield running


def many(count: int) -> Counted:
    """So many offers, counted."""
    return Counted(ANNA.offer(n) for n in range(1, count + 1))


def test_those_it_names_are_refused_alone(double: Double) -> None:
    """Of a thousand with three spoiled ones, those three are refused with its words, and the others go at once: two requests."""
    spoiled = {f"anna{n}@firma.test" for n in (1, 500, 1000)}
    double.named = dict.fromkeys(spoiled, "Does not contain a valid address.")
    told = answers(Sendgrid(double.settings()), many(1000))
    refused = {n for n, receipt in told.items() if receipt.outcome is Outcome.REFUSED}
    assert refused == {1, 500, 1000}
    assert (told[500].code, told[500].reason) == ("400", "Does not contain a valid address.")
    assert len(double.bodies) == 2
    assert Counter(one.address for one in double.taken).most_common(1)[0][1] == 1
    assert len(double.taken) == 997


def test_it_does_not_say_who(double: Double) -> None:
    """One spoiled recipient of a thousand is found in at most 21 requests, and the others are served once."""
    double.unnamed = {"anna777@firma.test"}
    told = answers(Sendgrid(double.settings()), many(1000))
    assert {n for n, receipt in told.items() if receipt.outcome is Outcome.REFUSED} == {777}
    assert len(double.bodies) <= 21
    assert len({one.address for one in double.taken}) == len(double.taken) == 999


@pytest.mark.parametrize("place", [None, "null", "personalizations", ""])
def test_no_place_at_all(double: Double, place: str | None) -> None:
    """However it leaves out whom it means, it is found by halves."""
    double.next.extend([says(400, "Bad Request", place)] * 3)
    told = answers(Sendgrid(double.settings()), many(100))
    assert {receipt.outcome for receipt in told.values()} == {Outcome.ACCEPTED}
    assert len(double.taken) == 100


@pytest.mark.parametrize("place", ["from.email", "content.0.value", "attachments.0.content"])
def test_what_all_of_them_share_is_refused(double: Double, place: str) -> None:
    """A fault of the letter itself is nobody's: after one request all are untouched, with a code that pauses the mailing."""
    double.always = says(400, "Not like that", place)
    told = answers(Sendgrid(double.settings()), many(50))
    assert {(receipt.outcome, receipt.code, receipt.reason) for receipt in told.values()} == {
        (Outcome.UNTOUCHED, "400", f"{place}: Not like that")
    }
    assert len(double.bodies) == 1


def test_too_large_for_one_request(double: Double) -> None:
    """A request that is too large for something on the way goes in halves."""
    double.next.extend([says(413, "Payload too large")] * 3)
    told = answers(Sendgrid(double.settings()), many(100))
    assert {receipt.outcome for receipt in told.values()} == {Outcome.ACCEPTED}
    assert len(double.taken) == 100


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 415])
def test_it_does_not_let_us_in(double: Double, status: int) -> None:
    """Nothing was taken: everybody is untouched, the reason comes with a code, and with what to look at; no more is asked for."""
    double.always = says(status, "No access", Location="http://127.0.0.1:1/")
    counted = many(9000)
    told = answers(transport := Sendgrid(double.settings()), counted)
    assert {receipt.outcome for receipt in told.values()} == {Outcome.UNTOUCHED}
    key = ". Look at MAILINGS_SENDGRID_API_KEY, and whether the account is in MAILINGS_SENDGRID_REGION."
    reason = f"No access{key if status in (401, 403) else ''}"
    assert (str(status), reason) in {(receipt.code, receipt.reason) for receipt in told.values()}
    assert counted.asked == len(told) <= transport.holds


@pytest.mark.parametrize("said", [says(500, "oops"), Says(502, b"<html>Bad gateway"), Says(503), Says(200, b"Welcome to the hotel!")])
def test_nobody_knows(double: Double, said: Says) -> None:
    """An answer that says neither yes nor no, from whoever it came: everybody in the request is in doubt, nobody else."""
    double.always = said
    told = answers(Sendgrid(double.settings(connections=1)), many(2500))
    assert {told[n].outcome for n in range(1, 1001)} == {Outcome.UNKNOWN}
    assert {told[n].outcome for n in range(1001, len(told) + 1)} <= {Outcome.UNTOUCHED}  # nobody, where the answer came first
    assert told[1].code == str(said.status)


@pytest.mark.parametrize("said", [LOSES, HANGS_UP, SILENCE])
def test_no_answer(double: Double, said: Says) -> None:
    """Whether it took them or not: no answer leaves those of the request in doubt; then one tries the ground, until one is taken."""
    double.next.extend([said])
    transport = Sendgrid(double.settings(connections=1, timeout=0.5))
    told = answers(transport, many(2000))
    until(lambda: len(double.bodies) == 1)
    transport._requests._lines._timeout = 60  # who is asked next does answer, however slow the machine is
    assert {told[n].outcome for n in range(1, 1001)} == {Outcome.UNKNOWN}
    assert {told[n].outcome for n in range(1001, len(told) + 1)} <= {Outcome.UNTOUCHED}
    again = answers(transport, [ANNA.offer(n) for n in range(3001, 3021)])
    assert {receipt.outcome for receipt in again.values()} == {Outcome.ACCEPTED}
    assert [len(body["personalizations"]) for body in double.bodies[1:]] == [1, 19]  # full requests again once one was taken
    assert len({one.address for one in double.taken}) == len(double.taken)


def test_an_outage_leaves_few_in_doubt(double: Double) -> None:
    """While nothing is answered, each new hand-over risks one recipient; after a few it is an error that somebody should look at."""
    transport = Sendgrid(double.settings(connections=1))
    double.always = HANGS_UP
    doubted = []
    for turn in range(SILENT):
        told = answers(transport, many(1500))
        doubted.append(sum(receipt.outcome is Outcome.UNKNOWN for receipt in told.values()))
        assert turn == 0 or len(told) <= 2
    assert doubted == [1000, *[1] * (SILENT - 1)]
    counted = many(10)
    with pytest.raises(TryLater, match=f"{SILENT} requests in a row"):
        list(transport.send(iter(counted)))
    assert counted.asked == 0


def test_asked_to_wait(double: Double) -> None:
    """429 is for everybody in the request and the time it names; nothing more is asked for, and nothing is begun before it is over."""
    double.always = says(429, "too many requests", Retry_After="70")
    transport = Sendgrid(double.settings(connections=1))
    told = answers(transport, many(2500))
    assert {told[n].outcome for n in range(1, 1001)} == {Outcome.TRY_LATER}
    assert {told[n].outcome for n in range(1001, len(told) + 1)} <= {Outcome.UNTOUCHED}
    assert (told[1].code, told[1].reason, told[1].after) == ("429", "too many requests", 70.0)
    counted = many(3)
    with pytest.raises(TryLater, match="too many requests") as caught:
        list(transport.send(iter(counted)))
    assert counted.asked == 0
    assert 40 < (caught.value.after or 0) <= 70


def test_a_proxy_in_between(double: Double) -> None:
    """An answer that is no JSON at all, or JSON of another kind, is read like any other."""
    for body in (b"denied", b"[]", b'{"errors": "x"}', b'{"errors": [1, {"field": 7}]}', b"\xff\xfe"):
        double.always = Says(403, body)
        told = answers(Sendgrid(double.settings()), many(2))
        assert {receipt.outcome for receipt in told.values()} == {Outcome.UNTOUCHED}
        assert told[1].code == "403"


def test_it_goes_away_meanwhile() -> None:
    """When the far side is gone before a request is begun, nothing was taken: untouched, and the next hand-over cannot begin."""
    with sendgrid() as double:
        transport = Sendgrid(double.settings(connections=1))
        sending = transport.send(iter(many(3)))
        double.always = Says(202, headers={"Connection": "close", "X-Message-Id": "1"})
        assert {receipt.outcome for receipt in sending} == {Outcome.ACCEPTED}
    with pytest.raises(TryLater):
        answers(transport, many(3))


def test_requests_beside_each_other(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many requests are under way as connections are allowed, each answered only when the other is there; the lines stay open."""
    monkeypatch.setattr(_lines, "IDLE", 3600.0)  # however slow the machine is
    double.meet = threading.Barrier(2)
    told = answers(Sendgrid(double.settings(connections=2)), many(8000))
    assert {receipt.outcome for receipt in told.values()} == {Outcome.ACCEPTED}
    assert (len(double.bodies), double.most_at_once, double.connections) == (8, 2, 2)
