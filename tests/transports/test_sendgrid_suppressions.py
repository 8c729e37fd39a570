"""SendGrid's lists are read whole, at the pace it asks for, and what cannot be read says why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from mailings.errors import MailingsError, Misconfigured, TryLater, Unreadable
from mailings.reported import BounceKind, EventKind
from mailings.transports.sendgrid.suppressions import LISTS, Suppressions, report_of
from tests.doubles.saying import HANGS_UP, Says
from tests.doubles.sendgrid import Double, says, sendgrid

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def double() -> Iterator[Double]:
    """SendGrid with 501 entries on each list."""
    with sendgrid() as double:
        created = int(NOW.timestamp()) - 60
        double.suppressions = {kind: [{"created": created - n, "email": f"nr{n}@fjord.test"} for n in range(501)] for kind in LISTS}
        yield double


def read(double: Double, kind: str = "bounces", since: datetime | None = None) -> list[int]:
    """How many entries each page of a list had."""
    with Suppressions(double.settings()) as lists:
        return [len(page) for page in lists.pages(kind, since, NOW)]


@pytest.mark.parametrize("kind", LISTS)
def test_every_list(double: Double, kind: str) -> None:
    """A list is read in pages of 500, since a day before it was read last."""
    assert read(double, kind) == [500, 1]
    assert read(double, kind, NOW + timedelta(days=1, minutes=-2)) == [61]


def test_asked_to_wait(double: Double) -> None:
    """Where SendGrid asks for a moment it gets it, and the list is read on; where it asks for long, that is for another run."""
    double.next_list.extend([says(429, "too many requests", X_RateLimit_Reset="1"), says(429, "too many requests", Retry_After="1")])
    assert read(double) == [500, 1]
    double.next_list.append(says(429, "too many requests", Retry_After="900"))
    with pytest.raises(TryLater) as raised:
        read(double)
    assert raised.value.after == 900


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (says(401, "no"), Misconfigured),
        (says(403, "no"), Misconfigured),
        (says(500, "oops"), TryLater),
        (Says(503, b"<html>"), TryLater),
        (HANGS_UP, TryLater),
        (Says(200, b"<html>"), Unreadable),
        (Says(200, b'{"a": 1}'), Unreadable),
        (says(404, "not found"), Unreadable),
    ],
    ids=str,
)
def test_no_list(double: Double, answer: Says, error: type[MailingsError]) -> None:
    """What passes by itself may be tried again; a key that may not read, and an answer that is none, are for a person."""
    double.next_list.append(answer)
    with pytest.raises(error, match="bounces"):
        read(double)


def test_nobody_there() -> None:
    """A host that does not answer passes by itself."""
    with sendgrid() as double:
        settings = double.settings()
    with pytest.raises(TryLater), Suppressions(settings) as lists:
        list(lists.pages("bounces", None, NOW))


def test_strange_entries() -> None:
    """An entry that is no object is kept, and means nothing; one without a time or an address is harmless."""
    assert [report_of("bounces", strange).kind for strange in (None, 3, "x", ["y"])] == [EventKind.OTHER] * 4
    found = report_of("bounces", {"created": "soon", "email": None})
    assert (found.address, found.bounce) == (None, BounceKind.INVALID)


def test_the_same_entry_again() -> None:
    """The same address at the same time on the same list is one report; on another list, or later, it is another."""
    entry = {"created": 1795251600, "email": "åse@fjord.test"}
    one, again = report_of("bounces", entry), report_of("bounces", {**entry, "reason": "told more"})
    others = [report_of("blocks", entry), report_of("bounces", {**entry, "created": 1795251601})]
    assert one.content_key == again.content_key
    assert len({report.content_key for report in (one, *others)}) == 3
    assert one.at == NOW
