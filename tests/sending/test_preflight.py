"""Preflight: what blocks, what warns, and that a draft stays a draft (domain.md B.9, D28)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

import mailings.transports
from mailings.channels import Findings
from mailings.db import Database
from mailings.errors import Misconfigured
from mailings.model import (
    Mailing,
    MailingStatus,
    MailingType,
    Recipient,
    Verdict,
)
from mailings.sending.run import ready_transport
from mailings.settings import DEMO_SECRET
from tests.sending.fit import HTML, looked_over, written


def test_fit_to_go(any_db: Database) -> None:
    """A complete mailing with somebody to send to has no problems and no warnings; its list is made, and it is still a draft."""
    mailing_id = written(any_db)
    assert looked_over(any_db, mailing_id) == Findings([], [])
    with any_db.reading() as session:
        assert session.get_one(Mailing, mailing_id).status is MailingStatus.DRAFT
        assert [r.verdict for r in session.query(Recipient).filter_by(mailing_id=mailing_id)] == [Verdict.ELIGIBLE]


def test_a_list_that_is_being_sent_stays(db: Database) -> None:
    """Once a run has begun, preflight looks at the list and changes nothing about it."""
    mailing_id = written(db, status=MailingStatus.POPULATING)
    (problem,) = looked_over(db, mailing_id).problems
    assert "name nobody" in problem


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"template": True}, "is a template"),
        ({"subject": ""}, "ubject"),
        ({"html": "", "text": ""}, "content"),
        ({"sender": {"name": "Fjord", "use": "always"}}, "rom"),
        ({"html": HTML.replace("customer.name", "customer.nmae")}, "customer.nmae"),
    ],
)
def test_what_blocks(db: Database, facts: dict[str, Any], says: str) -> None:
    """Each of these keeps a mailing from being sent, in one sentence that names it."""
    (problem,) = looked_over(db, written(db, **facts)).problems
    assert says in problem


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (MailingType.SMS, ["no sender", "no text", "1 no address"]),
        (MailingType.DOCUMENT, ["cannot stand in a letter", "1 no address"]),
    ],
)
def test_what_blocks_the_other_types(db: Database, kind: MailingType, says: list[str]) -> None:
    """What is fit as an e-mail lacks what the type needs, each in a sentence: words of a text message, an address people have."""
    problems = looked_over(db, written(db, type=kind)).problems
    assert len(problems) == len(says)
    assert all(word in problem for word, problem in zip(says, problems, strict=True)), problems


def test_all_at_once(db: Database) -> None:
    """All problems are told together, so that nobody mends them one run at a time."""
    found = looked_over(db, written(db, subject="", template=True, sources=False), email_transport="pigeon")
    assert len(found.problems) == 4


def test_nobody_to_send_to(db: Database) -> None:
    """A list on which everybody is left out says why, with the numbers; a list of nobody says that."""
    (problem,) = looked_over(db, written(db, consent=False)).problems
    assert "1 no consent" in problem
    assert "mailings recipients høst-nytt" in problem
    (problem,) = looked_over(db, written(db, sources=False, name="leer")).problems
    assert "name nobody" in problem


def test_a_transport_that_is_not_there(db: Database) -> None:
    """A transport nobody wrote is a problem that names those there are."""
    (problem,) = looked_over(db, written(db), email_transport="pigeon").problems
    assert "'pigeon'" in problem
    assert "folder, memory, pdf, sendgrid, smtp, twilio" in problem


PIGEON = """
from mailings.transports.memory import Memory as _Memory
class Pigeon(_Memory):
    name = "pigeon"
    channels = frozenset({"document"})
    leaves_machine = True
    @classmethod
    def configured(cls): return cls()
    def problems(self): return ["No pigeon is at home; whistle."]
"""


@pytest.fixture
def pigeon(tmp_path: Path) -> Iterator[None]:
    """A transport for documents alone, found by its file like any other."""
    (tmp_path / "pigeon.py").write_text(PIGEON)
    mailings.transports.__path__.append(str(tmp_path))
    yield
    mailings.transports.__path__.remove(str(tmp_path))
    sys.modules.pop("mailings.transports.pigeon", None)


def test_what_a_transport_cannot_carry(db: Database, pigeon: None) -> None:
    """What a transport does not carry is refused, never dropped; its own problems are told; strangers' links want https."""
    found = looked_over(db, written(db), email_transport="pigeon", public_url="http://fjord.test")
    assert found.problems == [
        "No pigeon is at home; whistle.",
        "The transport pigeon does not carry e-mail; set MAILINGS_EMAIL_TRANSPORT to one that does.",
    ]
    (warning,) = found.warnings
    assert "not https" in warning
    assert looked_over(db, written(db, name="https"), email_transport="pigeon", public_url="https://fjord.test").warnings == []


def test_the_demo_secret(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret everybody knows is refused by smtp, with the command that makes one."""
    monkeypatch.setenv("MAILINGS_SMTP_HOST", "127.0.0.1")
    monkeypatch.delenv("MAILINGS_SECRET", raising=False)
    found = looked_over(db, written(db), email_transport="smtp", secret=SecretStr(DEMO_SECRET))
    assert any("MAILINGS_SECRET" in problem and "token_urlsafe" in problem for problem in found.problems)


def test_a_sandbox_sends_no_mailing(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Left in a provider's sandbox, a mailing is refused with the variable's name: it would be booked as sent, and nobody get it."""
    monkeypatch.setenv("MAILINGS_SENDGRID_API_KEY", "SG.of-nobody")
    monkeypatch.setenv("MAILINGS_SECRET", "a-secret-of-the-tests")
    mailing_id = written(db)
    assert looked_over(db, mailing_id, email_transport="sendgrid", public_url="https://post.test").problems == []
    monkeypatch.setenv("MAILINGS_SENDGRID_SANDBOX", "true")
    (problem,) = looked_over(db, mailing_id, email_transport="sendgrid", public_url="https://post.test").problems
    assert problem.startswith("MAILINGS_SENDGRID_SANDBOX is true")
    with pytest.raises(Misconfigured, match="MAILINGS_SENDGRID_SANDBOX"):
        ready_transport("sendgrid")  # of every run, and of the loop for system messages
    ready_transport("sendgrid", rehearsing=True).close()
