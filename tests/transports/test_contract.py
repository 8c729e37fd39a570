"""What every transport promises, tried on each one that is found by its name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailings import seams
from mailings.errors import TransportError
from mailings.message import FLUSH, Offer, Outcome, Receipt
from mailings.plugins import transport_class, transport_names
from mailings.seams import Seam
from tests.transports.letters import Counted, answers
from tests.transports.stages import MODES, STAGES, Stage


@pytest.fixture(params=[*transport_names(), *MODES])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    """Each transport there is, with its far side."""
    with (STAGES | MODES)[request.param](tmp_path) as made:
        yield made


def test_every_transport_has_a_stage() -> None:
    """A transport that nobody tries cannot be added."""
    assert sorted(STAGES) == transport_names()


@pytest.mark.parametrize("name", transport_names())
def test_its_facts_stand_in_its_class(name: str) -> None:
    """A transport is named like its file and says which channels it serves and how many deliveries it likes at a time."""
    found = transport_class(name)
    assert found.name == name
    assert found.channels <= {"email", "sms", "document"}
    assert found.channels
    assert found.batch_size >= 1


def test_one_receipt_a_delivery(stage: Stage) -> None:
    """Each delivery gets exactly one receipt, and what is accepted is there, with its letters."""
    told = answers(stage.transport, stage.offers(250))
    assert sorted(told) == list(range(1, 251))
    assert {receipt.outcome for receipt in told.values()} == {Outcome.ACCEPTED}
    carried = stage.carried()
    assert len(carried) == 250
    assert all("Blåbærsyltetøy".encode() in c or b"Bl=C3=A5b=C3=A6rsyltet=C3=B8y" in c for c in carried)


def test_it_passes_the_seams(stage: Stage) -> None:
    """Nothing is on the far side before the seam of hand-over, and each answer passes its seam once the far side has the message."""
    passed: list[tuple[Seam, str, int]] = []

    def note(seam: Seam, side: str) -> None:
        passed.append((seam, side, len(stage.carried())))

    seams.watch(note)
    try:
        assert len(answers(stage.transport, stage.offers(3))) == 3
    finally:
        seams.unwatch(note)
    assert passed[0] == (Seam.HAND_OVER, "before", 0)
    begun = {side: sum((seam, at) == (Seam.HAND_OVER, side) for seam, at, _ in passed) for side in ("before", "after")}
    assert begun["before"] >= begun["after"] >= 1
    for side in ("before", "after"):
        carried = [count for seam, at, count in passed if (seam, at) == (Seam.ANSWER, side)]
        assert len(carried) == 3
        assert all(count > nth for nth, count in enumerate(carried))


def test_nothing_to_carry(stage: Stage) -> None:
    """No offers, no receipts, no harm; FLUSH alone needs no answer."""
    assert answers(stage.transport, []) == {}
    assert answers(stage.transport, [FLUSH, FLUSH]) == {}


def test_used_again(stage: Stage) -> None:
    """The same transport carries one portion after the other."""
    for portion in range(3):
        told = answers(stage.transport, [stage.offer(portion * 10 + n) for n in range(10)])
        assert {receipt.outcome for receipt in told.values()} == {Outcome.ACCEPTED}
    assert len(stage.carried()) == 30


def test_flush_answers_for_everything(stage: Stage) -> None:
    """When FLUSH comes among the offers, everything held is answered for before the next is asked for."""
    given = [stage.offer(n) if n % 7 else FLUSH for n in range(1, 60)]
    counted = Counted(given)
    for _ in stage.transport.send(iter(counted)):
        counted.answered += 1
    assert counted.held_at_flush == [0] * 8
    assert counted.answered == counted.asked == 51


def test_offers_are_pulled_as_they_are_carried(stage: Stage) -> None:
    """However many recipients there are, only a bounded number is held: memory stays flat."""
    many = max(1500, 2 * stage.transport.holds)
    counted = Counted(stage.offers(many))
    for _ in stage.transport.send(iter(counted)):
        counted.answered += 1
    assert counted.answered == many
    assert counted.most_held <= stage.transport.holds


def test_a_message_that_cannot_be_put_together(stage: Stage) -> None:
    """One message that cannot be put together is refused, with the reason, and stops nobody else."""
    told = answers(stage.transport, [stage.offer(1), stage.offer(2, message=stage.broken()), stage.offer(3)])
    assert told[2].outcome is Outcome.REFUSED
    assert told[2].reason == "The picture logo.png is missing."
    assert told[1].outcome is told[3].outcome is Outcome.ACCEPTED
    assert len(stage.carried()) == 2


def test_none_of_them_can_be_put_together(stage: Stage) -> None:
    """A template that works for nobody is refused for each, and the hand-over ends."""
    told = answers(stage.transport, [stage.offer(n, message=stage.broken()) for n in range(400)])
    assert {receipt.outcome for receipt in told.values()} == {Outcome.REFUSED}
    assert stage.carried() == []


def test_refused_and_later_and_unknown_are_told_apart(stage: Stage) -> None:
    """What the far side says of one address is that address's receipt and nobody else's."""
    can = {
        Outcome.REFUSED: stage.refuses("finnes.ikke@firma.test"),
        Outcome.TRY_LATER: stage.stalls("later@firma.test"),
        Outcome.UNKNOWN: stage.loses("verdwenen@firma.test"),
    }
    addresses = [None, "finnes.ikke@firma.test", "later@firma.test", "verdwenen@firma.test", None]
    told = answers(stage.transport, [stage.offer(number, address) for number, address in enumerate(addresses, 1)])
    assert {told[1].outcome, told[5].outcome} == {Outcome.ACCEPTED}
    for delivery, outcome in ((2, Outcome.REFUSED), (3, Outcome.TRY_LATER), (4, Outcome.UNKNOWN)):
        assert told[delivery].outcome is (outcome if can[outcome] else Outcome.ACCEPTED)
    if can[Outcome.REFUSED]:
        assert (told[2].code, (told[2].reason or "").rstrip(".")) == (stage.refusal, "User unknown")
    if can[Outcome.TRY_LATER]:
        assert told[3].code == stage.delay


def test_poison_is_refused_alone(stage: Stage) -> None:
    """Recipients because of whom whole requests are refused are found and refused alone; everybody else gets the message, once."""
    spoiled = "argang@xn--blbr-roah.test"  # blåbær.test
    poisoned = [stage.offer(n, spoiled if n in {3, 40, 41, 99} else None) for n in range(1, 121)]
    bad = {3, 40, 41, 99} if stage.poisons(spoiled) else set()
    told = answers(stage.transport, poisoned)
    assert {delivery for delivery, receipt in told.items() if receipt.outcome is Outcome.REFUSED} == bad
    assert {receipt.outcome for delivery, receipt in told.items() if delivery not in bad} == {Outcome.ACCEPTED}
    assert len(stage.carried()) == len(told) - len(bad)


def test_unreachable_before_the_first_offer_is_taken(stage: Stage) -> None:
    """A far side that cannot be reached is one error in one sentence, and no offer has been taken for it."""
    counted = Counted(stage.offers(10))
    transport = stage.unreachable()
    with pytest.raises(TransportError) as caught:
        list(transport.send(iter(counted)))
    assert counted.asked == 0
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")
    transport.close()


def test_trouble_later_on(stage: Stage) -> None:
    """When the far side breaks down, it stops asking, answers for what it holds as untouched, and ends; once it works again, so do we."""
    if not stage.breaks_down():
        pytest.skip("this far side does not break down")
    counted = Counted(stage.offers(2 * max(2500, stage.transport.holds)))
    outcomes = {receipt.delivery: receipt.outcome for receipt in stage.transport.send(iter(counted))}
    assert len(outcomes) == counted.asked <= max(49, stage.transport.holds)
    assert set(outcomes.values()) == {Outcome.UNTOUCHED}
    assert stage.carried() == []


def test_a_source_that_fails(stage: Stage) -> None:
    """When the offers themselves fail midway, all that was taken is answered for before the error is raised."""
    told: list[Receipt] = []
    with pytest.raises(ConnectionError):
        told.extend(stage.transport.send(_failing(stage.offers(20))))
    assert sorted(receipt.delivery for receipt in told) == list(range(1, 21))


def _failing(given: Iterator[Offer]) -> Iterator[Offer]:
    yield from given
    raise ConnectionError("the database went away")


def test_closing_twice(stage: Stage) -> None:
    """A transport may be closed twice, and used again afterwards."""
    answers(stage.transport, stage.offers(3))
    stage.transport.close()
    stage.transport.close()
    assert answers(stage.transport, [stage.offer(9)])[9].outcome is Outcome.ACCEPTED


def test_nobody_listens_any_more(stage: Stage) -> None:
    """A hand-over whose receipts are no longer taken ends, and the transport can be used again."""
    sending = stage.transport.send(stage.offers(5000))
    next(sending)
    sending.close()  # type: ignore[attr-defined]  # each is a generator
    assert answers(stage.transport, [stage.offer(6001)])[6001].outcome is Outcome.ACCEPTED
