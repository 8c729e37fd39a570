"""SendGrid's lists are taken over by the hourly flow: from the double's API, page by page, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from flows.sync_suppressions import sync_suppressions
from mailings import clock
from mailings.db import Database
from mailings.model import AddressStanding, Basis, Bookmark, Consent, Event
from mailings.settings import Settings
from tests.consent.waiting import a_person
from tests.doubles.sendgrid import KEY, Double, sendgrid

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch, configured: Settings) -> Iterator[Double]:
    """SendGrid on loopback, set as the account of this installation."""
    with sendgrid() as double:
        monkeypatch.setenv("MAILINGS_SENDGRID_API_KEY", KEY)
        monkeypatch.setenv("MAILINGS_SENDGRID_HOST", f"http://127.0.0.1:{double.port}")
        yield double


def entry(address: str, minutes: float = 10, **facts: Any) -> dict[str, Any]:
    """One entry of a list, so many minutes before NOW."""
    return {"created": int((NOW - timedelta(minutes=minutes)).timestamp()), "email": address, **facts}


def standings(db: Database) -> dict[str, tuple[Any, ...]]:
    """What stands against each address: why it is blocked, whether it complained, whether it left."""
    with db.reading() as session:
        rows = session.scalars(select(AddressStanding))
        return {row.normal: (row.blocked_why, row.complained_at is not None, row.unsubscribed_at is not None) for row in rows}


def test_the_lists(db: Database, double: Double) -> None:
    """Bounced and invalid addresses are blocked, a complaint and a leave withdraw consent, a blocked message blames nobody; once each."""
    with db.writing() as session:
        for name in ("klager", "slutt"):
            a_person(session, f"{name}@fjord.test")
    double.suppressions = {
        "bounces": [entry("BORTE@Blåbær.test", reason="550 5.1.1 ukjent", status="5.1.1")],
        "blocks": [entry("streng@fjord.test", reason="554 spam", status="5.7.1")],
        "invalid_emails": [entry("feil@fjord.test", reason="Mail domain mentioned in email address is unknown")],
        "spam_reports": [entry("klager@fjord.test", ip="198.51.100.7")],
        "unsubscribes": [entry("slutt@fjord.test"), entry("bare@fjord.test")],
    }
    with clock.standing_at(NOW):
        assert sync_suppressions() == {"bounces": 1, "blocks": 1, "invalid_emails": 1, "spam_reports": 1, "unsubscribes": 2}
        assert sum(sync_suppressions().values()) == 0
    assert standings(db) == {
        "borte@xn--blbr-roah.test": ("sendgrid suppressions reports: 5.1.1 on SendGrid's list of bounces: 550 5.1.1 ukjent", False, False),
        "feil@fjord.test": (
            "sendgrid suppressions reports: on SendGrid's list of invalid_emails: Mail domain mentioned in email address is unknown",
            False,
            False,
        ),
        "klager@fjord.test": (None, True, False),
        "slutt@fjord.test": (None, False, True),  # for companies that have the same address; the person's consent is withdrawn
        "bare@fjord.test": (None, False, True),
    }
    with db.reading() as session:
        withdrawn = session.execute(select(Consent.person_id, Consent.source).where(Consent.basis == Basis.WITHDRAWN)).all()
        assert sorted(withdrawn) == [(1, "Complaint"), (2, "Report of sendgrid suppressions")]


def test_pages_and_bookmarks(db: Database, double: Double) -> None:
    """A list of several pages is read whole; the next look begins a day before the last one ended, so that what came late is found."""
    double.suppressions = {"blocks": [entry(f"nr{n}@fjord.test", n) for n in range(1001)]}
    with clock.standing_at(NOW):
        assert sync_suppressions()["blocks"] == 1001
    double.suppressions["blocks"] += [entry("sen@fjord.test", 23 * 60), entry("for-sen@fjord.test", 25 * 60)]
    with clock.standing_at(NOW + timedelta(hours=1)):
        assert sync_suppressions()["blocks"] == 1
    with db.reading() as session:
        assert session.get_one(Bookmark, "sendgrid suppressions blocks").at == NOW + timedelta(hours=1)
        assert session.scalars(select(Event.address).order_by(Event.id.desc())).first() == "sen@fjord.test"


def test_without_an_account(configured: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no key is set the hourly run does nothing, and does not fail."""
    monkeypatch.delenv("MAILINGS_SENDGRID_API_KEY", raising=False)
    assert sync_suppressions() == {}
