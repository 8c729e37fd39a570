"""SendGrid's statistics and activity feed: read whole, added up, translated as the webhook's words are; what cannot be read says why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailings.errors import MailingsError, Misconfigured, TryLater, Unreadable
from mailings.reported import BounceKind, EventKind
from mailings.transports.sendgrid.activity import SOURCE, Undelivered, events_of, request_of, undelivered
from mailings.transports.sendgrid.asking import Questions
from mailings.transports.sendgrid.statistics import MADE_OF, counted
from tests.doubles.saying import HANGS_UP, Says
from tests.doubles.sendgrid import Double, says, sendgrid
from tests.doubles.sendgrid_statistics import METRICS

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
NUMBER = "00000000000001.dfd.64b469.filter0001.16648.5515E0B88.0"


@pytest.fixture
def double() -> Iterator[Double]:
    """SendGrid on loopback."""
    with sendgrid() as double:
        yield double


def message(number: str = NUMBER, address: str = "åse@fjord.test", after: timedelta = timedelta(), **event: Any) -> dict[str, Any]:
    """A message that bounced, as the feed tells of it."""
    at = (NOW + after).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = {"event_name": "bounced", "processed": at, "reason": "550 5.1.1 ukjent", "bounce_type": "hard"} | event
    about = {"msg_id": number, "to_email": address, "status": "not_delivered", "last_event_time": at, "from_email": "a@b.test"}
    return about | {"events": [told], "unique_args": '{"mailings_delivery": "7.0123456789ab"}'}


def test_numbers_are_added_up(double: Double) -> None:
    """Days are added up for each category, ten categories to a question; theirs that mean the same to us are one number."""
    names = [f"høst-{n}" for n in range(23)]
    double.stats = {name: {"2026-11-19": {"requests": 5, "delivered": 3}, "2026-11-21": {"delivered": 1, "blocks": 1}} for name in names}
    double.stats["høst-3"]["2026-11-20"] = dict.fromkeys(METRICS, 1)
    with Questions(double.settings()) as questions:
        found = counted(questions, names, NOW - timedelta(days=2), NOW)
    assert list(found) == names
    assert {word: n for word, n in found["høst-0"].items() if n} == {"taken": 5, "delivered": 4, "bounced": 1}
    assert found["høst-3"] - found["høst-0"] == {word: len(made) for word, made in MADE_OF.items()}
    assert double.questions == ["categories/stats"] * 3


def test_bounces_of_the_feed(double: Double) -> None:
    """Messages not delivered between two moments are listed; an event is read as the webhook's, and the same again each time."""
    double.activity = [message(), message("x.recvd-1", after=timedelta(days=-9)), message() | {"status": "delivered", "msg_id": "d"}]
    with Questions(double.settings()) as questions:
        (found,) = undelivered(questions, NOW - timedelta(days=7), NOW)
        (report,) = events_of(questions, found)
        assert events_of(questions, found) == [report]
    assert found == Undelivered(NUMBER, "00000000000001.dfd.64b469", "åse@fjord.test")
    assert (report.kind, report.bounce, report.code, report.at) == (EventKind.BOUNCED, BounceKind.HARD, "550 5.1.1", NOW)
    assert (report.delivery, report.mark, report.provider_id) == (7, "0123456789ab", "00000000000001.dfd.64b469")
    assert SOURCE == "sendgrid activity"


@pytest.mark.parametrize(
    ("event", "kind", "bounce"),
    [
        ({"bounce_type": "soft"}, EventKind.BOUNCED, BounceKind.POLICY),
        ({"event_name": "dropped", "reason": "Bounced Address"}, EventKind.DROPPED, BounceKind.INVALID),
        ({"event_name": "spam_report"}, EventKind.COMPLAINED, None),
        ({"event_name": "clicked", "url": "https://fjord.test/"}, EventKind.CLICKED, None),
        ({"event_name": "levitated"}, EventKind.OTHER, None),
        ({"event_name": None, "processed": "yesterday", "reason": {"a": 1}}, EventKind.OTHER, None),
    ],
)
def test_words_of_the_feed(double: Double, event: dict[str, Any], kind: EventKind, bounce: BounceKind | None) -> None:
    """Every word of the feed is a kind we know, or kept as another; broken ones too."""
    double.activity = [message(**event)]
    with Questions(double.settings()) as questions:
        (report,) = events_of(questions, Undelivered(NUMBER, "r", "åse@fjord.test"))
    assert (report.kind, report.bounce) == (kind, bounce)


@pytest.mark.parametrize(("number", "request_id"), [(NUMBER, "00000000000001.dfd.64b469"), ("Ab-c_1.recvd-7f.2.0", "Ab-c_1"), ("", "")])
def test_whose_message(number: str, request_id: str) -> None:
    """The request's id is what stands before the machine, in old and new numbers."""
    assert request_of(number) == request_id


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (says(401, "no"), Misconfigured, "Category Stats"),
        (says(403, "no"), Misconfigured, "Category Stats"),
        (says(500, "oops"), TryLater, "500"),
        (HANGS_UP, TryLater, "statistics"),
        (Says(200, b"<html>"), Unreadable, "nothing that could be read"),
        (says(429, "too many", Retry_After="900"), TryLater, "wait"),
    ],
)
def test_what_cannot_be_read(double: Double, answer: Says, error: type[MailingsError], words: str) -> None:
    """Each trouble is a sentence of its own, without the key; a strange shape counts nothing."""
    double.next_list.append(answer)
    with Questions(double.settings()) as questions:
        with pytest.raises(error, match=words) as raised:
            counted(questions, ["høst"], NOW, NOW)
        assert "SG." not in str(raised.value)
        double.next_list.append(Says(200, b'[1, {"stats": [2, {"name": "h\\u00f8st", "metrics": {"delivered": "x", "requests": -1}}]}]'))
        assert not any(counted(questions, ["høst"], NOW, NOW)["høst"].values())


def test_asked_again(double: Double) -> None:
    """Where SendGrid wants a moment it gets it, and is asked again; a feed that was not bought is one sentence about that."""
    double.stats = {"høst": {"2026-11-21": {"delivered": 1}}}
    double.next_list.append(says(429, "too many", Retry_After="1"))
    with Questions(double.settings()) as questions:
        assert counted(questions, ["høst"], NOW, NOW)["høst"]["delivered"] == 1
        with pytest.raises(Misconfigured, match="has to be bought"):
            undelivered(questions, NOW, NOW)
