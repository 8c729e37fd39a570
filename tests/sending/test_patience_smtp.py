"""Temporary trouble on real mail servers: who is to wait waits alone; what a person must mend pauses the mailing, and nobody is failed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from mailings.clock import milliseconds
from mailings.db import Database
from mailings.model import Mailing, MailingStatus
from mailings.sending import lifecycle
from mailings.sending.deliver import Portion, deliver_portion
from mailings.sending.run import Run, conducting
from mailings.settings import Settings, settings
from tests.sending import world
from tests.sending.letters import Letters
from tests.sending.test_patience import waiting
from tests.servers.guarded import guarded
from tests.servers.mailbox import HANG_UP, SILENCE, Mailbox, mailbox

SECOND = timedelta(seconds=1)


@pytest.fixture
def smtp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mail server of the test's own, and the settings that lead to it."""
    with mailbox() as box:
        settings_of(monkeypatch, PORT=box.port)
        yield box


def settings_of(monkeypatch: pytest.MonkeyPatch, **facts: object) -> None:
    """The environment of an installation that sends by SMTP."""
    monkeypatch.setenv("MAILINGS_SECRET", "a-secret-of-the-tests")
    for name, value in ({"HOST": "127.0.0.1", "TIMEOUT": 300, "CONNECTIONS": 2} | facts).items():
        monkeypatch.setenv(f"MAILINGS_SMTP_{name}", str(value))
    settings.cache_clear()  # queueing has read them already


@contextmanager
def over_smtp(db: Database, **facts: object) -> Iterator[Run]:
    """A run of høst-nytt over the SMTP server that the environment names."""
    with conducting(db, "høst-nytt", Settings(email_transport="smtp", **facts)) as run:
        run.compiled, run.short_waits = Letters(), (0.01, 0.01, 0.01)
        yield run


def sent_over_smtp(db: Database, **facts: object) -> list[Portion]:
    """Portions of a run over SMTP, until nothing more can be done now."""
    with over_smtp(db, **facts) as run:
        done = [deliver_portion(db, run, 1000)]
        while done[-1].more and len(done) < 50:
            done.append(deliver_portion(db, run, 1000))
        return done


def resumed(db: Database, mailing_id: int) -> str:
    """Let the held mailing go on; why it was held. Nobody was failed meanwhile."""
    assert "failed" not in world.statuses(db, mailing_id)
    with db.writing() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert mailing.status is MailingStatus.PAUSED
        why = str(mailing.held_reason)
        lifecycle.resume(session, mailing)
    return why


