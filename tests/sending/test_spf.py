"""SPF look-ups, against a real DNS server of the tests' own."""

from __future__ import annotations

import socket
import time

import dns.rcode
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailings.sending.dns.spf import Answer, Spf, judged, look_up
from tests.examples import tried
from tests.sending.nameserver import name_server

ROMAN = '"v=spf1 include:_spf.provider.no ip4:192.0.2.0/24 ip6:2001:db8::/32 a mx -all"'
RECORDS = {
    "romerike.no": [ROMAN],
    "bærum.no".encode("idna").decode(): ['"v=spf1 mx ~all"'],
    "split.no": ['"v=spf1 include:_spf.pro" "vider.no ~all"'],
    "other.no": ['"google-site-verification=x"', '"V=SPF1 a -ALL"'],
    "none.no": [],
    "words.no": ['"v=spf10 -all"', '"hello"'],
    "twice.no": ['"v=spf1 a -all"', '"v=spf1 mx -all"'],
    "torn.no": ['"v=spf1 includes:x -all"'],
}


def only(domain: str, dns_server: str | None, limit: float = 60.0) -> Answer:
    """The one answer for one domain."""
    (answer,) = look_up([domain], dns_server, limit)
    return answer


@pytest.mark.parametrize("domain", ["romerike.no", "bærum.no".encode("idna").decode(), "split.no", "other.no"])
def test_valid(domain: str) -> None:
    """One readable record is valid: also split into strings, in capitals, beside other TXT records, and under a domain with æ."""
    with name_server(RECORDS) as server:
        assert only(domain, server.address) == Answer(domain, Spf.VALID)


@pytest.mark.parametrize(
    ("domain", "says"),
    [
        ("none.no", "no SPF record"),
        ("words.no", "no SPF record"),
        ("twice.no", "2 SPF records"),
        ("torn.no", "'includes:x'"),
        ("missing.no", "does not exist"),
    ],
)
def test_wrong(domain: str, says: str) -> None:
    """No record, several, an unreadable one and a missing domain are each told apart in a sentence naming the domain."""
    with name_server(RECORDS) as server:
        answer = only(domain, server.address)
    assert answer.spf is Spf.WRONG
    assert domain in answer.sentence
    assert says in answer.sentence
    assert "The domain søn.test has no" in judged("xn--sn-lka.test", []).sentence  # as people write it


@pytest.mark.parametrize("domain", ["acme.test", "news.example", "Localhost", "a.invalid."])
def test_reserved_names_are_never_asked(domain: str) -> None:
    """A reserved name is not looked up: the server is never asked, and nothing is said (D29)."""
    with name_server(RECORDS) as server:
        assert only(domain, server.address) == Answer(domain, Spf.RESERVED)
        assert server.asked == []


def test_a_server_that_never_answers() -> None:
    """Silence is UNKNOWN after the limit, for all domains together, and says so."""
    with name_server(RECORDS, silent=True) as server:
        before = time.monotonic()
        answers = look_up([f"firma{n}.no" for n in range(60)], server.address, limit=1.0)
        took = time.monotonic() - before
    assert [a.spf for a in answers] == [Spf.UNKNOWN] * 60
    assert took < 30  # a second for each would be a minute
    assert "could not be looked up" in answers[0].sentence


def test_a_server_that_fails() -> None:
    """SERVFAIL is no statement about the domain: UNKNOWN."""
    with name_server(RECORDS, rcode=dns.rcode.SERVFAIL) as server:
        assert only("romerike.no", server.address, limit=1.0).spf is Spf.UNKNOWN


def test_nobody_there() -> None:
    """A port where nobody listens is UNKNOWN within the limit."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.bind(("127.0.0.1", 0))
        ours.connect(("127.0.0.1", 9))  # it hears nobody else, and nobody else can come to listen at its port
        before = time.monotonic()
        answers = look_up([f"firma{n}.no" for n in range(60)], f"127.0.0.1:{ours.getsockname()[1]}", limit=1.0)
    assert {answer.spf for answer in answers} == {Spf.UNKNOWN}
    assert time.monotonic() - before < 30  # a second for each would be a minute


@pytest.mark.parametrize("setting", ["dns.acme.test", "127.0.0.1:x", "[::1", "127.0.0.1:99999999"])
def test_a_wrong_setting(setting: str) -> None:
    """A MAILINGS_DNS that is no address is UNKNOWN with the setting's name, not an error."""
    answer = only("romerike.no", setting, limit=0.5)
    assert answer.spf is Spf.UNKNOWN
    assert answer.sentence


@settings(max_examples=tried(60), deadline=None)
@given(domain=st.text(max_size=80) | st.from_regex(r"[a-zø.\-]{1,70}", fullmatch=True))
def test_never_raises(domain: str) -> None:
    """Whatever a domain holds, there is one answer for it and no exception."""
    with name_server(RECORDS) as server:
        assert only(domain, server.address, limit=0.2).domain == domain
