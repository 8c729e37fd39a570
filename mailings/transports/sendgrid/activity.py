"""SendGrid's activity feed, where the account has bought it: messages that were not delivered, and their events as reports."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from mailings.reported import Report
from mailings.transports._cleaning import text_of
from mailings.transports.sendgrid.asking import Questions
from mailings.transports.sendgrid.reports import ARGUMENT, report_of

SOURCE = "sendgrid activity"
RIGHT = "the activity feed is an addition that has to be bought, and MAILINGS_SENDGRID_API_KEY then needs the right Email Activity."
PAGE = 1000  # the most SendGrid gives; there is no second page
#: words of the feed -> those of the webhook, where they differ
WORDS = {"bounced": "bounce", "opened": "open", "clicked": "click", "spam_report": "spamreport", "unsubscribed": "unsubscribe"}
TYPES = {"hard": "bounce", "soft": "blocked"}

_MACHINE = re.compile(r"(?:^|\.)(?:filter|recvd)")


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A message that was not delivered. `request` = the id SendGrid gave our request, the first part of its own."""

    number: str
    request: str
    address: str


def undelivered(questions: Questions, first: datetime, last: datetime) -> list[Undelivered]:
    """Messages of which the last news, between the two moments, is that they were not delivered: the latest thousand.

    Raises Misconfigured where the feed was not bought, and what else `Questions.ask` does.
    """
    query = f'status="not_delivered" AND last_event_time BETWEEN TIMESTAMP "{_written(first)}" AND TIMESTAMP "{_written(last)}"'
    told = questions.ask(("messages",), {"limit": PAGE, "query": query}, "its activity feed", RIGHT)
    rows = told.get("messages") if isinstance(told, dict) else None
    found = []
    for row in rows if isinstance(rows, list) else ():
        number, address = (text_of(row.get(name), 500) if isinstance(row, dict) else "" for name in ("msg_id", "to_email"))
        if number:
            found.append(Undelivered(number, request_of(number), address))
    return found


def events_of(questions: Questions, message: Undelivered) -> list[Report]:
    """Everything the feed tells of one message. The same again whenever it is asked. Raises what `Questions.ask` does."""
    told = questions.ask(("messages", message.number), {}, "its activity feed", RIGHT)
    events = told.get("events") if isinstance(told, dict) else None
    ours = _argument(told.get("unique_args")) if isinstance(told, dict) else ""
    return [_report(message, event, ours) for event in (events if isinstance(events, list) else ()) if isinstance(event, dict)]


def request_of(number: str) -> str:
    """The id of the request a message came with, out of its own: behind it stands the machine the message passed."""
    return _MACHINE.split(number)[0]


def _report(message: Undelivered, event: dict[str, Any], ours: str) -> Report:
    """An event of the feed, read as the webhook's would be: the two differ in words alone."""
    word, at = text_of(event.get("event_name"), 40), text_of(event.get("processed"), 40)
    entry: dict[str, Any] = {name: event[name] for name in ("reason", "url", "http_user_agent", "mx_server") if event.get(name)}
    entry |= {"event": WORDS.get(word, word), "email": message.address, "sg_message_id": message.number, ARGUMENT: ours}
    entry |= {"timestamp": _seconds(at), "type": TYPES.get(text_of(event.get("bounce_type"), 20), "")}
    key = sha256(json.dumps([SOURCE, message.number, word, at, text_of(event.get("url"), 2000)]).encode()).hexdigest()[:32]
    return replace(report_of(entry), content_key=key)


def _argument(arguments: Any) -> str:
    """Our own word on the message; the feed writes what we sent as JSON in a text."""
    try:
        known = json.loads(arguments) if isinstance(arguments, str) else arguments
    except ValueError:
        return ""
    return text_of(known.get(ARGUMENT), 40) if isinstance(known, dict) else ""


def _seconds(written: str) -> str:
    try:
        return str(datetime.fromisoformat(written).timestamp())
    except ValueError:
        return ""


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}"