def test_each_waits_for_itself(any_db: Database, smtp: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """451, 421, silence and a dropped line each make that one recipient wait a minute; the others are served meanwhile."""
    mailing_id, begun = world.sending(any_db, recipients=20), milliseconds()
    settings_of(monkeypatch, PORT=smtp.port, TIMEOUT=15)
    smtp.offers = (*smtp.offers[:1], *smtp.offers[2:])  # without SIZE
    told = {"0003": "451 4.7.1 Greylisted", "0007": "421 4.3.2 Closing", "0011": SILENCE, "0015": HANG_UP}
    smtp.told |= {f"RCPT TO:<åse-{n}@": answer for n, answer in told.items()}
    with over_smtp(any_db) as run:
        deliver_portion(any_db, run, 1000)
    assert world.statuses(any_db, mailing_id) == {"sent": 16, "queued": 4}
    found = waiting(any_db)
    assert sorted(found) == ["0003", "0007", "0011", "0015"]
    assert found["0003"][0] == "451 4.7.1"
    assert all(57 - (milliseconds() - begun) / 1000 <= seconds <= 63 for _, seconds in found.values())
    assert sorted(taken.recipient[4:8] for taken in smtp.taken) == [f"{n:04}" for n in range(20) if n not in {3, 7, 11, 15}]


def test_who_brings_the_line_down_is_failed_alone(any_db: Database, smtp: Mailbox) -> None:
    """A recipient at whom the server drops the connection each time costs nobody else: tried again until the deadline, then failed."""
    mailing_id = world.sending(any_db, recipients=30)
    smtp.told["RCPT TO:<åse-0013@"] = HANG_UP
    sent_over_smtp(any_db, retry_first_wait=SECOND / 5, retry_deadline=SECOND)
    assert world.statuses(any_db, mailing_id) == {"sent": 29, "failed": 1}
    assert len({taken.recipient for taken in smtp.taken}) == len(smtp.taken) == 29
    assert world.notes(any_db)[-1][2].startswith("given up after ")
    with any_db.reading() as session:
        failed = session.execute(
            text("SELECT recipient.address FROM recipient JOIN delivery ON recipient_id = recipient.id WHERE status = 'failed'")
        )
        assert failed.scalars().all() == ["åse-0013@fjord.test"]


def test_no_server_from_the_first_message_on(any_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no server answers, the mailing is paused with where we looked; once there is one, resume sends to all."""
    mailing_id = world.sending(any_db, recipients=12)
    with socket.socket() as ours:  # bound, so that nobody else can come to listen there, and it does not listen itself
        ours.bind(("127.0.0.1", 0))
        settings_of(monkeypatch, PORT=ours.getsockname()[1])
        assert "No mail server answers at 127.0.0.1" in str(sent_over_smtp(any_db)[-1].trouble)
    assert "MAILINGS_SMTP_HOST" in resumed(any_db, mailing_id)
    with mailbox() as box:
        settings_of(monkeypatch, PORT=box.port)
        sent_over_smtp(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 12}


def test_a_server_that_drops_everybody(any_db: Database, smtp: Mailbox) -> None:
    """Where the line falls at every recipient, nobody is made to wait for it: paused, all queued, and sent once it is mended."""
    mailing_id = world.sending(any_db, recipients=12)
    smtp.told["RCPT"] = HANG_UP
    assert "was lost" in str(sent_over_smtp(any_db)[-1].trouble)
    assert world.statuses(any_db, mailing_id) == {"queued": 12}
    resumed(any_db, mailing_id)
    smtp.told.clear()
    sent_over_smtp(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 12}


def test_a_relay_that_denies(any_db: Database, smtp: Mailbox) -> None:
    """Relay access denied to everybody is said once, with the server's words; once mended, resume sends to all."""
    mailing_id = world.sending(any_db, recipients=50)
    smtp.told["RCPT"] = "554 5.7.1 <somebody@fjord.test>: Relay access denied"
    assert sent_over_smtp(any_db)[-1].trouble is not None
    assert world.statuses(any_db, mailing_id) == {"queued": 50}
    assert "554 5.7.1 Relay access denied" in resumed(any_db, mailing_id)
    smtp.told.clear()
    sent_over_smtp(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 50}


def test_a_refused_login(any_db: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A wrong password pauses at once after one login, with the server's words and without the password; nobody is failed."""
    mailing_id = world.sending(any_db, recipients=5)
    with guarded(tmp_path, auth_required=True) as server:
        settings_of(
            monkeypatch, HOST="localhost", PORT=server.port, TLS="starttls", CA_FILE=server.ca_file, USER="åse", PASSWORD="tyttebær"
        )
        sent_over_smtp(any_db)
        assert len(server.logins) == 1
        why = resumed(any_db, mailing_id)
        assert "refused the login of åse" in why
        assert "tyttebær" not in why
        monkeypatch.setenv("MAILINGS_SMTP_PASSWORD", "blåbær")
        sent_over_smtp(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 5}


def test_a_login_that_is_wanted_later_on(any_db: Database, smtp: Mailbox) -> None:
    """A server that lets us greet it and then wants a login for each message refuses nobody: paused at once, with its words."""
    mailing_id = world.sending(any_db, recipients=5)
    smtp.told["MAIL"] = "530 5.7.0 Authentication required"
    assert len(sent_over_smtp(any_db)) == 1
    assert "530 5.7.0 Authentication required" in resumed(any_db, mailing_id)
    assert world.statuses(any_db, mailing_id) == {"queued": 5}
