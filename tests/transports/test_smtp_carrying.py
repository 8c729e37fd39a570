"""What becomes of each letter when a server misbehaves: nobody twice, nobody lost, and no recipient pays for another."""

from __future__ import annotations

from collections import Counter

import pytest

from mailings.message import Outcome
from mailings.transports.smtp import Settings, Smtp
from tests.servers.mailbox import FULL, HANG_UP, SILENCE, Mailbox, mailbox
from tests.transports.letters import Counted, Written, answers, offer, offers
from tests.transports.patience import only_for, until

NO_PIPELINING = tuple(word for word in FULL if word != "PIPELINING")


def _smtp(box: Mailbox, connections: int = 4) -> Smtp:
    return Smtp(Settings(host="127.0.0.1", port=box.port, connections=connections, timeout=60, _env_file=None))


def _received(box: Mailbox) -> Counter[str]:
    return Counter(taken.recipient for taken in box.taken)


@pytest.mark.parametrize("words", [FULL, NO_PIPELINING, ()])
def test_each_recipient_gets_the_own_answer(words: tuple[str, ...]) -> None:
    """Refused at the sender, at the recipient, at DATA or at the end, for good or for now: only that letter, whatever the server can do."""
    with mailbox(offers=words) as box:
        box.told = {
            "RCPT TO:<nei@firma.test>": "550 5.1.1 User unknown",
            "RCPT TO:<full@firma.test>": "452-4.2.2 The mailbox of Åse\r\n452 4.2.2 is full",
            "END spam@firma.test": "554 5.7.1 Looks like spam",
            "END treg@firma.test": "451 Try again",
        }
        odd = ["nei@firma.test", "full@firma.test", "spam@firma.test", "treg@firma.test"]
        told = answers(_smtp(box), [offer(n, odd[n] if n < 4 else None) for n in range(60)])
        assert [(told[n].outcome, told[n].code, told[n].reason) for n in range(4)] == [
            (Outcome.REFUSED, "550 5.1.1", "User unknown"),
            (Outcome.TRY_LATER, "452 4.2.2", "The mailbox of Åse is full"),
            (Outcome.REFUSED, "554 5.7.1", "Looks like spam"),
            (Outcome.TRY_LATER, "451", "Try again"),
        ]
        assert {told[n].outcome for n in range(4, 60)} == {Outcome.ACCEPTED}
        assert told[5].provider_id == "4XyZ1"
        assert set(_received(box).values()) == {1}
        assert len(box.taken) == 56


@pytest.mark.parametrize("words", [FULL, NO_PIPELINING])
def test_data_refused(words: tuple[str, ...]) -> None:
    """A server that takes the recipient but not DATA refuses that letter, and the envelope is cleared before the next."""
    with mailbox(offers=words, told={"DATA": "451 4.3.0 No room"}) as box:
        told = answers(_smtp(box), offers(20))
        assert {(r.outcome, r.code) for r in told.values()} == {(Outcome.TRY_LATER, "451 4.3.0")}
        assert box.bodies == 0


def test_a_server_that_takes_data_for_nobody() -> None:
    """Where DATA is answered 354 though the recipient was refused, a lone dot goes over, never a message (RFC 2920, 3.1)."""
    with mailbox(told={"RCPT TO:<nei@firma.test>": "550 5.1.1 no", "DATA": "354 go ahead"}) as box:
        told = answers(_smtp(box, connections=1), [offer(1), offer(2, "nei@firma.test"), offer(3)])
        assert [told[n].outcome for n in (1, 2, 3)] == [Outcome.ACCEPTED, Outcome.REFUSED, Outcome.ACCEPTED]
        assert len(box.taken) == 2


