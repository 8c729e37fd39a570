"""Tokens: what is signed is read back; nothing else is believed."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailings.errors import Misconfigured, Untrusted
from mailings.tokens import Kind, Token, Tokens, dynamic_address, of_day, of_minute, of_preview

KINDS = st.sampled_from(list(Kind))
DELIVERIES = st.integers(min_value=0, max_value=2**63 - 1)
TOKENS = Tokens("a-secret-of-the-tests")


@given(KINDS, DELIVERIES, st.text(max_size=40))
def test_what_was_signed_is_read_back(kind: Kind, delivery: int, url: str) -> None:
    """A token gives back exactly the delivery it was made for, whatever URL it is bound to."""
    assert TOKENS.read(kind, TOKENS.sign(kind, delivery, url), url) == Token(kind, delivery)


@given(KINDS, KINDS, DELIVERIES)
def test_one_kind_never_serves_as_another(kind: Kind, other: Kind, delivery: int) -> None:
    """An open token does not unsubscribe anybody, and so on for every pair of kinds."""
    if kind is not other:
        with pytest.raises(Untrusted):
            TOKENS.read(other, TOKENS.sign(kind, delivery))


@given(KINDS, DELIVERIES, st.data())
def test_a_changed_or_cut_token_is_refused(kind: Kind, delivery: int, data: st.DataObject) -> None:
    """Changing any one character, or cutting any number off either end, makes a token worthless."""
    good = TOKENS.sign(kind, delivery)
    place = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.characters().filter(lambda c: c != good[place]))
    for wrong in (good[:place] + other + good[place + 1 :], good[:place], good[place + 1 :], good + other):
        with pytest.raises(Untrusted):
            TOKENS.read(kind, wrong)


@given(KINDS, st.text(max_size=60))
def test_rubbish_is_refused(kind: Kind, text: str) -> None:
    """Any text at all is either a token or Untrusted; nothing crashes."""
    with pytest.raises(Untrusted):
        TOKENS.read(kind, text)


@given(DELIVERIES, st.text(min_size=1, max_size=30), st.text(max_size=30))
def test_a_dynamic_link_leads_only_where_it_was_signed_for(delivery: int, url: str, other: str) -> None:
    """A token bound to one URL does not hold for another: the public door is no open redirect."""
    signed = TOKENS.sign(Kind.DYNAMIC, delivery, url)
    if other != url:
        with pytest.raises(Untrusted):
            TOKENS.read(Kind.DYNAMIC, signed, other)


@given(KINDS, DELIVERIES)
def test_another_secret_believes_nothing(kind: Kind, delivery: int) -> None:
    """A token of another installation is refused."""
    with pytest.raises(Untrusted):
        Tokens("another secret"[8:]).read(kind, TOKENS.sign(kind, delivery))


@given(DELIVERIES)
def test_secrets_may_be_rotated(delivery: int) -> None:
    """With a new secret in front, old links keep working and new ones are signed with the new secret alone."""
    both = Tokens("newer a-secret-of-the-tests")
    assert both.read(Kind.CLICK, TOKENS.sign(Kind.CLICK, delivery)).delivery == delivery
    with pytest.raises(Untrusted):
        TOKENS.read(Kind.CLICK, both.sign(Kind.CLICK, delivery))


def test_preferences_carry_their_day_and_previews_carry_no_delivery() -> None:
    """The preferences page learns how old its link is; a preview's token names the mailing and no delivery (D22)."""
    assert TOKENS.read(Kind.PREFERENCES, TOKENS.sign(Kind.PREFERENCES, of_day(7, 20_000))) == Token(Kind.PREFERENCES, 7, None, 20_000)
    preview = TOKENS.sign(Kind.PREFERENCES, of_day(of_preview(3), 20_000))
    assert TOKENS.read(Kind.PREFERENCES, preview) == Token(Kind.PREFERENCES, None, 3, 20_000)


def test_confirming_carries_its_minute() -> None:
    """The page that confirms a sign-up learns how many minutes old its link is, and nothing about days (domain.md J.4)."""
    token = TOKENS.read(Kind.CONFIRM, TOKENS.sign(Kind.CONFIRM, of_minute(7, 29_800_000)))
    assert (token.delivery, token.minute, token.day) == (7, 29_800_000, None)


def test_the_address_of_a_dynamic_link_is_plain_ascii() -> None:
    """Nordic letters, & and = of a target are quoted, so that nothing of it leaks into our own query."""
    address = dynamic_address("https://post.test", TOKENS, 1, "https://smørås.test/?a=1&b=æ")
    assert address.isascii()
    assert address.endswith("?u=https%3A%2F%2Fsm%C3%B8r%C3%A5s.test%2F%3Fa%3D1%26b%3D%C3%A6")


def test_no_secret_is_said_plainly() -> None:
    """An empty MAILINGS_SECRET is one sentence, not a crash at the first recipient."""
    with pytest.raises(Misconfigured, match="MAILINGS_SECRET"):
        Tokens("  ")


@given(DELIVERIES, st.text(min_size=1, max_size=300))
def test_the_signature_is_hmac_sha256(delivery: int, url: str) -> None:
    """What is signed is plain HMAC-SHA256, as Python's own library makes it: an auditor can check a link without our code."""
    master = sha256(b"mailings token a-secret-of-the-tests").digest()
    key = hmac.digest(master, b"kind " + Kind.DYNAMIC.encode(), "sha256")
    signed = f"{delivery:x}\n{url}".encode("utf-8", "surrogatepass")
    expected = urlsafe_b64encode(hmac.digest(key, signed, "sha256")[:12]).decode()
    assert TOKENS.sign(Kind.DYNAMIC, delivery, url).endswith(expected)
