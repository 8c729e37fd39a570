"""SendGrid's events in our words: every kind it knows, every bounce judged, nothing strange lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mailings import clock
from mailings.errors import Unreadable, Untrusted
from mailings.reported import BounceKind as B
from mailings.reported import EventKind as K
from mailings.reported import Hook
from mailings.transports.sendgrid import Sendgrid
from mailings.transports.sendgrid.reports import report_of, reports_of
from mailings.transports.sendgrid.settings import Settings
from tests.doubles.sendgrid_events import Webhook, body_of

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def read(**entry: Any) -> Any:
    """One event as a report."""
    return report_of({"email": "åse@fjord.test", "timestamp": 1795251600, **entry})


def test_every_published_event(test_data: Path) -> None:
    """SendGrid's own examples are read: the kind each names, a time of its day, its words and its address; none is lost."""
    entries = json.loads((test_data / "webhooks" / "events.json").read_text(encoding="utf-8"))
    reports = [report_of(entry) for entry in entries]
    words = {entry["event"].lower(): report.kind for entry, report in zip(entries, reports, strict=True)}
    assert words == {
        "processed": K.PROCESSED, "deferred": K.DEFERRED, "delivered": K.DELIVERED, "open": K.OPENED, "click": K.CLICKED,
        "bounce": K.BOUNCED, "dropped": K.DROPPED, "spamreport": K.COMPLAINED, "unsubscribe": K.UNSUBSCRIBED,
        "group_unsubscribe": K.UNSUBSCRIBED, "group_resubscribe": K.RESUBSCRIBED,
    }  # fmt: skip
    for entry, report in zip(entries, reports, strict=True):
        assert report.address == entry["email"]
        assert report.original == {name: value for name, value in entry.items() if name != "ip"}  # whoever reads it, from where is not kept
        seconds = float(entry["timestamp"])
        assert report.at.timestamp() == pytest.approx(seconds / 1000 if seconds > 1e11 else seconds)


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"type": "bounce", "bounce_classification": "Invalid Address", "status": "5.1.1"}, B.INVALID),
        ({"type": "bounce", "bounce_classification": "Mailbox Unavailable", "status": "5.2.1"}, B.HARD),
        ({"type": "bounce", "bounce_classification": "Mailbox Unavailable", "status": "5.2.2"}, B.SOFT),
        ({"type": "bounce", "bounce_classification": "Mailbox Unavailable", "status": "4.2.2"}, B.SOFT),
        ({"type": "bounce", "bounce_classification": "Content", "status": "5.7.1"}, B.POLICY),
        ({"type": "bounce", "bounce_classification": "Reputation"}, B.POLICY),
        ({"type": "bounce", "bounce_classification": "Frequency or Volume Too High"}, B.POLICY),
        ({"type": "bounce", "bounce_classification": "Technical Failure"}, B.POLICY),
        ({"type": "bounce", "bounce_classification": "Unclassified", "status": "5.0.0"}, B.HARD),
        ({"type": "bounce", "bounce_classification": "a class of next year", "status": "5.0.0"}, B.HARD),
        ({"reason": "500 unknown recipient", "status": "5.0.0"}, B.HARD),
        ({"reason": "452 4.2.2 mailbox full"}, B.SOFT),
        ({"type": "blocked", "bounce_classification": "Invalid Address", "status": "5.1.1"}, B.POLICY),
        ({"type": "blocked", "status": "5.2.2"}, B.POLICY),
    ],
    ids=str,
)
def test_bounces(facts: dict[str, str], kind: B) -> None:
    """Only an invalid address is blamed for good; what was blocked, or refused for content or reputation, never blames it (D7)."""
    assert read(event="bounce", **facts).bounce is kind


@pytest.mark.parametrize(
    ("reason", "bounce", "also"),
    [
        ("Bounced Address", B.INVALID, None),
        ("Invalid", B.INVALID, None),
        ("Spam Reporting Address", None, K.COMPLAINED),
        ("Unsubscribed Address", None, K.UNSUBSCRIBED),
        ("Invalid SMTPAPI header", None, None),
        ("Spam Content", None, None),
        ("Recipient List over Package Quota", None, None),
    ],
)
def test_dropped(reason: str, bounce: B | None, also: K | None) -> None:
    """Why SendGrid did not even try says something of the address, or only of the message."""
    found = read(event="dropped", reason=reason)
    assert (found.kind, found.bounce, found.also, found.reason) == (K.DROPPED, bounce, also, reason)


