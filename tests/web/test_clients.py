"""Who asks, seen through proxies: only a trusted one is believed, and only about who came to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailings.errors import Unreadable
from web.clients import Clients, counted_as

DEFAULT = Clients("127.0.0.1,::1")


def seen(clients: Clients, peer: str | None, *forwarded: str) -> str:
    """The client of a request from `peer` with these X-Forwarded-For headers."""
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    return clients.of({"type": "http", "client": (peer, 1) if peer else None, "headers": headers})


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", (), "203.0.113.7"),
        ("203.0.113.7", ("198.51.100.1",), "203.0.113.7"),  # a stranger may say what he likes
        ("127.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("::1", ("2001:db8::1",), "2001:db8::1"),
        ("::ffff:127.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        (None, ("198.51.100.1",), "198.51.100.1"),  # a Unix socket
        ("127.0.0.1", ("10.9.9.9, 198.51.100.1",), "198.51.100.1"),  # what the client wrote stands left of what nginx adds
        ("127.0.0.1", ("127.0.0.1, 198.51.100.1",), "198.51.100.1"),
        ("127.0.0.1", ("10.9.9.9", "198.51.100.1"), "198.51.100.1"),  # two headers are one list
        ("127.0.0.1", ("198.51.100.1:4711",), "198.51.100.1"),
        ("127.0.0.1", ("[2001:db8::1]:4711",), "2001:db8::1"),
        ("127.0.0.1", ("fe80::1%eth0",), "fe80::1"),
        ("127.0.0.1", ("198.51.100.1, rubbish",), ""),  # nothing left of rubbish is believed
        ("127.0.0.1", (), ""),
        ("127.0.0.1", ("127.0.0.1",), ""),
        ("127.0.0.1", ("",), ""),
    ],
)
def test_the_client_is_the_last_address_that_is_no_proxy(peer: str | None, forwarded: tuple[str, ...], client: str) -> None:
    """The right-most untrusted address is the client; without one the request is this machine's own."""
    assert seen(DEFAULT, peer, *forwarded) == client


def test_networks_of_proxies_can_be_trusted() -> None:
    """A load balancer in a network that is trusted is looked through, also behind nginx."""
    clients = Clients("127.0.0.1, 10.0.0.0/8, 2001:db8:1::/48")
    assert seen(clients, "127.0.0.1", "198.51.100.1, 10.1.2.3") == "198.51.100.1"
    assert seen(clients, "10.1.2.3", "198.51.100.1, 2001:db8:1::5") == "198.51.100.1"


def test_proxies_that_are_no_addresses_are_one_sentence() -> None:
    """A name instead of an address is said with the setting's name, and nothing is trusted silently."""
    with pytest.raises(Unreadable, match=r"^MAILINGS_TRUSTED_PROXIES cannot be read: .*nginx"):
        Clients("127.0.0.1, nginx")


@given(
    st.sampled_from(["127.0.0.1", "203.0.113.7", None]),
    st.lists(st.text(alphabet=st.characters(max_codepoint=255), max_size=60), max_size=3),
)
def test_any_header_at_all_gives_an_address_or_none(peer: str | None, forwarded: list[str]) -> None:
    """Whatever stands in the header, the client is an address as Python writes it, or empty; never the text that came."""
    client = seen(DEFAULT, peer, *forwarded)
    assert not client or counted_as(client)


def test_an_ipv6_subscriber_is_one_client() -> None:
    """All addresses of a /64 are counted as one: a subscriber has 2^64 of them."""
    assert counted_as("2001:db8::1") == counted_as("2001:db8::ffff:1")
    assert counted_as("2001:db8::1") != counted_as("2001:db8:0:1::1")
    assert counted_as("198.51.100.1") != counted_as("198.51.100.2")
