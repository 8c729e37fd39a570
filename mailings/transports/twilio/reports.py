"""What Twilio tells later, read: a signed form says what became of a message, or what a reader wrote back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

from mailings import clock
from mailings.errors import Unreadable
from mailings.reported import EventKind, Hook, Report
from mailings.transports._cleaning import text_of
from mailings.transports.twilio.keywords import says_start, says_stop
from mailings.transports.twilio.settings import Settings
from mailings.transports.twilio.signature import checked
from mailings.transports.twilio.words import CAUSES, OPTED_OUT, STATUSES, UNKNOWN

_OURS = re.compile(r"([0-9]{1,18})\.([0-9a-f]{12})")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_KEPT = 40  # fields; Twilio sends some twenty
#: what makes two requests the same thing told twice
_SAME = ("MessageSid", "MessageStatus", "SmsStatus", "ErrorCode")


def reports_of(hook: Hook, settings: Settings) -> list[Report]:
    """The one report of a request.

    Raises Untrusted, Misconfigured (no token to check with), and Unreadable for a form that names no message. A strange status becomes a
    report of kind `other`.
    """
    fields = checked(hook, settings.tokens)
    original = {text_of(name, 100): text_of(value, 2000) for name, value in list(fields.items())[:_KEPT]}
    if not original.get("MessageSid"):
        raise Unreadable("The form names no message of Twilio's.")
    if original.get("MessageStatus", "") == "" and original.get("SmsStatus", "received") in {"received", "receiving"}:
        return [_written(original)]
    return [_reported(original, hook.url)]


def _reported(original: dict[str, str], url: str) -> Report:
    """What became of a message of ours. There is no time in it that could be relied on: it is the moment we hear of it."""
    delivery, mark = _delivery_of(url)
    word = (original.get("MessageStatus") or original.get("SmsStatus", "")).strip().lower()
    kind = STATUSES.get(word, EventKind.OTHER)
    number = int(code) if (code := original.get("ErrorCode", "")).isdecimal() and len(code) < 9 else 0
    bounce, why = CAUSES.get(number, UNKNOWN)
    blames = kind is EventKind.BOUNCED or (kind is EventKind.DROPPED and number in CAUSES)
    return Report(
        kind=kind,
        at=clock.now(),
        delivery=delivery,
        mark=mark,
        content_key=_key([str(delivery), *(original.get(name, "") for name in _SAME)]),
        original={name: value for name, value in original.items() if name != "Body"},  # ours, and perhaps somebody's secret
        address=_number(original, "To"),
        code=str(number) if number else None,
        reason=(original.get("ErrorMessage") or word)[:400] or None,
        bounce=bounce if blames else None,
        bounce_why=why if blames else None,
        provider_id=original["MessageSid"][:64],
        also=EventKind.UNSUBSCRIBED if number == OPTED_OUT else None,
    )


def _written(original: dict[str, str]) -> Report:
    """What a reader wrote to us. STOP holds for the number, whichever message it answers; so does what Twilio itself took for it."""
    text, took_for = original.get("Body", ""), original.get("OptOutType", "").upper()
    kind = EventKind.OTHER
    if took_for == "STOP" or (not took_for and says_stop(text)):
        kind = EventKind.UNSUBSCRIBED
    elif took_for == "START" or (not took_for and says_start(text)):
        kind = EventKind.RESUBSCRIBED
    return Report(
        kind=kind,
        at=clock.now(),
        delivery=None,
        mark=None,
        content_key=_key(["in", original["MessageSid"]]),
        original=original,
        provider_key=f"twilio {original['MessageSid']}"[:64],
        address=_number(original, "From"),
        reason=text[:400] or None,
    )


def _delivery_of(url: str) -> tuple[int | None, str | None]:
    told = parse_qs(urlsplit(url).query).get("d", [""])[0]
    found = _OURS.fullmatch(told)
    return (int(found[1]), found[2]) if found else (None, None)


def _number(original: Mapping[str, str], name: str) -> str | None:
    found = _NUMBER.fullmatch(original.get(name, ""))
    return found[0] if found else None


def _key(said: object) -> str:
    return sha256(json.dumps(["twilio", said]).encode()).hexdigest()[:32]
