"""A text message's folder, and people with numbers, for the tests of lists and sending."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from mailings.addresses import read_mobile
from mailings.model import Person
from tests.audience.people import folder, person

WORDS = {"sender": "Acme", "text": "Hei [[ customer.firstname or 'der' ]], blåbærene er modne."}


def text_folder(path: Path, **keys: Any) -> Path:
    """A folder of type sms with these keys."""
    return folder(path, **({"type": "sms", "sms": WORDS} | keys))


def somebody(session: Session, name: str, mobile: str, **more: Any) -> Person:
    """A person with a mobile number as people write it in Norway, or one that is none."""
    told = {"mobile": mobile, "mobile_normal": read_mobile(mobile, "NO").normal, "first_name": name.split(maxsplit=1)[0]}
    return person(session, name, **(told | more))
