"""What SendGrid's double answers to questions: lists of suppressions, statistics by category, the activity feed where it was bought."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

NOT_BOUGHT = {"errors": [{"message": "access forbidden", "field": None}]}
BETWEEN = re.compile(r'status="not_delivered" AND last_event_time BETWEEN TIMESTAMP "([^"]+)" AND TIMESTAMP "([^"]+)"')
METRICS = (
    *("blocks", "bounce_drops", "bounces", "clicks", "deferred", "delivered", "invalid_emails", "opens", "processed", "requests"),
    *("spam_report_drops", "spam_reports", "unique_clicks", "unique_opens", "unsubscribe_drops", "unsubscribes"),
)


class Account(Protocol):
    """What is known of the account. `stats` = category -> day -> its numbers; `activity` = messages and events, None = not bought."""

    stats: dict[str, dict[str, dict[str, int]]]
    activity: list[dict[str, Any]] | None
    questions: list[str]

    def listed(self, kind: str, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        """A page of a suppression list."""


def answer_to(account: Account, address: str) -> tuple[int, Any]:
    """Status and body of the answer to GET of that address."""
    parts = urlsplit(address)
    path, asked = parts.path.removeprefix("/v3/"), parse_qs(parts.query)
    account.questions.append(path)
    if path.startswith("suppression/"):
        return 200, account.listed(path.removeprefix("suppression/"), {name: values[0] for name, values in asked.items()})
    if path == "categories/stats":
        return _statistics(account, asked)
    if path == "messages" or path.startswith("messages/"):
        return (403, NOT_BOUGHT) if account.activity is None else _activity(account.activity, path, asked)
    return 404, {"errors": [{"message": "not found", "field": None}]}


def _statistics(account: Account, asked: Mapping[str, list[str]]) -> tuple[int, Any]:
    """Every day of those asked for, each with every category asked for, at most ten; zeros where there was nothing."""
    categories = asked["categories"]
    if len(categories) > 10 or asked.get("aggregated_by", ["day"]) != ["day"]:
        return 400, {"errors": [{"message": "too many categories", "field": "categories"}]}
    first, last = (date.fromisoformat(asked[name][0]) for name in ("start_date", "end_date"))
    days = [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]
    return 200, [{"date": day, "stats": [_of(account, category, day) for category in categories]} for day in days]


def _of(account: Account, category: str, day: str) -> dict[str, Any]:
    told = account.stats.get(category, {}).get(day, {})
    return {"type": "category", "name": category, "metrics": dict.fromkeys(METRICS, 0) | told}


def _activity(messages: list[dict[str, Any]], path: str, asked: Mapping[str, list[str]]) -> tuple[int, Any]:
    if path != "messages":
        found = [message for message in messages if message["msg_id"] == path.removeprefix("messages/")]
        return (200, found[0]) if found else (404, {"errors": [{"message": "not found", "field": None}]})
    read = BETWEEN.fullmatch(asked["query"][0])
    limit = int(asked["limit"][0])
    if read is None or not 1 <= limit <= 1000:
        return 400, {"errors": [{"message": "invalid query", "field": "query"}]}
    first, last = (datetime.fromisoformat(read[n]) for n in (1, 2))
    at = {one["msg_id"]: datetime.fromisoformat(one["last_event_time"]) for one in messages}
    there = [one for one in messages if one["status"] == "not_delivered" and first <= at[one["msg_id"]] <= last]
    there.sort(key=lambda one: one["last_event_time"], reverse=True)
    shown = ("from_email", "msg_id", "subject", "to_email", "status", "opens_count", "clicks_count", "last_event_time")
    return 200, {"messages": [{name: one.get(name) for name in shown} for one in there[:limit]]}
