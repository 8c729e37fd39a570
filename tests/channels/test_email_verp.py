"""Returned mail names its delivery by the address it comes to; nobody can make such an address but we."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailings.channels.email.verp import delivery_of, envelope_sender
from mailings.settings import Settings
from mailings.tokens import Tokens
from mailings.transports.smtp import Settings as SmtpSettings
from mailings.transports.smtp import Smtp
from tests.channels.made import SETTINGS, compiled, mailing, row
from tests.servers.mailbox import mailbox
from tests.transports.letters import answers

TOKENS = Tokens("a-secret-of-the-tests")
DELIVERIES = st.integers(min_value=1, max_value=2**63 - 1)


def sender(delivery: int, **given: object) -> str:
    """The envelope sender of a delivery, returned mail going to bounces@post.acme.test."""
    settings = SETTINGS.model_copy(update={"bounce_address": "bounces@post.acme.test", **given})
    named = envelope_sender(settings, TOKENS)
    assert named is not None
    return named(delivery)


@given(DELIVERIES, st.sampled_from([str, str.upper, str.title]))
def test_there_and_back(delivery: int, written: object) -> None:
    """An address leads back to its delivery, also where its letters were made large or small on the way, and fits an envelope."""
    address = sender(delivery)
    assert delivery_of(written(address), TOKENS) == delivery  # type: ignore[operator]
    assert len(address.partition("@")[0]) <= 64
    assert address.endswith("@post.acme.test")


@given(DELIVERIES, DELIVERIES, st.data())
def test_cut_changed_or_foreign(delivery: int, other: int, data: st.DataObject) -> None:
    """An address that was cut, changed in one place, or given another delivery's number is nobody's."""
    address = sender(delivery)
    local = address.partition("@")[0]
    place = data.draw(st.integers(local.index("+"), len(local) - 1))
    letter = data.draw(st.sampled_from("0123456789abcdef+-@").filter(lambda c: c != local[place]))
    cut = address[:place] + address[place + 1 :]
    for wrong in (cut, address[:place] + letter + address[place + 1 :], address[: len(local)], address[:place]):
        assert delivery_of(wrong, TOKENS) is None
    if other != delivery:
        assert delivery_of(address.replace(f"+{delivery:x}-", f"+{other:x}-"), TOKENS) is None


@given(st.text(max_size=80))
def test_rubbish(text: str) -> None:
    """Any text at all is a delivery's address or nobody's; nothing crashes."""
    assert delivery_of(text, TOKENS) is None
    assert delivery_of(f"bounces+1-{text}@post.acme.test", TOKENS) is None


def test_secrets_change() -> None:
    """After the secret is changed the old addresses hold, as long as it stands behind the new one."""
    address = sender(7)
    assert delivery_of(address, Tokens("a-new-one a-secret-of-the-tests")) == 7
    assert delivery_of(address, Tokens("a-new-one")) is None


@pytest.mark.parametrize(
    ("changes", "expected"), [({"bounce_verp": False}, "bounces"), ({"bounce_address": f"{'b' * 40}@x.test"}, "b" * 40)]
)
def test_plain(changes: dict[str, object], expected: str) -> None:
    """One address for all where that was asked for, and where the bounce address is too long to take a delivery's number."""
    assert sender(7, **changes).partition("@")[0] == expected


def test_letters_beyond_ascii() -> None:
    """The bounce address may be written with the domain's own letters; the envelope has it in ASCII."""
    address = sender(7, bounce_address="retur@fjordhøj.test")
    assert address.endswith("@" + "fjordhøj.test".encode("idna").decode())
    assert delivery_of(address, TOKENS) == 7


def test_over_the_wire() -> None:
    """A server is given a sender of its own for each delivery, and returned mail to it leads back."""
    settings = SETTINGS.model_copy(update={"bounce_address": "bounces@post.acme.test"})
    made = compiled(mailing(), settings=settings)
    with mailbox() as box:
        carried = Smtp(SmtpSettings(host="127.0.0.1", port=box.port, timeout=60, _env_file=None))
        offers = [made.offer(row(made, number, f"anna{number}@fjord.test", name="Désirée van der IJssel")) for number in (17, 18)]
        assert len(answers(carried, offers)) == 2
        carried.close()
        assert sorted(delivery_of(taken.sender, TOKENS) or 0 for taken in box.taken) == [17, 18]
        assert all(taken.sender.startswith("bounces+") for taken in box.taken)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [({}, "news@acme.test"), ({"bounce_address": "b@acme.test"}, "b+11-"), ({"bounce_verp": False}, "news@acme.test")],
)
def test_the_envelope_of_an_offer(given_: dict[str, object], expected: str) -> None:
    """An offer leaves with that sender; without a bounce address mail comes back to the From address."""
    settings = Settings(**(SETTINGS.model_dump() | given_))
    made = compiled(mailing(), settings=settings)
    offered = made.offer(row(made, 17, "åse@fjord.test", firstname="Åse"))
    assert offered.sender.startswith(expected)
    assert offered.sender.endswith("acme.test")
