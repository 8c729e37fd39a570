"""A whole mailing as receivers get it: every message signed, offering to unsubscribe, and with an envelope that names its delivery."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mailings.channels.email.verp import delivery_of
from mailings.tokens import Tokens
from mailings.transports.smtp.dkim import Signer
from tests.servers.mailbox import mailbox
from tests.stories.conftest import Office
from tests.transports.keys import holds, rsa_key, written

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("stories")]

PEOPLE = 25


@pytest.mark.parametrize("any_db", ["sqlite"], indirect=True)
def test_what_receivers_look_at(office: Callable[..., Office], tmp_path: Path) -> None:
    """Sent by the command: dkimpy finds each signature valid, and bounce address, Message-ID and headers agree on the delivery."""
    with mailbox() as box:
        smtp = {"EMAIL_TRANSPORT": "smtp", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(box.port), "BOUNCE_ADDRESS": "b@post.acme.test"}
        dkim = {"SMTP_DKIM_KEY": str(written(rsa_key(), tmp_path / "dkim.pem")), "SMTP_DKIM_SELECTOR": "host1"}
        desk = office(PEOPLE, **{f"MAILINGS_{name}": value for name, value in (smtp | dkim).items()})
        sent = desk.command("send", "host-nytt", "--json")
    assert sent.returncode == 0, sent.stderr
    assert len(box.taken) == PEOPLE
    tokens, signer = Tokens(desk.environment["MAILINGS_SECRET"]), Signer(rsa_key(), "host1")
    deliveries = []
    for taken in box.taken:
        message = email.message_from_bytes(taken.content, policy=email.policy.default)
        found = re.match(r"<(\d+)\.", message["Message-ID"])
        assert found
        assert delivery_of(taken.sender, tokens) == int(found[1])
        assert holds(signer, taken.content)
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["Precedence"] == "bulk"
        deliveries.append(int(found[1]))
    assert len(set(deliveries)) == PEOPLE
    assert "PRIVATE KEY" not in sent.stdout + sent.stderr
