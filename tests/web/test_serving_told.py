"""What `mailings serve` says of settings that are not right yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.serving import elsewhere
from mailings.db import Database
from mailings.settings import DEMO_SECRET
from tests.cli.typed import type_in
from tests.web.process import served


def test_a_door_for_this_machine_says_what_is_not_right_yet(db: Database, tmp_path: Path) -> None:
    """The demo's secret, a webhook key that is none, links that lead to another port: a sentence each; at the end a last line."""
    wrong = {"MAILINGS_EMAIL_TRANSPORT": "sendgrid", "MAILINGS_SENDGRID_WEBHOOK_KEY": "rubbish", "MAILINGS_SECRET": DEMO_SECRET}
    with served(db, tmp_path, MAILINGS_PUBLIC_URL="http://127.0.0.1:8599", **wrong) as door:
        assert door.end() == 0
        assert door.process.stdout
        assert door.process.stderr
        lines, warned = door.process.stdout.read().splitlines(), door.process.stderr.read().splitlines()
    assert lines[0].startswith(f"Links in messages lead to http://127.0.0.1:8599, this door listens on http://127.0.0.1:{door.port}")
    assert lines[1:] == ["The door is closed; what had begun is done and written."]
    assert ["token_urlsafe" in warned[0], "MAILINGS_SENDGRID_WEBHOOK_KEY" in warned[1], len(warned)] == [True, True, 2]


@pytest.mark.parametrize(
    ("public", "other"),
    [
        ("http://127.0.0.1:8600", False),
        ("http://localhost:8600/", False),
        ("http://127.0.0.1:8601", True),
        ("http://localhost", True),
        ("https://post.test", False),
    ],
)
def test_where_links_lead(public: str, other: bool) -> None:
    """Only two addresses of this machine are compared: what stands before a proxy is the proxy's."""
    assert elsewhere("http://127.0.0.1:8600", public) is other


def test_doctor_names_a_webhook_key_that_is_none(tmp_path: Path) -> None:
    """The key can be judged without anybody asking SendGrid; sending goes on without it."""
    told = type_in(
        tmp_path, "doctor", MAILINGS_EMAIL_TRANSPORT="sendgrid", MAILINGS_SENDGRID_WEBHOOK_KEY="rubbish", MAILINGS_SECRET="x" * 40
    )
    assert "! transport: MAILINGS_SENDGRID_WEBHOOK_KEY is no verification key" in told.stdout