def test_whose_it_is() -> None:
    """Our own argument names the delivery and the mark it went out under; what is cut, foreign or missing names none."""
    assert (read(event="open", mailings_delivery="17.0123456789ab").delivery, read(event="open").delivery) == (17, None)
    for wrong in (
        "17",
        "17.",
        ".0123456789ab",
        "17.0123456789AB",
        "x.0123456789ab",
        "9" * 19 + ".0123456789ab",
        17,
        ["17"],
        None,
        "１.0123456789ab",
    ):
        found = read(event="open", mailings_delivery=wrong)
        assert (found.delivery, found.mark) == (None, None), wrong


def test_the_same_told_again() -> None:
    """Another id of SendGrid's makes no other event; another moment, link or attempt does."""
    first = read(event="click", sg_event_id="a", url="https://x.test", url_offset={"index": 1, "type": "html"})
    again = read(event="click", sg_event_id="b", url="https://x.test", url_offset={"type": "html", "index": 1}, useragent="x")
    assert (first.content_key == again.content_key, first.provider_key, again.provider_key) == (True, "a", "b")
    others = [read(event="click", url="https://y.test"), read(event="deferred", attempt="1"), read(event="deferred", attempt="2")]
    assert len({report.content_key for report in (first, *others)}) == 4


@pytest.mark.parametrize("stamp", [1795251600, "1795251600", 1795251600.0, 1795251600000, "1795251600000"], ids=str)
def test_times(stamp: object) -> None:
    """Seconds and milliseconds, as numbers and as texts, are the same moment."""
    assert read(event="open", timestamp=stamp).at == NOW


@pytest.mark.parametrize("stamp", [None, "", "soon", -1, 1e300, float("nan"), True, [], "9" * 400], ids=str)
def test_no_time(stamp: object) -> None:
    """What names no time happened when we heard of it."""
    with clock.standing_at(NOW):
        assert read(event="open", timestamp=stamp).at == NOW


@pytest.mark.parametrize(
    "entry", [None, 3, "text", [1, {"a": "b\x00"}], {}, {"event": "account_status_change"}, {"event": ["open"]}], ids=str
)
def test_strange_entries_are_kept(entry: object) -> None:
    """A word we do not know, and what is no object at all, is kept as `other`; two different ones are two."""
    found = report_of(entry)
    assert found.kind is K.OTHER
    assert "\x00" not in json.dumps(found.original)
    assert found.original == (entry if isinstance(entry, dict) else {"value": [1, {"a": "b"}] if isinstance(entry, list) else entry})
    assert found.content_key != report_of({"event": "other", "n": 1}).content_key


def test_sane_lengths() -> None:
    """Nothing is longer than it may be, deeper than six levels or of signs no database takes."""
    deep: Any = "deep"
    for _ in range(500):
        deep = {"x\x00": deep}
    found = read(
        event="bounce",
        reason="ø" * 9000,
        useragent="a\x00" * 9000,
        url="u" * 9000,
        sg_event_id="i" * 9000,
        deep=deep,
        many=list(range(5000)),
        big=10**400,
        half="\ud800x",
    )
    assert (len(found.reason), len(found.agent), len(found.url), len(found.provider_key)) == (400, 1024, 2000, 200)
    kept = json.dumps(found.original)
    assert len(kept) < 20_000
    assert not {"\\u0000", "\\ud800"} & {kept[n : n + 6] for n in range(len(kept))}


def test_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """The transport reads a whole signed request in its order, refuses a forged one, and says when it is no list."""
    webhook = Webhook()
    monkeypatch.setenv("MAILINGS_SENDGRID_WEBHOOK_KEY", webhook.public_key)
    body = body_of([{"event": "open", "email": "désirée@ijssel.test"}, {"event": "click", "email": "<åse>"}])

    def headers(body: bytes) -> dict[str, str]:
        """Signed, in small letters."""
        return {name.lower(): value for name, value in webhook.signed(body).items()}

    assert [(one.kind, one.address) for one in Sendgrid.reports(Hook("", headers(body), body))] == [
        (K.OPENED, "désirée@ijssel.test"),
        (K.CLICKED, "<åse>"),
    ]
    with pytest.raises(Untrusted):
        Sendgrid.reports(Hook("", headers(body), body + b"\n"))
    for wrong in (b"{}", b"[1", b"", b"[" * 200_000):
        with pytest.raises(Unreadable):
            reports_of(headers(wrong), wrong, Settings(webhook_key=webhook.public_key))
