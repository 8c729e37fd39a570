"""What the example of docs/how-to/add-a-transport.md shows beside the contract: being slowed down, losing answers, being told."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import orjson
import pytest

from mailings.errors import Misconfigured, TryLater, Unreadable, Untrusted
from mailings.message import FORGEABLE, Outcome
from mailings.reported import BounceKind, BounceWhy, EventKind, Hook, Report
from tests.doubles.acme import acme
from tests.doubles.saying import LOSES, Says
from tests.transports.acme_stage import OnAcme, paged
from tests.transports.letters import answers, offers

KEY = "nøkkel"


@pytest.fixture
def stage() -> Iterator[OnAcme]:
    """Acme, and the lines that carry to it."""
    with acme() as double:
        made = OnAcme(double)
        yield made
        made.transport.close()


def test_told_to_slow_down(stage: OnAcme) -> None:
    """429: nobody in the request was taken, nothing more is asked for, and the next hand-over says how long to wait."""
    stage.double.always = Says(429, b"{}", {"Retry-After": "40"})
    told = answers(stage.transport, offers(200))
    assert {(receipt.outcome, receipt.code) for receipt in told.values()} == {(Outcome.TRY_LATER, "429")}
    assert len(told) == 50
    with pytest.raises(TryLater, match="asks us to wait for") as raised:
        answers(stage.transport, offers(1))
    assert 30 < (raised.value.after or 0) <= 40


@pytest.mark.parametrize("said", [LOSES, Says(502, b"<p>Bad gateway</p>", takes=True), Says(200, b'{"results": []}', takes=True)])
def test_what_acme_may_have_is_in_doubt(stage: OnAcme, said: Says) -> None:
    """A lost answer, a failure, a yes that answers for nobody: Acme may have the one request, and no other follows it."""
    stage.double.always = said
    told = answers(stage.transport, offers(200))
    assert {receipt.outcome for receipt in told.values()} == {Outcome.UNKNOWN}
    assert sorted(told) == list(range(1, 51))
    assert len(stage.double.taken) == 50


def test_what_is_missing() -> None:
    """The demo's secret and a missing key are told before anything is sent."""
    problems = paged().Acme(paged().Settings(_env_file=None)).problems()
    assert problems == [FORGEABLE.format(name="acme"), "MAILINGS_ACME_KEY is not set; copy it from Acme's page of keys."]


def test_a_reference_comes_back(stage: OnAcme, monkeypatch: pytest.MonkeyPatch) -> None:
    """What went along with a message names its delivery and its mailing's mark when something is told of it."""
    answers(stage.transport, offers(1))
    (taken,) = stage.double.taken
    (told,) = reported(monkeypatch, [{"event": "delivered", "reference": taken["reference"], "at": 1_790_000_000}])
    assert (told.kind, told.delivery, told.mark) == (EventKind.DELIVERED, 1, "0123456789ab")
    assert told.at.timestamp() == 1_790_000_000


def test_what_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mailbox that is not there is the address's fault, another reason is not for good; what is strange is kept as it came."""
    gone = {"event": "bounced", "code": "no_such_mailbox", "detail": "550 5.1.1 ukjent mottaker Åse", "ip": "192.0.2.7"}
    first, again, full, complaint, strange, none = reported(
        monkeypatch, [gone, gone, {"event": "bounced", "code": "full"}, {"event": "complaint"}, {"event": "ny", "at": -7}, "?"]
    )
    assert (first.bounce, first.bounce_why) == (BounceKind.INVALID, BounceWhy.MAILBOX)
    assert (full.bounce, full.bounce_why) == (BounceKind.SOFT, BounceWhy.UNKNOWN)
    assert first.content_key == again.content_key != full.content_key
    assert "ip" not in first.original
    assert [one.kind for one in (complaint, strange, none)] == [EventKind.COMPLAINED, EventKind.OTHER, EventKind.OTHER]
    assert paged().Acme.blames("no_such_mailbox") == (BounceKind.INVALID, BounceWhy.MAILBOX, None)
    assert paged().Acme.blames("full") is None


def test_nothing_forged_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key nothing is believed; with one, only what it signed, and only a list."""
    with pytest.raises(Misconfigured, match="MAILINGS_ACME_WEBHOOK_KEY"):
        paged().Acme.reports(Hook("https://post.test/hooks/acme", {}, b"[]"))
    monkeypatch.setenv("MAILINGS_ACME_WEBHOOK_KEY", KEY)
    for headers in ({}, {"x-acme-signature": "é"}, {"x-acme-signature": signature(b"[1]")}):
        with pytest.raises(Untrusted):
            paged().Acme.reports(Hook("https://post.test/hooks/acme", headers, b"[]"))
    for body in (b"{}", b"[", b'"x"'):
        with pytest.raises(Unreadable):
            paged().Acme.reports(Hook("https://post.test/hooks/acme", {"x-acme-signature": signature(body)}, body))


def reported(monkeypatch: pytest.MonkeyPatch, events: list[Any]) -> list[Report]:
    """What a signed request with these events tells."""
    monkeypatch.setenv("MAILINGS_ACME_WEBHOOK_KEY", KEY)
    body = orjson.dumps(events)
    told: list[Report] = paged().Acme.reports(Hook("https://post.test/hooks/acme", {"x-acme-signature": signature(body)}, body))
    return told


def signature(body: bytes) -> str:
    """Acme's signature over a body."""
    return hmac.new(KEY.encode(), body, sha256).hexdigest()
