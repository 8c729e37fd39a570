"""What SendGrid tells later, read: a signed request to the event webhook becomes reports (sendgrid.md 5)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from mailings import clock
from mailings.errors import Unreadable
from mailings.reported import BounceKind, EventKind, Report
from mailings.transports._cleaning import cleaned, loaded, text_of
from mailings.transports.sendgrid import signature
from mailings.transports.sendgrid.settings import Settings
from mailings.transports.sendgrid.words import DROPPED, KINDS, TOLD_EARLIER, TOPIC_ONLY, bounce_kind, bounce_why

ARGUMENT = "mailings_delivery"  #: our own word on every message: `ID.mark`
_OURS = re.compile(r"([0-9]{1,18})\.([0-9a-f]{12})")
_CODE = re.compile(r"[245]\d\d\b(?:[ -][245]\.\d{1,3}\.\d{1,3})?")
_FILTER = re.compile(r"(?:^|\.)(?:filter|recvd).*")  # behind the request's id stands the machine the message passed
#: what makes two entries the same thing told twice, whatever ids they carry
_SAME = (
    "email", "event", "timestamp", "sg_message_id", ARGUMENT, "url", "url_offset", "attempt", "response", "type", "reason", "asm_group_id",
)  # fmt: skip
_LAST = 4_102_444_800  # 2100; what says later is no time


def reports_of(headers: Mapping[str, str], body: bytes, settings: Settings) -> list[Report]:
    """The reports of one request, in its order; header names in small letters.

    Raises Untrusted, Misconfigured (no key to check with), and Unreadable for a body that is no JSON array. A strange entry becomes a
    report of kind `other`.
    """
    signature.check(headers, body, settings.webhook_key)
    try:
        entries = loaded(body)
    except ValueError:
        entries = None
    if not isinstance(entries, list):
        raise Unreadable("The body is no list of events in JSON.")
    return [report_of(entry) for entry in entries]


def report_of(entry: object) -> Report:
    """One entry of the list as a report. Never raises."""
    original = cleaned(entry)
    if not isinstance(original, dict):
        return _other({"value": original})
    original.pop("ip", None)  # a reader's whole address, which nothing here asks for: it is not kept (docs/decisions/0024-retention.md)
    word = _text(original, "event").strip().lower()
    kind = KINDS.get(word)
    return _other(original) if kind is None else _known(original, kind, word)


def _known(original: dict[str, Any], kind: EventKind, word: str) -> Report:
    delivery, mark = _delivery_of(original)
    reason = _text(original, "reason") or _text(original, "response")
    why = reason.strip().lower() if kind is EventKind.DROPPED else ""
    bounced = kind is EventKind.BOUNCED
    return Report(
        kind=kind,
        at=_moment(original),
        delivery=delivery,
        mark=mark,
        content_key=_key([original.get(name) for name in _SAME]),
        original=original,
        provider_key=_text(original, "sg_event_id", 200) or None,
        address=_text(original, "email", 500) or None,
        code=_code(original, reason),
        reason=reason[:400] or None,
        bounce=_bounce(original, reason) if bounced else DROPPED.get(why),
        bounce_why=bounce_why(_text(original, "bounce_classification"), _text(original, "status", 40), reason) if bounced else None,
        provider_id=_FILTER.split(_text(original, "sg_message_id", 200))[0] or None,
        url=_text(original, "url") or None,
        agent=_text(original, "useragent", 1024) or None,
        also=TOLD_EARLIER.get(why),
        everything=word not in TOPIC_ONLY,
    )


def _other(original: dict[str, Any]) -> Report:
    """Kept as it came. The same again whenever all but SendGrid's own id of it is the same."""
    delivery, mark = _delivery_of(original)
    return Report(
        kind=EventKind.OTHER,
        at=_moment(original),
        delivery=delivery,
        mark=mark,
        content_key=_key({name: value for name, value in original.items() if name != "sg_event_id"}),
        original=original,
        provider_key=_text(original, "sg_event_id", 200) or None,
        address=_text(original, "email", 500) or None,
    )


def _delivery_of(original: Mapping[str, Any]) -> tuple[int | None, str | None]:
    found = _OURS.fullmatch(_text(original, ARGUMENT, 40))
    return (int(found[1]), found[2]) if found else (None, None)


def _bounce(original: Mapping[str, Any], reason: str) -> BounceKind:
    status = _text(original, "status", 40) or reason
    return bounce_kind(_text(original, "type"), _text(original, "bounce_classification"), status)


def _code(original: Mapping[str, Any], reason: str) -> str | None:
    """The server's code as it leads its answer (550 5.1.1), else the status alone."""
    status = _text(original, "status", 40)
    found = _CODE.match(reason)
    if found is None:
        return status or None
    return found[0].replace("-", " ") if " " in found[0] or not status else f"{found[0]} {status}"


def _moment(original: Mapping[str, Any]) -> datetime:
    """When it happened: seconds or milliseconds, as a number or a text; the present where it does not say."""
    try:
        seconds = float(_text(original, "timestamp", 40))
    except ValueError:
        return clock.now()
    seconds = seconds / 1000 if seconds > _LAST else seconds
    return datetime.fromtimestamp(seconds, UTC) if 0 <= seconds <= _LAST else clock.now()


def _text(original: Mapping[str, Any], name: str, longest: int = 2000) -> str:
    return text_of(original.get(name), longest)


def _key(said: object) -> str:
    return sha256(json.dumps(["sendgrid", said], sort_keys=True).encode()).hexdigest()[:32]
