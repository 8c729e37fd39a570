"""SMTP against Postfix's smtp-sink in each of its moods."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from mailings.errors import TransportError, TryLater
from mailings.message import Outcome
from mailings.transports.smtp import Settings, Smtp
from tests.servers.sink import open_folder, program, sink
from tests.transports.letters import Counted, answers, offers

pytestmark = pytest.mark.skipif(program("smtp-sink") is None, reason="smtp-sink is not installed (Debian: postfix): its moods are left out")


def _smtp(port: int, timeout: float = 60, connections: int = 10) -> Smtp:
    return Smtp(Settings(host="127.0.0.1", port=port, timeout=timeout, connections=connections, _env_file=None))


@pytest.mark.parametrize("flags", [(), ("-p",), ("-8",), ("-e",), ("-P",), ("-p", "-8", "-E"), ("-W", ".:1:50")])
def test_it_takes_everything(flags: tuple[str, ...]) -> None:
    """Whatever it can or cannot do, and however slow it is, every recipient's message is in its dump once."""
    with open_folder() as folder, sink(*flags, dump=folder / "dump") as server:
        transport = _smtp(server.port)
        told = answers(transport, offers(60))
        transport.close()
        assert {receipt.outcome for receipt in told.values()} == {Outcome.ACCEPTED}
        dumped = Counter(re.findall(r"X-Rcpt-Args: <(.*?)>", server.dumped()))
        assert dumped == {f"anna{n}@firma.test": 1 for n in range(1, 61)}


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize(("flag", "reply", "outcome"), [("-r", "451 4.7.1 try later", "try_later"), ("-f", "550 5.1.1 unknown", "refused")])
def test_it_refuses(command: str, flag: str, reply: str, outcome: str) -> None:
    """4xx is try_later and 5xx refused with its code, at whichever command, for each recipient."""
    with sink(flag, command, "-b" if flag == "-r" else "-B", reply) as server:
        told = answers(_smtp(server.port), offers(40))
        assert len(told) == 40
        assert {(r.outcome.value, r.code, r.reason) for r in told.values()} == {(outcome, reply[:9], reply[10:])}


@pytest.mark.parametrize("flag", ["-q", "-Q"])
@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_it_always_hangs_up(flag: str, command: str) -> None:
    """A server that drops each line before a body is given up: everything untouched, and soon."""
    with sink(flag, command) as server:
        counted = Counted(offers(1000))
        told = {receipt.delivery: receipt.outcome for receipt in _smtp(server.port).send(iter(counted))}
        assert set(told.values()) == {Outcome.UNTOUCHED}
        assert len(told) == counted.asked <= 30


def test_it_hangs_up_after_the_message() -> None:
    """A line dropped after a whole message leaves it unknown; after a few of those it is given up."""
    with sink("-q", ".") as server:
        told = Counter(receipt.outcome for receipt in answers(_smtp(server.port), offers(1000)).values())
        assert 1 <= told[Outcome.UNKNOWN] <= 20
        assert set(told) <= {Outcome.UNKNOWN, Outcome.UNTOUCHED}


@pytest.mark.parametrize("flags", [("-q", "CONNECT"), ("-Q", "CONNECT"), ("-r", "CONNECT"), ("-q", "EHLO"), ("-W", "CONNECT:9")])
def test_it_does_not_let_us_in(flags: tuple[str, ...]) -> None:
    """A server that sends us away, or says nothing, before the first letter is one error that may pass by itself; no offer was taken."""
    counted = Counted(offers(3))
    with sink(*flags) as server, pytest.raises(TryLater):
        list(_smtp(server.port, timeout=0.5).send(iter(counted)))
    assert counted.asked == 0


def test_it_refuses_us_for_good() -> None:
    """A 5xx greeting is for a person to mend."""
    with sink("-f", "CONNECT") as server, pytest.raises(TransportError, match="500"):
        list(_smtp(server.port).send(offers(3)))


def test_it_dies_in_the_middle() -> None:
    """A server killed while it takes messages: each delivery has one receipt, and what it never answered for is unknown or untouched."""
    told = {}
    with sink("-W", ".:1:99") as server:
        sending = _smtp(server.port).send(offers(500))
        for receipt in sending:
            told[receipt.delivery] = receipt.outcome
            if len(told) == 100:
                server.kill()
    counts = Counter(told.values())
    assert counts[Outcome.ACCEPTED] >= 100
    assert set(counts) <= {Outcome.ACCEPTED, Outcome.UNKNOWN, Outcome.UNTOUCHED}
    assert len(told) < 200
