"""What system messages say: in each language the reader's name, the way to their own page in plain sight, and why they get it."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import cast

import pytest

from mailings.content.system import LANGUAGES, MESSAGES
from mailings.db import Database
from mailings.sending.form_responses.responding import Responder
from mailings.tokens import Kind, Tokens
from mailings.transports.memory import Memory
from tests.sending.asked import SETTINGS, ask, person


def look(db: Database) -> None:
    """One look of a loop."""
    Responder(db, SETTINGS).look()


def taken(memory: Memory) -> list[EmailMessage]:
    """The messages handed over, parsed."""
    return [cast(EmailMessage, message_from_bytes(kept.content, policy=SMTP)) for kept in memory.kept]  # type: ignore[arg-type]


@pytest.mark.parametrize("which", MESSAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_it_says(db: Database, memory: Memory, which: str, language: str) -> None:
    """In each language: the reader's name, a button and the address in plain sight that lead to their own page, and why they get it."""
    who = person(db, language=language)
    assert ask(db, who, which)
    look(db)
    (message,) = taken(memory)
    html, text = (message.get_body((kind,)).get_content() for kind in ("html", "plain"))  # type: ignore[union-attr]
    kind = {"preferences-link": Kind.PREFERENCES, "confirm-sign-up": Kind.CONFIRM, "confirm-submission": Kind.SUBMISSION}[which]
    token = Tokens(SETTINGS.secret.get_secret_value())
    address = text.split(f"{SETTINGS.public_url}/{kind.value}/")[1].split()[0]
    assert token.read(kind, address).delivery == memory.kept[0].delivery
    assert html.count(f"{SETTINGS.public_url}/{kind.value}/{address}") == 3  # the button, the address itself, where that leads
    for part in (html, text):
        assert "ase@fjord.test" in part
        assert "Fjord Østerlund" in part
        assert "Åse" in part
        assert "{" not in part
        assert "[[" not in part
    assert f'<html lang="{language}">' in html
    assert f"{'21' if kind is Kind.PREFERENCES else '30'} " in text
    assert message["From"] == "Fjord Østerlund <post@fjord.test>"


def test_headers_of_an_answer(db: Database, memory: Memory) -> None:
    """It says that it was sent by itself as an answer, and offers no one-click way out of a list that it is not (RFC 3834)."""
    ask(db, person(db))
    look(db)
    (message,) = taken(memory)
    assert message["Auto-Submitted"] == "auto-replied"
    assert [message[name] for name in ("List-Unsubscribe", "List-Unsubscribe-Post", "Precedence")] == [None] * 3
