"""The conversation without a socket: what is said when, byte for byte."""

from __future__ import annotations

from mailings.message import Outcome, Receipt
from mailings.transports.smtp.conversation import ROOM, Conversation, Step
from mailings.transports.smtp.letters import Letter, put_together
from mailings.transports.smtp.opening import Offered
from mailings.transports.smtp.replies import Replies
from tests.transports.letters import Written, offer

PIPELINED = Offered(pipelining=True, eight_bit=True)


def _letter(number: int, offered: Offered = PIPELINED) -> Letter:
    made = put_together(offer(number, f"a{number}@b.test", Written("Hei", "S")), offered)
    assert isinstance(made, Letter)
    return made


def _said(talk: Conversation) -> bytes:
    words, talk.outgoing = b"".join(talk.outgoing), []
    return words


def _hears(talk: Conversation, *lines: bytes) -> bytes:
    for reply in Replies().feed(b"".join(line + b"\r\n" for line in lines)):
        talk.receive(reply)
    return _said(talk)


def _envelope(number: int) -> bytes:
    return f"MAIL FROM:<nyheter@avsender.test> BODY=8BITMIME\r\nRCPT TO:<a{number}@b.test>\r\nDATA\r\n".encode()


def test_the_next_envelope_leaves_behind_a_body() -> None:
    """Where commands are pipelined an envelope is one write, and the next one leaves with the body before it."""
    talk = Conversation(PIPELINED)
    first, second = _letter(1), _letter(2)
    talk.take(first)
    assert _said(talk) == _envelope(1)
    talk.take(second)
    assert _said(talk) == b""
    assert not first.begun
    assert _hears(talk, b"250 ok", b"250 ok", b"354 go") == first.body + b".\r\n" + _envelope(2)
    assert first.begun
    assert not second.begun
    assert talk.expects is Step.END
    assert _hears(talk, b"250 2.0.0 Ok: queued as AB12", b"250 ok", b"250 ok", b"354 go") == second.body + b".\r\n"
    assert talk.receipts == [Receipt(1, Outcome.ACCEPTED, provider_id="AB12")]
    assert talk.unanswered() == [second]


def test_one_command_at_a_time() -> None:
    """Where commands are not pipelined each waits for the answer to the one before."""
    talk = Conversation(Offered(eight_bit=True))
    letter = _letter(1)
    talk.take(letter)
    talk.take(_letter(2))
    assert _said(talk) == letter.mail
    assert _hears(talk, b"250 ok") == letter.rcpt
    assert _hears(talk, b"250 ok") == b"DATA\r\n"
    assert _hears(talk, b"354 go") == letter.body + b".\r\n"
    assert _hears(talk, b"250 ok") == _letter(2).mail
    assert _hears(talk, b"550 5.7.1 not you") == b""
    assert [(r.delivery, r.outcome, r.code) for r in talk.receipts] == [(1, Outcome.ACCEPTED, None), (2, Outcome.REFUSED, "550 5.7.1")]


def test_a_refused_envelope_is_cleared() -> None:
    """After a refused recipient RSET goes ahead of the next envelope, in the same write."""
    talk = Conversation(PIPELINED)
    talk.take(_letter(1))
    talk.take(_letter(2))
    _said(talk)
    assert _hears(talk, b"250 ok", b"550-5.1.1 Ukjent", b"550 5.1.1 bruker", b"503 5.5.1 no recipients") == b"RSET\r\n" + _envelope(2)
    assert talk.receipts == [Receipt(1, Outcome.REFUSED, "550 5.1.1", "Ukjent bruker")]


def test_it_holds_three_letters() -> None:
    """One being taken, one whose envelope is said, one put together meanwhile; no more."""
    talk = Conversation(PIPELINED)
    for number in range(ROOM):
        assert talk.room
        talk.take(_letter(number))
    assert not talk.room
    assert talk.held == ROOM
    assert talk.held_bytes == sum(len(letter.body) for letter in talk.unanswered())
