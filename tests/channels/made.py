"""A mailing without a database: for tests of what its messages look like."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from mailings.channels.email.compiling import put_together, table_of
from mailings.channels.email.composing import CompiledEmail
from mailings.letter import File
from mailings.model import Mailing, MailingType
from mailings.settings import Settings

SETTINGS = Settings(secret=SecretStr("a-secret-of-the-tests"), public_url="https://post.test/")
NAMES = ("customer.name", "customer.firstname", "customer.email")


def mailing(**fields: Any) -> Mailing:
    """A mailing as `push` would store it."""
    given: dict[str, Any] = {
        "id": 7,
        "name": "autumn-news",
        "type": MailingType.EMAIL,
        "subject": "Hei [[ customer.firstname ]]",
        "html": '<html><body><p>Hei [[ customer.firstname ]]</p><a href="[[ link.unsubscribe ]]">Av</a></body></html>',
        "text": "",
        "preheader": "",
        "sender": {"name": "Fjord & Søn", "address": "news@acme.test", "use": "always"},
        "reply_to": {"use": "from", "name": "", "address": ""},
        "tracking": {"opens": False, "clicks": "all", "utm": {}},
        "created_at": datetime(2026, 10, 1, tzinfo=UTC),
    }
    return Mailing(**(given | fields))


def compiled(made: Mailing, *files: File, settings: Settings = SETTINGS) -> CompiledEmail:
    """The mailing compiled, with a fresh link table."""
    return put_together(made, table_of(made, [], settings), files, settings)


def row(compiled_mailing: CompiledEmail, delivery: int, address: str, **person: str) -> tuple[Any, ...]:
    """A row as the database would give it: `name`, `firstname` and `email` of a person, other variables empty."""
    used = compiled_mailing.content.used.columns()
    values = (person.get(path.removeprefix("customer."), "") for path in used)
    return (delivery, address, person.get("name", ""), *values)
