"""Reads notices that Amazon SES sends by mail: JSON, plain or wrapped by SNS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mailings.channels.email.bounces.naming import first
from mailings.channels.email.bounces.parts import storable
from mailings.channels.email.bounces.told import SAID, Told

_TYPES = {"bounce": "failed", "delivery": "delivered", "complaint": "complaint", "deliverydelay": "delayed"}
_LISTS = ("bouncedRecipients", "complainedRecipients", "delayedRecipients", "recipients")


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice: `action` of RFC 3464 or complaint, whom it is about, the ids it names."""

    action: str
    told: list[Told]
    ids: list[str]
    feedback: str = ""


def notice(text: str) -> Notice | None:
    """The notice a text is; None for every other text."""
    start = text.find("{")
    if not 0 <= start < 200 or ("otificationType" not in text and "eventType" not in text):
        return None
    read = _json(text[start:])
    if isinstance(read.get("Message"), str):
        read = _json(read["Message"])
    kind = str(read.get("notificationType") or read.get("eventType") or "").replace(" ", "").lower()
    if kind not in _TYPES:
        return None
    body = next((value for key, value in read.items() if key.lower() == kind and isinstance(value, dict)), {})
    return Notice(
        _TYPES[kind], list(_told(body, _TYPES[kind])), list(_ids(read)), storable(str(body.get("complaintFeedbackType") or ""))[:40]
    )


def _json(text: str) -> dict[str, Any]:
    try:
        read, _ = json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _told(body: dict[str, Any], action: str) -> Iterator[Told]:
    named: list[Any] = next((body[name] for name in _LISTS if isinstance(body.get(name), list)), [])
    for one in named[:100]:
        about = one if isinstance(one, dict) else {"emailAddress": one}
        said = storable(str(about.get("diagnosticCode") or body.get("smtpResponse") or "")).removeprefix("smtp;").strip()
        yield Told(
            first(storable(str(about.get("emailAddress") or ""))),
            action=action,
            status=storable(str(about.get("status") or ""))[:12],
            said=said[:SAID],
            by="json",
        )


def _ids(read: dict[str, Any]) -> Iterator[str]:
    mail = read.get("mail")
    if not isinstance(mail, dict):
        return
    headers = mail.get("headers")
    for header in headers[:100] if isinstance(headers, list) else []:
        if isinstance(header, dict) and str(header.get("name")).lower() == "message-id":
            yield storable(str(header.get("value")))[:400]
    if mail.get("messageId"):
        yield f"<{storable(str(mail['messageId']))[:200]}@email.amazonses.com>"
