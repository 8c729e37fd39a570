"""A real Postfix takes mail and answers nothing we hear: its log and what it sends back settle every doubt, and only what is true."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from mailings.channels import email
from mailings.db import Database
from mailings.message import Outcome
from mailings.model import Delivery, Evidence, Mailing, Recipient
from mailings.sending.doubt.gathering import Gathered, gather
from mailings.sending.doubt.seeking import doubtful, sought
from mailings.settings import Settings
from mailings.transports.smtp import Settings as SmtpSettings
from mailings.transports.smtp import Smtp
from tests.sending.doubting import decided, in_doubt, named, settled, stands
from tests.servers.postfix import Postfix, keeping, may_run
from tests.servers.sink import sink

pytestmark = pytest.mark.skipif(
    not may_run(), reason="Postfix is not installed, or this user may not start it: the tests against a real one are left out"
)

SENDER = {"name": "Åse", "address": "bounces@acme.test", "use": "always"}


@pytest.fixture
def server() -> Iterator[Postfix]:
    """A Postfix that keeps what comes back, and whose next server knows nobody called ukjent."""
    with sink("-f", "RCPT", "-B", "550 5.1.1 User unknown") as refusing:
        onwards = {"ukjent@fjord.test": f"smtp:[127.0.0.1]:{refusing.port}", "later@fjord.test": "smtp:[127.0.0.1]:1"}
        with keeping("acme.test", transports=onwards) as running:
            yield running


def hand_over(db: Database, server: Postfix, ids: list[int]) -> None:
    """The deliveries leave over SMTP, each with its Message-ID; what the server answers is thrown away, as by a sender that dies."""
    with db.writing() as session:
        mailing = session.get_one(Mailing, session.get_one(Delivery, ids[0]).mailing_id)
        content = email.compile_mailing(session, mailing, Settings())
        marks = {"mailing_id": mailing.id, "low": ids[0], "high": ids[-1]}
        offers = [content.offer(row) for row in session.connection().execute(content.select, marks).fetchall()]
    transport = Smtp(SmtpSettings(host="127.0.0.1", port=server.port, timeout=300, _env_file=None))
    assert {receipt.outcome for receipt in transport.send(iter(offers))} == {Outcome.ACCEPTED}
    transport.close()


def vanish(server: Postfix, message_id: str) -> None:
    """A client that begins a message with this Message-ID and is gone before its end."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as wire:
        for line in (b"", b"EHLO fjord.test", b"MAIL FROM:<bounces@acme.test>", b"RCPT TO:<ase@fjord.test>", b"DATA"):
            wire.sendall(line + b"\r\n" if line else b"")
            wire.recv(4096)
        wire.sendall(f"Message-ID: {message_id}\r\nSubject: x\r\n\r\nhalf a mess".encode())


def until(server: Postfix, *words: str) -> None:
    """Wait until the log has all of these."""
    for _ in range(2400):
        log = server.log.read_text()
        if all(word in log for word in words):
            return
        time.sleep(0.05)
    pytest.fail(f"the log has not all of {words}: {log}")


def gathered(db: Database, **settings: object) -> Gathered:
    """Gather and keep what the sources say."""
    with db.reading() as session:
        found = sought(session, doubtful(session))
    return gather(db, found, Settings(**settings))


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment without a .env."""
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def addressed(db: Database, *addresses: str) -> list[int]:
    """Deliveries in doubt, one to each address."""
    ids = in_doubt(db, len(addresses), sender=SENDER, subject="Blåbær", text="Hei", in_doubt={"policy": "drop", "after_s": 3600})
    with db.writing() as session:
        for number, address in zip(ids, addresses, strict=True):
            session.get_one(Recipient, session.get_one(Delivery, number).recipient_id).address = address
    return ids


def test_its_log(any_db: Database, server: Postfix, environment: pytest.MonkeyPatch) -> None:
    """What Postfix has or had in its queue is sent, what it gave back is bounced; one whose client vanished stays in doubt."""
    ids = addressed(any_db, "desiree@fjord.test", "ukjent@fjord.test", "later@fjord.test", "ase@fjord.test")
    hand_over(any_db, server, ids[:3])
    vanish(server, named(any_db, ids[3]))
    until(server, "to=<desiree@fjord.test>", "status=bounced", "status=deferred", named(any_db, ids[3]), "lost connection after DATA")
    environment.setenv("MAILINGS_SMTP_LOG", str(server.log))
    for words in (3, 2):  # what came back needs no second look; what was taken may still come back
        assert gathered(any_db).words == words
        settled(any_db, policy=False)
        assert stands(any_db) == ["sent", "bounced", "sent", "in_doubt"]
        with any_db.reading() as session:
            assert len(session.scalars(select(Evidence)).all()) == 3
    assert decided(any_db) == [(ids[0], "sent", "postfix log"), (ids[1], "bounced", "postfix log"), (ids[2], "sent", "postfix log")]


def test_what_it_sends_back(any_db: Database, server: Postfix, environment: pytest.MonkeyPatch) -> None:
    """The report in the bounce mailbox, beside mail that is none, settles the one it is about and nobody else."""
    ids = addressed(any_db, "desiree@fjord.test", "ukjent@fjord.test", "nina@acme.test")
    hand_over(any_db, server, ids)
    kept = (f"to=<{who}@acme.test>, relay=virtual" for who in ("bounces", "nina"))
    until(server, "sender non-delivery notification", *kept)
    assert len(list((server.mail / "new").iterdir())) == 2  # the report, and the message to nina
    found = gathered(any_db, bounce_mailbox=f"maildir:{server.mail}")
    assert (found.words, found.troubles) == (1, [])
    settled(any_db, policy=False)
    assert stands(any_db) == ["in_doubt", "bounced", "in_doubt"]
    with any_db.reading() as session:
        assert "550 5.1.1 User unknown" in str(session.get_one(Delivery, ids[1]).reason)
    assert len(list((server.mail / "new").iterdir())) == 2


def test_one_source_out_of_order(any_db: Database, server: Postfix, environment: pytest.MonkeyPatch) -> None:
    """A log that is not there is said in one sentence; the mailbox is read all the same."""
    ids = addressed(any_db, "desiree@fjord.test", "ukjent@fjord.test")
    hand_over(any_db, server, ids)
    until(server, "to=<bounces@acme.test>, relay=virtual")
    environment.setenv("MAILINGS_SMTP_LOG", "/var/log/gone.log")
    found = gathered(any_db, bounce_mailbox=f"maildir:{server.mail}")
    assert found.words == 1
    (trouble,) = found.troubles
    assert trouble.startswith("MAILINGS_SMTP_LOG: /var/log/gone.log cannot be read")
