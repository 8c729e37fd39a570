"""Test messages: they go to whom they are sent, carry a recipient's data, and count nowhere."""

from __future__ import annotations

import pytest

from mailings.db import Database
from mailings.errors import BadAddress, NotFound, TryLater
from mailings.message import Outcome
from mailings.model import Delivery, Mailing, MailingStatus
from mailings.sending.books import books_of
from mailings.sending.testing import send_test
from mailings.settings import Settings
from mailings.transports.memory import Memory
from tests.doubles.sendgrid import KEY, sendgrid
from tests.sending import world

SETTINGS = Settings(email_transport="memory")


def ready(db: Database) -> int:
    """A mailing whose list is made."""
    told = {"sender": {"name": "Åse", "address": "news@acme.test", "use": "always"}, "reply_to": {"use": "from"}}
    html = "<p>Kjære [[ customer.name ]]</p>"
    return world.mailing(db, recipients=2, status=MailingStatus.SCHEDULED, subject="Høst", html=html, **told)


def kept_tests(db: Database) -> list[tuple[str, str, str | None, bool]]:
    """The test deliveries of the mailing."""
    with db.reading() as session:
        rows = session.query(Delivery).order_by(Delivery.id)
        return [(row.address, str(row.status), row.reason, row.test) for row in rows]


def test_to_each_address_with_a_recipients_data(any_db: Database, memory: Memory) -> None:
    """Each address gets one message filled with the first recipient's data; the books know nothing of it."""
    mailing_id = ready(any_db)
    tried = send_test(any_db, "høst-nytt", ["Anna@Acme.test", "bjørn@acme.test".replace("ø", "o")], SETTINGS)
    assert [(one.address, one.receipt.outcome) for one in tried] == [
        ("anna@acme.test", Outcome.ACCEPTED),
        ("bjorn@acme.test", Outcome.ACCEPTED),
    ]
    assert [kept.address for kept in memory.kept] == ["anna@acme.test", "bjorn@acme.test"]
    assert b"=C3=85se =C3=98deg=C3=A5rd 0" in memory.kept[0].content
    assert kept_tests(any_db) == [("anna@acme.test", "sent", None, True), ("bjorn@acme.test", "sent", None, True)]
    with any_db.reading() as session:
        assert sum(books_of(session, mailing_id).deliveries.values()) == 0
        assert session.get_one(Mailing, mailing_id).status is MailingStatus.SCHEDULED


def test_nothing_is_tried_twice(any_db: Database, memory: Memory) -> None:
    """A test that should be tried later has failed: no run picks it up afterwards."""
    ready(any_db)
    memory.stall("anna@acme.test", reason="kom igjen senere")
    (tried,) = send_test(any_db, "høst-nytt", ["anna@acme.test"], SETTINGS)
    assert tried.receipt.outcome is Outcome.TRY_LATER
    assert kept_tests(any_db) == [("anna@acme.test", "failed", "kom igjen senere", True)]


def test_in_a_sandbox(any_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test may go through a provider's sandbox: it is read there, and nobody gets it."""
    ready(any_db)
    with sendgrid() as double:
        for name, told in {"API_KEY": KEY, "HOST": f"http://127.0.0.1:{double.port}", "SANDBOX": "true"}.items():
            monkeypatch.setenv(f"MAILINGS_SENDGRID_{name}", told)
        monkeypatch.setenv("MAILINGS_SECRET", "a-secret-of-the-tests")
        (tried,) = send_test(any_db, "høst-nytt", ["anna@acme.test"], Settings(email_transport="sendgrid"))
    assert tried.receipt.outcome is Outcome.ACCEPTED
    assert (len(double.bodies), double.taken) == (1, [])


def test_no_server(any_db: Database, memory: Memory) -> None:
    """Where the transport cannot begin, its own sentence is raised and the test is not left open."""
    ready(any_db)
    memory.go_down(TryLater("No mail server answers at 127.0.0.1:25."))
    with pytest.raises(TryLater, match="No mail server answers"):
        send_test(any_db, "høst-nytt", ["anna@acme.test"], SETTINGS)
    assert kept_tests(any_db) == [("anna@acme.test", "failed", "No mail server answers at 127.0.0.1:25.", True)]


def test_a_wrong_address_or_name_sends_nothing(any_db: Database, memory: Memory) -> None:
    """One address nobody could write to, or an unknown mailing, and no message leaves."""
    ready(any_db)
    with pytest.raises(BadAddress, match="anna@"):
        send_test(any_db, "høst-nytt", ["bjorn@acme.test", "anna@"], SETTINGS)
    with pytest.raises(NotFound):
        send_test(any_db, "vår-nytt", ["bjorn@acme.test"], SETTINGS)
    assert (memory.kept, kept_tests(any_db)) == ([], [])
