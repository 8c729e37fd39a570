"""What a letter looks like on the wire: its size, its letters, its dots, its addresses."""

from __future__ import annotations

from email import message_from_bytes

import pytest

from mailings.message import Outcome
from mailings.transports.smtp import Settings, Smtp
from tests.servers.mailbox import FULL, Mailbox, mailbox
from tests.transports.letters import SENDER, Counted, Written, answers, offer, offers


def _smtp(box: Mailbox, connections: int = 4, timeout: float = 60) -> Smtp:
    return Smtp(Settings(host="127.0.0.1", port=box.port, connections=connections, timeout=timeout, _env_file=None))


def test_too_large() -> None:
    """A message over the server's limit is refused by us with both numbers; smaller ones go."""
    with mailbox(offers=("PIPELINING", "SIZE 5000")) as box:
        told = answers(_smtp(box), [offer(1), offer(2, message=Written("x" * 6000))])
        assert (told[2].outcome, told[2].code) == (Outcome.REFUSED, "552 5.3.4")
        assert "5,000" in (told[2].reason or "")
        assert told[1].outcome is Outcome.ACCEPTED
        assert " SIZE=" in box.taken[0].mail


def test_letters_as_they_are() -> None:
    """Where the server takes 8 bits a message goes as it is, with BODY=8BITMIME; elsewhere quoted-printable. Both read the same."""
    for words in (FULL, ("PIPELINING",)):
        with mailbox(offers=words) as box:
            answers(_smtp(box), offers(1))
            (taken,) = box.taken
            assert ("BODY=8BITMIME" in taken.mail) == (words == FULL) == ("ø".encode() in taken.content)
            assert "Blåbærsyltetøy" in message_from_bytes(taken.content).get_payload(decode=True).decode()  # type: ignore[union-attr]


@pytest.mark.parametrize("text", [".", "..", ".\r\n.", "a\r\n.b\r\n..c\r\n.", "x\r\n" * 20_000 + ".\r\n" * 1000])
def test_dots_arrive_as_written(text: str) -> None:
    """Lines beginning with dots, or of one dot alone, arrive as they were written and end nothing."""
    with mailbox() as box:
        answers(_smtp(box), [offer(1, message=Written(text)), offer(2)])
        assert Written(text).mime(eight_bit=True) in [taken.content for taken in box.taken]
        assert len(box.taken) == 2


def test_addresses_beyond_ascii() -> None:
    """A local part with letters beyond ASCII goes where SMTPUTF8 is offered, and is refused with the reason elsewhere."""
    with mailbox() as box:
        assert answers(_smtp(box), [offer(1, "bjørn@firma.test")])[1].outcome is Outcome.ACCEPTED
        assert box.taken[0].recipient == "bjørn@firma.test"
        assert "SMTPUTF8" in box.taken[0].mail
    with mailbox(offers=("PIPELINING",)) as box:
        assert answers(_smtp(box), [offer(1, "bjørn@firma.test")])[1].code == "553 5.6.7"


@pytest.mark.parametrize("address", ["a@b.test>\r\nRCPT TO:<eve@evil.test", "no-at-sign", "a b@firma.test", "<a@firma.test", ""])
def test_no_commands_in_addresses(address: str) -> None:
    """An address that could smuggle a command in is refused alone and never said to the server."""
    with mailbox() as box:
        given = [offer(1), type(offer(2))(2, address, SENDER, Written()), offer(3)]
        told = answers(_smtp(box), given)
        assert [told[n].outcome for n in (1, 2, 3)] == [Outcome.ACCEPTED, Outcome.REFUSED, Outcome.ACCEPTED]
        assert not any("evil" in command for command in box.commands)


def test_large_messages_do_not_fill_the_memory() -> None:
    """With messages of 10 MB at most 32 MB are held, however many lines there are, and all arrive."""
    with mailbox(offers=("PIPELINING", "8BITMIME")) as box:
        counted = Counted([offer(n, message=Written("x" * 70 + "\r\n" * 1 + "y" * 10_000_000)) for n in range(12)])
        told = []
        for receipt in _smtp(box, connections=10, timeout=60).send(iter(counted)):
            told.append(receipt.outcome)
            counted.answered += 1
        assert set(told) == {Outcome.ACCEPTED}
        assert counted.most_held <= 7
