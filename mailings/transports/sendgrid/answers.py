"""What an answer of SendGrid's says of a request: taken, refused (whole, or because of whom), later, never, or nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from mailings.content.headers import clean
from mailings.message import Outcome
from mailings.transports._bisecting import Refusal
from mailings.transports._lines import Answer
from mailings.transports._waiting import asked_to_wait

_RECIPIENT = re.compile(r"personalizations(?:$|\.|\[)(?:(\d+)\]?(?:\.|$))?")
_KEY = "Look at MAILINGS_SENDGRID_API_KEY, and whether the account is in MAILINGS_SENDGRID_REGION."
_NO_SENTENCE = "SendGrid answered {}, and gave no reason."


@dataclass(frozen=True, slots=True)
class Meaning:
    """One outcome for everybody in the request. `after` in seconds."""

    outcome: Outcome
    code: str | None = None
    reason: str | None = None
    after: float | None = None
    provider_id: str | None = None


def read(answer: Answer, *, sandbox: bool) -> Meaning | Refusal:
    """What is said, by the status: nothing is guessed to have been taken, or not taken, that is not said (spec/sendgrid.md 3)."""
    status, code = answer.status_code, str(answer.status_code)
    errors = list(_errors(answer.body))
    reason = clean("; ".join(dict.fromkeys(message for _, message in errors)))[:400] or _NO_SENTENCE.format(status)
    if status == 202 or (status == 200 and sandbox):
        return Meaning(Outcome.ACCEPTED, provider_id=answer.headers.get("X-Message-Id"))
    if status == 400:
        return _refused(code, reason, errors)
    if status == 413:
        return Refusal(code, reason)
    if status == 429:
        return Meaning(Outcome.TRY_LATER, code, reason, asked_to_wait(answer.headers))
    if status < 300 or status == 408 or status >= 500:
        return Meaning(Outcome.UNKNOWN, code, reason)
    return Meaning(Outcome.UNTOUCHED, code, f"{reason[:300].rstrip('.')}. {_KEY}" if status in (401, 403) else reason)


def _refused(code: str, reason: str, errors: list[tuple[str | None, str]]) -> Meaning | Refusal:
    """Because of those who are named; or for a reason that is in what all share; or it does not say."""
    named, ours = dict[int, str](), list[str]()
    for field, message in errors:
        found = _RECIPIENT.match(field or "")
        if found is None and field:
            ours.append(f"{field}: {message}")
        elif found is not None and found[1]:
            named.setdefault(int(found[1]), clean(message)[:400])
    if ours and not named:
        return Meaning(Outcome.UNTOUCHED, code, clean("; ".join(ours))[:400])
    return Refusal(code, reason, named)


def _errors(body: bytes) -> Iterator[tuple[str | None, str]]:
    """Field, and message. Proxies answer with pages and plain text: those say nothing."""
    try:
        said: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return
    errors = said.get("errors") if isinstance(said, dict) else None
    for error in errors if isinstance(errors, list) else ():
        if isinstance(error, dict):
            field = error.get("field")
            yield (field if isinstance(field, str) and field != "null" else None), str(error.get("message") or "")
