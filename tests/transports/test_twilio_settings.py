"""What Twilio's settings say before anything is sent."""

from __future__ import annotations

import pytest

from mailings.transports.twilio import Twilio
from mailings.transports.twilio.settings import Settings
from tests.doubles.twilio import ACCOUNT, SENDER, TOKEN


def test_whom_messages_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """MAILINGS_TWILIO_FROM is read, and is the sender of what names none."""
    monkeypatch.setenv("MAILINGS_TWILIO_FROM", SENDER)
    assert Settings.read().sender == SENDER


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"account": ""}, "MAILINGS_TWILIO_ACCOUNT is not set"),
        ({"account": "SK" + "0" * 32}, "MAILINGS_TWILIO_ACCOUNT is no Account SID"),
        ({"token": " "}, "MAILINGS_TWILIO_TOKEN is not set"),
        ({"token": "blåbær"}, "MAILINGS_TWILIO_TOKEN holds a sign"),
        ({"messaging_service": "MG1"}, "MAILINGS_TWILIO_MESSAGING_SERVICE is no"),
        ({"host": "http://api.test"}, "MAILINGS_TWILIO_HOST: http://api.test would show the token"),
    ],
)
def test_what_is_missing(facts: dict[str, str], sentence: str) -> None:
    """Everything that keeps it from sending is said without a network, naming the variable."""
    known = {"account": ACCOUNT, "token": TOKEN, "_env_file": None}
    (said,) = Settings(**(known | facts)).problems()  # type: ignore[arg-type]
    assert said.startswith(sentence)


def test_what_should_be_seen_to() -> None:
    """Twilio cannot report to this machine alone, and without a sender of ours every mailing must name one."""
    remarks = Twilio(Settings(account=ACCOUNT, token=TOKEN, _env_file=None)).remarks()  # type: ignore[arg-type]
    assert [remark.split(maxsplit=1)[0] for remark in remarks] == ["MAILINGS_PUBLIC_URL", "Neither"]
