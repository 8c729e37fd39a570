"""The law of bisection: whoever poisons a request is refused alone, in few requests; everybody else gets one message."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log2

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailings.message import Offer, Outcome, Receipt
from mailings.transports._bisecting import FRUITLESS, Bisecting, Refusal
from mailings.transports.memory import Memory
from tests.transports.letters import Broken, answers, offer

UNTOUCHED = Outcome.UNTOUCHED


class FarSide:
    """Takes a request whole or refuses it whole. `served` keeps who got a message, as often as it came."""

    def __init__(self, poison: set[int], *, breaks_at: int | None = None) -> None:
        self.poison, self.breaks_at = poison, breaks_at
        self.served: list[int] = []
        self.requests = 0

    def request(self, offers: Sequence[Offer]) -> list[Receipt] | Refusal:
        """The answer to one request."""
        self.requests += 1
        if self.requests == self.breaks_at:
            return [Receipt(one.delivery, UNTOUCHED, reason="Nobody answers.") for one in offers]
        if self.poison & {one.delivery for one in offers}:
            return Refusal("400", "Bad Request: personalizations.0.to.0.email")
        self.served += [one.delivery for one in offers]
        return [Receipt(one.delivery, Outcome.ACCEPTED) for one in offers]


@st.composite
def batches(draw: st.DrawFn) -> tuple[int, set[int]]:
    """So many recipients, and those of them who are poison."""
    size = draw(st.integers(1, 1000))
    return size, draw(st.sets(st.integers(1, size), max_size=12))


@settings(deadline=None)
@given(batches())
@example((1000, set()))
@example((1000, {1, 1000}))
@example((12, set(range(1, 13))))
def test_the_law(batch: tuple[int, set[int]]) -> None:
    """One receipt each; the poison and nobody else is refused; the others are served once; requests <= 1 + 2 p log2(n)."""
    size, poison = batch
    far = FarSide(poison)
    told = list(Bisecting(far.request).carry([offer(n) for n in range(1, size + 1)]))
    assert sorted(receipt.delivery for receipt in told) == list(range(1, size + 1))
    assert {receipt.delivery for receipt in told if receipt.outcome is Outcome.REFUSED} == poison
    assert sorted(far.served) == sorted(set(range(1, size + 1)) - poison)
    assert far.requests <= 1 + 2 * len(poison) * ceil(log2(size) if size > 1 else 0)


@settings(deadline=None)
@given(st.integers(32, 1000))
def test_trouble_of_the_whole(size: int) -> None:
    """A request that is refused however it is halved is nobody's fault: all are untouched, after a fixed number of requests."""
    far = FarSide(set(range(1, size + 1)))
    bisecting = Bisecting(far.request)
    told = list(bisecting.carry([offer(n) for n in range(1, size + 1)]))
    assert [receipt.outcome for receipt in told] == [UNTOUCHED] * size
    assert far.requests == FRUITLESS
    assert bisecting.trouble == "Every request is refused, whoever it is for: 400 Bad Request: personalizations.0.to.0.email"


def test_it_is_known_to_work() -> None:
    """Where somebody was accepted before, a rotten batch is refused one by one: the other side takes mail."""
    far = FarSide(set(range(100, 180)))
    bisecting = Bisecting(far.request)
    assert {receipt.outcome for receipt in bisecting.carry([offer(n) for n in range(20)])} == {Outcome.ACCEPTED}
    told = list(bisecting.carry([offer(n) for n in range(100, 180)]))
    assert [receipt.outcome for receipt in told] == [Outcome.REFUSED] * 80
    assert bisecting.trouble is None


@settings(deadline=None)
@given(batches(), st.integers(1, 40))
def test_it_breaks_down_meanwhile(batch: tuple[int, set[int]], at: int) -> None:
    """When the other side is lost between two halves, each still has one receipt, and who was not served is untouched or refused alone."""
    size, poison = batch
    far = FarSide(poison, breaks_at=at)
    told = list(Bisecting(far.request).carry([offer(n) for n in range(1, size + 1)]))
    assert sorted(receipt.delivery for receipt in told) == list(range(1, size + 1))
    assert sorted(receipt.delivery for receipt in told if receipt.outcome is Outcome.ACCEPTED) == sorted(far.served)
    assert {receipt.delivery for receipt in told if receipt.outcome is Outcome.REFUSED} <= poison
    assert far.requests <= at or not any(receipt.outcome is UNTOUCHED for receipt in told)


class Naming(FarSide):
    """Refuses like the other one, and says because of whom: by their places in the request."""

    def request(self, offers: Sequence[Offer]) -> list[Receipt] | Refusal:
        """The answer to one request."""
        answer = super().request(offers)
        if not isinstance(answer, Refusal):
            return answer
        named = {place: f"personalizations.{place}" for place, one in enumerate(offers) if one.delivery in self.poison}
        return Refusal("400", "Bad Request", named)


@settings(deadline=None)
@given(batches())
@example((1, {1}))
@example((1000, {1, 1000}))
def test_it_names_them(batch: tuple[int, set[int]]) -> None:
    """Those who are named are refused with what is said of each, all others are served once: in two requests, however many are named."""
    size, poison = batch
    far = Naming(poison)
    told = list(Bisecting(far.request).carry([offer(n) for n in range(1, size + 1)]))
    assert sorted(receipt.delivery for receipt in told) == list(range(1, size + 1))
    refused = {receipt.delivery: receipt.reason for receipt in told if receipt.outcome is Outcome.REFUSED}
    assert refused == {delivery: f"personalizations.{delivery - 1}" for delivery in poison}
    assert sorted(far.served) == sorted(set(range(1, size + 1)) - poison)
    assert far.requests <= 2


def test_it_names_somebody_who_is_not_there() -> None:
    """A place that no recipient has is no name: it goes in halves, and ends."""

    def confused(offers: Sequence[Offer]) -> list[Receipt] | Refusal:
        return Refusal("400", "Bad Request", {5000: "?"}) if len(offers) > 1 else [Receipt(offers[0].delivery, Outcome.ACCEPTED)]

    told = list(Bisecting(confused).carry([offer(n) for n in range(4)]))
    assert [receipt.outcome for receipt in told] == [Outcome.ACCEPTED] * 4


def test_in_the_shipped_double() -> None:
    """The memory transport with 200 in a request: one poisoned and one unreadable recipient of 200 cost at most 17 requests."""
    memory = Memory()
    memory.together(200)
    memory.poison("désirée@ijssel.test")
    batch = [offer(n) for n in range(198)] + [offer(198, "désirée@ijssel.test"), offer(199, message=Broken())]
    told = answers(memory, batch)
    assert {told[198].outcome, told[199].outcome} == {Outcome.REFUSED}
    assert (told[198].code, told[198].reason) == ("400", "Bad Request")
    assert sorted(kept.delivery for kept in memory.kept) == list(range(198))
    assert memory.requests <= 1 + 2 * ceil(log2(200))


def test_an_unreadable_message_is_no_poison() -> None:
    """A message that cannot be put together is refused by us, with our reason, before the request is made."""
    memory = Memory()
    memory.together(10)
    told = answers(memory, [offer(1), offer(2, message=Broken())])
    assert told[2].reason == "The picture logo.png is missing."
    assert memory.requests == 1
