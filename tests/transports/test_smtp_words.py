"""No server's words can break the law of one receipt, open a line by mistake, or fill the memory."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from mailings.errors import TransportError, Unreadable
from mailings.message import Outcome
from mailings.transports.smtp.conversation import Conversation
from mailings.transports.smtp.letters import Letter, put_together
from mailings.transports.smtp.opening import Offered, Opening
from mailings.transports.smtp.replies import Replies, Reply
from mailings.transports.smtp.returns import Returns
from mailings.transports.smtp.settings import Settings
from tests.examples import tried
from tests.transports.letters import Written, offer


def _letter(number: int, offered: Offered) -> Letter:
    made = put_together(offer(number, f"a{number}@b.test", Written("Hei", "S")), offered)
    assert isinstance(made, Letter)
    return made


def _said(talk: Conversation) -> bytes:
    words, talk.outgoing = b"".join(talk.outgoing), []
    return words


REPLY = st.builds(
    lambda code, dash, words: b"%d%s%s\r\n" % (code, dash, words),
    st.sampled_from(
        [220, 235, 250, 250, 250, 250, 251, 252, 334, 354, 354, 354, 421, 450, 451, 452, 500, 503, 530, 535, 550, 552, 554, 999]
    ),
    st.sampled_from([b" ", b" ", b" ", b"-", b""]),
    st.sampled_from(
        [
            b"",
            b"ok",
            b"2.1.0 ok",
            b"5.1.1 no",
            b"4.7.0 later",
            b"PIPELINING",
            b"SIZE 99999999999999999999999",
            b"AUTH LOGIN",
            "Øl".encode(),
            b"\xff\x00",
        ]
    ),
)
STREAM = st.lists(st.one_of(REPLY, REPLY, REPLY, REPLY, st.binary(max_size=20)), max_size=80)


@settings(max_examples=tried(600), deadline=None)
@given(stream=STREAM, pipelining=st.booleans(), cuts=st.integers(1, 40), letters=st.integers(1, 12))
def test_any_server_gets_each_letter_one_receipt(stream: list[bytes], pipelining: bool, cuts: int, letters: int) -> None:
    """Whatever bytes a server sends, cut wherever, and then hangs up: each letter ends with exactly one receipt or comes back unbegun."""
    talk, replies, waiting = Conversation(Offered(pipelining=pipelining)), Replies(), [_letter(n, Offered()) for n in range(letters)]
    sent = b"".join(stream)
    taken: list[Letter] = []
    wrote = b""
    with suppress(TransportError, Unreadable):
        for at in range(0, len(sent) + cuts, cuts):
            while waiting and talk.room:
                taken.append(waiting.pop())
                talk.take(taken[-1])
            for reply in replies.feed(sent[at : at + cuts]):
                talk.receive(reply)
            wrote += _said(talk)
            if replies.garbage is not None:
                raise replies.garbage
    wrote += _said(talk)
    open_letters = talk.unanswered()
    returns = Returns()
    receipts = talk.receipts + returns.take_back(open_letters, "lost", worn=False) + returns.give_up("lost")
    assert sorted(receipt.delivery for receipt in receipts) == sorted(letter.offer.delivery for letter in taken)
    for letter in taken:  # a body is on the wire once if it was begun, else never
        assert wrote.count(b"RCPT TO:<%s>" % letter.offer.address.encode()) <= 1
    assert wrote.count(_letter(0, Offered()).body) == sum(letter.begun for letter in taken)
    for receipt in receipts:
        begun = next(letter.begun for letter in taken if letter.offer.delivery == receipt.delivery)
        assert begun or receipt.outcome not in {Outcome.ACCEPTED, Outcome.UNKNOWN}
        assert not begun or receipt.outcome is not Outcome.UNTOUCHED


@settings(max_examples=tried(400), deadline=None)
@given(stream=STREAM, tls=st.sampled_from(["auto", "none", "starttls"]), local=st.booleans(), login=st.booleans())
def test_any_greeting_ends_well_or_in_a_sentence(stream: list[bytes], tls: str, local: bool, login: bool) -> None:
    """Whatever bytes a server greets us with, the line opens or there is one TransportError; the password is said to nobody unencrypted."""
    words = {"user": "bjørn", "password": "hemmelig"} if login else {}
    talk = Opening(Settings(tls=tls, _env_file=None, **words), "[127.0.0.1]", local).talk()  # type: ignore[arg-type]  # hypothesis' strings
    replies, said, secure = Replies(), [next(talk)], False
    ended: object = None
    try:
        for reply in replies.feed(b"".join(stream)):
            said.append(talk.send(reply))
            if said[-1] is None:
                secure = True
                said.append(next(talk))
            assert secure or local or not (said[-1] or b"").startswith(b"AUTH")
    except StopIteration as done:
        ended = done.value
    except TransportError as error:
        ended = error
    assert ended is None or isinstance(ended, Offered | TransportError)
    assert "hemmelig" not in str(ended)


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(1, 20))
def test_replies_are_the_same_however_they_are_cut(stream: bytes, cut: int) -> None:
    """How the network cuts the bytes changes no reply."""
    whole, piecewise = Replies(), Replies()
    at_once = whole.feed(stream)
    pieces: list[Reply] = []
    for at in range(0, len(stream), cut):
        if piecewise.garbage is None:
            pieces += piecewise.feed(stream[at : at + cut])
    assert pieces == at_once


def test_a_reply_without_end() -> None:
    """A reply that never ends is not collected for ever."""
    replies = Replies()
    for _ in range(10_000):
        replies.feed(b"250-" + b"x" * 60 + b"\r\n")
        if replies.garbage:
            break
    assert replies.garbage is not None
    endless = Replies()
    endless.feed(b"2" * 100_000)
    assert endless.garbage is not None


def test_reasons_are_one_clean_line() -> None:
    """A server's words come as one line without control characters, and not longer than anybody reads."""
    reply = Reply(550, b"5.1.1 No\x1b[31m such\n5.1.1 user   " + "ø".encode() * 1000)
    assert reply.reason.startswith("No [31m such user øø")
    assert len(reply.reason) == 400
    assert reply.full_code == "550 5.1.1"
    assert Reply(550, b"4.1.1 odd").full_code == "550"
