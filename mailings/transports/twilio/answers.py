"""What an answer of Twilio's says of one message: taken, refused, later, never, or nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from mailings.content.headers import clean
from mailings.message import Outcome
from mailings.transports._lines import Answer
from mailings.transports._waiting import asked_to_wait
from mailings.transports.twilio.words import NO_NUMBER, OPTED_OUT, OURS, THIS_ONE, TOO_MUCH

STOPPED = "The recipient sent STOP to Twilio earlier"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One outcome. `after` in seconds; `known` = it says itself what is wrong; False = it may be us, if it happens to everybody."""

    outcome: Outcome
    code: str | None = None
    reason: str | None = None
    after: float | None = None
    known: bool = True


def read(answer: Answer) -> Meaning:
    """What an answer that is no yes says. By Twilio's code where we know it, else by the status, as Twilio advises.

    A 429 was never processed and may be sent again; of a 5xx nobody says so, and it may have been taken (docs/decisions/0029-twilio.md).
    """
    status, said = answer.status_code, _said(answer.body)
    number = said.get("code") if isinstance(said.get("code"), int) else None
    code = f"{status} {number}" if number else str(status)
    reason = clean(str(said.get("message") or ""))[:300].rstrip(".") or f"Twilio answered {status}, and gave no reason"
    if status == 429 or number in TOO_MUCH:
        return Meaning(Outcome.TRY_LATER, f"429 {number}" if number else "429", f"{reason}.", asked_to_wait(answer.headers))
    if status < 300 or status == 408 or status >= 500:
        return Meaning(Outcome.UNKNOWN, code, f"{reason}.")
    if number in OURS:
        return Meaning(Outcome.UNTOUCHED, code, f"{reason}. Look at {OURS[number]}.")
    if status in (401, 403, 404) and number not in NO_NUMBER | THIS_ONE:
        return Meaning(Outcome.UNTOUCHED, code, f"{reason}. Look at {OURS[20003]}.")
    known = number in NO_NUMBER | THIS_ONE
    return Meaning(Outcome.REFUSED, code, f"{STOPPED if number == OPTED_OUT else reason}.", known=known)


def _said(body: bytes) -> dict[str, Any]:
    """The answer as an object; proxies answer with pages and plain text, which say nothing."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}