@pytest.mark.parametrize("what", [HANG_UP, SILENCE, "421 Shutting down", "what?"])
@pytest.mark.parametrize("words", [FULL, NO_PIPELINING])
def test_no_answer_to_a_whole_message(words: tuple[str, ...], what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message the server has, and never answered for, is unknown and is not sent again; the others all arrive once."""
    with mailbox(offers=words, told={"END borte@firma.test": what}) as box:
        transport = only_for(box, _smtp(box), monkeypatch)
        told = answers(transport, [offer(n, "borte@firma.test" if n == 20 else None) for n in range(60)])
        assert told[20].outcome is Outcome.UNKNOWN
        assert {receipt.outcome for n, receipt in told.items() if n != 20} == {Outcome.ACCEPTED}
        assert Counter(box.commands)["END borte@firma.test"] == 1
        assert set(_received(box).values()) == {1}


def test_a_later_with_an_enhanced_code_is_an_answer() -> None:
    """421 4.7.28 to the end of a message speaks of that message: it was not taken, so it may be tried later."""
    with mailbox(told={"END fort@firma.test": "421 4.7.28 Too many of these from you"}) as box:
        told = answers(_smtp(box), [offer(n, "fort@firma.test" if n == 3 else None) for n in range(20)])
        assert (told[3].outcome, told[3].code) == (Outcome.TRY_LATER, "421 4.7.28")
        assert Counter(receipt.outcome for receipt in told.values())[Outcome.ACCEPTED] == 19


@pytest.mark.parametrize("what", [HANG_UP, SILENCE, "421 4.3.0 Goodbye", "what?"])
@pytest.mark.parametrize("command", ["MAIL FROM:<gift@", "RCPT TO:<gift@"])
def test_a_letter_that_brings_lines_down(command: str, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that makes the server drop the line costs two lines and is tried later; nobody else is lost, doubled or in doubt."""
    with mailbox(told={command: what}) as box:
        given = [offer(n) for n in range(60)]
        given[20] = type(given[20])(20, "gift@firma.test", "gift@avsender.test", Written())
        told = answers(only_for(box, _smtp(box), monkeypatch), given)
        assert told[20].outcome is Outcome.TRY_LATER
        assert {receipt.outcome for n, receipt in told.items() if n != 20} == {Outcome.ACCEPTED}
        assert set(_received(box).values()) == {1}
        assert sum(line.startswith(command) for line in box.commands) == 2


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("what", [HANG_UP, "421 4.3.2 Goodbye"])
def test_a_server_that_always_hangs_up(command: str, what: str) -> None:
    """A server that drops every line before it takes anything is given up after a few: all is untouched, nothing more is asked for."""
    with mailbox(told={command: what}) as box:
        counted = Counted(offers(1000))
        told = {receipt.delivery: receipt for receipt in _smtp(box).send(iter(counted))}
        assert len(told) == counted.asked <= 20
        assert {receipt.outcome for receipt in told.values()} == {Outcome.UNTOUCHED}
        assert all(receipt.reason for receipt in told.values())
        assert box.connections <= 12


def test_every_answer_lost() -> None:
    """Where every message is taken and every answer lost, we stop after a few and say so; what was not begun is untouched."""
    with mailbox(told={"END": HANG_UP}) as box:
        told = answers(_smtp(box), offers(1000))
        counts = Counter(receipt.outcome for receipt in told.values())
        assert set(counts) <= {Outcome.UNKNOWN, Outcome.UNTOUCHED}
        assert counts[Outcome.UNKNOWN] == box.bodies <= 12


def test_so_many_messages_a_connection() -> None:
    """A server that closes after three messages gets its mail over new lines, each message once."""
    with mailbox(per_connection=3) as box:
        told = answers(_smtp(box), offers(100))
        assert {receipt.outcome for receipt in told.values()} == {Outcome.ACCEPTED}
        assert set(_received(box).values()) == {1}
        assert len(box.taken) == 100
        assert box.connections >= 33


def test_fewer_connections_than_we_would_like() -> None:
    """Lines beyond what the settings allow are never opened."""
    with mailbox() as box:
        answers(_smtp(box, connections=3), offers(300))
        until(lambda: box.most_at_once > 1)  # the server may take a further line later than all that goes over the first
        assert box.most_at_once <= 3


def test_a_server_that_allows_few_connections() -> None:
    """Where the server sends further lines away, the mail goes over those it lets us have."""
    with mailbox(at_once=2) as box:
        told = answers(_smtp(box, connections=10), offers(300))
        assert {receipt.outcome for receipt in told.values()} == {Outcome.ACCEPTED}
        assert len(box.taken) == 300
        assert box.connections < 20


def test_not_let_in() -> None:
    """Where the server wants a login first, nobody is refused for it: all is untouched with the server's words."""
    with mailbox(told={"MAIL": "530 5.7.0 Authentication required"}) as box:
        told = answers(_smtp(box), offers(100))
        assert {receipt.outcome for receipt in told.values()} == {Outcome.UNTOUCHED}
        assert "530 5.7.0" in {receipt.code for receipt in told.values()}
        assert len(told) < 30
