"""Headers that are the same in every message of a mailing, over SMTP and for providers alike."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailings.channels.email.constant_headers import constant_headers
from mailings.model import MailingType
from tests.channels.made import compiled, mailing, row

OURS = ("List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID", "Precedence", "Auto-Submitted")


def message(**fields: Any) -> tuple[Message, dict[str, str]]:
    """A message of the mailing as it leaves, and the headers a provider is asked to write."""
    made = compiled(mailing(**fields))
    letter = made.offer(row(made, 5, "anna@firma.test", name="Anna Ø")).message
    filled = letter.filled()
    return message_from_bytes(letter.mime()), {**filled.letter.headers, **filled.headers}


@pytest.mark.parametrize(("kind", "expected"), [(MailingType.EMAIL, OURS[:4]), (MailingType.FORM_RESPONSE, (OURS[2], OURS[4]))])
def test_which_there_are(kind: MailingType, expected: tuple[str, ...]) -> None:
    """A mailing offers to unsubscribe and says it is one of many; an answer to a form does neither, and says that a machine wrote it."""
    read, asked = message(type=kind)
    assert [name for name in OURS if read[name]] == [name for name in OURS if name in asked] == list(expected)
    assert {name: read[name] for name in expected} == asked


def test_nothing_vain() -> None:
    """No header says which program wrote the message, or what it runs on."""
    read, _ = message()
    assert not [name for name in read if re.match("x-|user-agent", name, re.IGNORECASE)]


@given(st.text(min_size=1, max_size=40), st.one_of(st.none(), st.integers(1, 2**40)))
def test_feedback_id(domain: str, topic: int | None) -> None:
    """Four parts, no more colons than that, plain letters, the last of 5 to 15 characters, whatever the sender's domain is."""
    made = mailing(sender={"name": "", "address": f"news@{domain}", "use": "always"}, topic_id=topic)
    parts = constant_headers(made, "post.test")["Feedback-ID"].split(":")
    assert len(parts) == 4
    assert all(re.fullmatch(r"[a-z0-9-]+", part) for part in parts)
    assert 5 <= len(parts[3]) <= 15
    assert parts[1] == (f"topic-{topic}" if topic else "any")


def test_domains_that_begin_alike() -> None:
    """Two domains whose first ten letters are the same are two senders; one domain is the same sender in every mailing."""
    ids = [
        constant_headers(mailing(id=n, sender={"address": f"a@{domain}"}), "x.test")["Feedback-ID"].split(":")[3]
        for n, domain in enumerate(["blåbær-nordfjord.test", "blåbær-nordland.test", "Blåbær-Nordland.test"])
    ]
    assert ids[0] != ids[1] == ids[2]
