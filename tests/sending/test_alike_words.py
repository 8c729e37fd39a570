"""Which refusals say the same, of whom they speak, and what is decided of those held back."""

from __future__ import annotations

import pytest

from mailings.message import Outcome, Receipt
from mailings.sending.alike import Alike, speaks_of_us, what_it_says
from mailings.sending.claims import Claimed
from mailings.sending.hand import Hand
from mailings.sending.known import Known


@pytest.mark.parametrize(
    ("code", "reason", "of_us"),
    [
        ("554 5.7.1", "Relay access denied", True),
        ("550", "Sender address rejected: not owned by user nyheter", True),
        ("550 5.7.60", "SMTP; Client does not have permissions to send as this sender", True),
        ("553 5.1.8", "Sender address rejected: Domain not found", True),
        ("530 5.7.0", "Must issue a STARTTLS command first", True),
        ("535 5.7.8", "Authentication credentials invalid", True),
        ("550", "relay not permitted", True),
        ("552 5.3.4", "The message has 12,000,000 bytes; the server takes at most 10,240,000.", True),
        ("550 5.1.1", "Ukjent bruker", False),
        ("550 5.1.10", "RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", False),
        ("552 5.2.2", "The email account that you tried to reach is over quota", False),
        ("550", "No such user here", False),
        ("550", "Requested action not taken: mailbox unavailable", False),
        (None, "The picture logo.png is missing.", False),
    ],
)
def test_of_whom_a_refusal_speaks(code: str | None, reason: str, of_us: bool) -> None:
    """X.1 and X.2 speak of the addressee, but X.1.7 and X.1.8 of the sender (RFC 3463); a bare 550 is read by its words."""
    assert speaks_of_us(Receipt(1, Outcome.REFUSED, code, reason)) is of_us


def test_the_same_words() -> None:
    """Addresses, server names, numbers and ids make no difference; other words do."""
    one = Receipt(1, Outcome.REFUSED, "554 5.7.1", "<désirée@ijssel.test>: Relay access denied by mx1.relay.test [192.0.2.7] 4XyZ12")
    two = Receipt(2, Outcome.REFUSED, "554 5.7.1", "<åse@fjord.test>: Relay access denied by mx2.relay.test [192.0.2.9] 9AbC77")
    other = Receipt(3, Outcome.REFUSED, "554 5.7.1", "<åse@fjord.test>: Message rejected as spam")
    assert what_it_says(one) == what_it_says(two) != what_it_says(other)


def test_an_acceptance_after_the_verdict() -> None:
    """Lines work side by side: where somebody is accepted after twenty refusals, there is no outage any more."""
    hand = Hand(Alike(lambda _held: Known(sending=True, accepted=False)))
    hand.offered = {n: Claimed(n, 1, 0) for n in range(21)}
    for n in range(20):
        hand.answered(Receipt(n, Outcome.REFUSED, "554 5.7.1", "Relay access denied"))
    assert hand.outage is not None
    assert hand.counts == {Outcome.UNTOUCHED: 20}
    hand.answered(Receipt(20, Outcome.ACCEPTED))
    assert hand.outage is None


def test_words_that_never_agree() -> None:
    """Of a hundred refusals of which no twenty agree, all are taken at their word: memory stays bounded."""
    hand = Hand(Alike(lambda _held: Known(sending=True, accepted=False)))
    letters = "abcdefghij"
    hand.offered = {n: Claimed(n, 1, 0) for n in range(100)}
    for n in range(100):
        hand.answered(Receipt(n, Outcome.REFUSED, "554 5.7.1", letters[n // 10] + letters[n % 10]))
    assert hand.outage is None
    assert hand.counts == {Outcome.REFUSED: 100}
