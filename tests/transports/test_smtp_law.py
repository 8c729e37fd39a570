"""The law of the hand-over on a server that misbehaves at random: nobody twice, nobody lost."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from mailings.message import FLUSH, Offer, Outcome
from mailings.transports.smtp import Settings, Smtp
from tests.examples import tried
from tests.servers.mailbox import FULL, HANG_UP, mailbox
from tests.transports.letters import Broken, Counted, answers, offer

DEEDS = st.sampled_from(
    [HANG_UP, "421 Bye", "421 4.7.0 Too fast", "450 4.2.1 later", "451 later", "550 5.1.1 no", "552 5.2.2 full", "what?", "354 what"]
)
PLACES = st.sampled_from(["RCPT TO:<anna{}@", "RCPT TO:<anna{}@", "END anna{}@"])
WORDS = st.sampled_from([FULL, FULL, FULL, tuple(word for word in FULL if word != "PIPELINING"), ()])


@settings(max_examples=tried(60), deadline=None)
@given(
    words=WORDS,
    deeds=st.dictionaries(st.tuples(PLACES, st.integers(1, 60)), DEEDS, max_size=20),
    broken=st.sets(st.integers(1, 60), max_size=3),
    flushes=st.sets(st.integers(1, 60), max_size=4),
    per_connection=st.sampled_from([None, None, 1, 2, 7]),
    at_once=st.sampled_from([None, None, 1, 2]),
    connections=st.integers(1, 6),
)
def test_each_delivery_once(
    *,
    words: tuple[str, ...],
    deeds: dict[tuple[str, int], str],
    broken: set[int],
    flushes: set[int],
    per_connection: int | None,
    at_once: int | None,
    connections: int,
) -> None:
    """Whatever the server does with whom: one receipt each; accepted = there once; anything but accepted or unknown = never there."""
    given_offers: list[Offer | None] = []
    for number in range(1, 61):
        given_offers += [FLUSH] if number in flushes else []
        given_offers.append(offer(number, message=Broken() if number in broken else None))
    told, counted = {place.format(number): deed for (place, number), deed in deeds.items()}, Counted(given_offers)
    with mailbox(offers=words, told=told, per_connection=per_connection, at_once=at_once) as box:
        transport = Smtp(Settings(host="127.0.0.1", port=box.port, connections=connections, timeout=60, _env_file=None))
        receipts = answers(transport, counted)
        transport.close()
        taken = Counter(taken.recipient for taken in box.taken)
        bodies = Counter(command for command in box.commands if command.startswith("END anna"))
    assert max(taken.values(), default=0) <= 1
    assert max(bodies.values(), default=0) <= 1
    for number, receipt in receipts.items():
        there = taken[f"anna{number}@firma.test"]
        assert there == 1 if receipt.outcome is Outcome.ACCEPTED else there == 0 or receipt.outcome is Outcome.UNKNOWN
        if receipt.outcome is Outcome.UNTOUCHED:
            assert not bodies[f"END anna{number}@firma.test"]
    assert len(receipts) == counted.asked
    # one that sends lines away may send away the last, at a moment when no offer is in hand
    assert counted.asked == 60 or at_once or any(receipt.outcome is Outcome.UNTOUCHED for receipt in receipts.values())
