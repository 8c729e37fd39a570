"""Lines that the server closes while nothing is said: they are replaced, and nobody is lost or doubled for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from mailings.message import FLUSH, Offer, Outcome
from mailings.transports.smtp import Settings, Smtp
from tests.servers.mailbox import SILENCE, Mailbox, mailbox
from tests.transports.letters import answers, offer, offers
from tests.transports.patience import until


def _smtp(box: Mailbox) -> Smtp:
    return Smtp(Settings(host="127.0.0.1", port=box.port, connections=4, timeout=60, _env_file=None))


@pytest.mark.parametrize("weary", [False, True])
def test_lines_closed_while_idle(weary: bool) -> None:
    """Lines the server closed between two portions are replaced, and every message of the next portion arrives once."""
    with mailbox() as box:
        transport = _smtp(box)
        for portion in range(3):
            told = answers(transport, [offer(portion * 100 + n) for n in range(40)])
            assert {receipt.outcome for receipt in told.values()} == {Outcome.ACCEPTED}
            if weary:
                box.weary()
        assert len(box.taken) == 120
        assert set(Counter(taken.recipient for taken in box.taken).values()) == {1}
        assert box.connections >= (3 if weary else 1)  # each portion begins on a line of its own


def test_lines_closed_while_the_source_waits() -> None:
    """Lines the server closed while no offer might leave are replaced too: what was said over them provably began nothing."""

    def wearily() -> Iterator[Offer | None]:
        for portion in range(3):
            yield from (offer(portion * 100 + n) for n in range(40))
            yield FLUSH
            box.weary()

    with mailbox() as box:
        told = answers(_smtp(box), wearily())
        assert {receipt.outcome for receipt in told.values()} == {Outcome.ACCEPTED}
        assert len(box.taken) == len(told) == 120
        assert box.connections >= 3


def test_a_line_closed_while_it_opened_and_the_source_waited() -> None:
    """A line that was still opening when the source paused, and was closed meanwhile, says nothing of the server: a new one is opened."""

    def wearily() -> Iterator[Offer | None]:
        yield from offers(40)
        yield FLUSH
        until(lambda: bool(box.silent))  # the server knows of the line
        box.weary()
        yield from (offer(100 + n) for n in range(40))

    with mailbox(told={"CONNECT": ["220 mailbox.test ESMTP", SILENCE, "220 mailbox.test ESMTP"]}) as box:
        assert {receipt.outcome for receipt in answers(_smtp(box), wearily()).values()} == {Outcome.ACCEPTED}
        assert len(box.taken) == 80
