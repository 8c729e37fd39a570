"""What SendGrid counted for each mailing, by the category its messages carry (sendgrid.md 6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from mailings.transports.sendgrid.asking import Questions

TOGETHER = 10  # categories in a question, at most
RIGHT = "MAILINGS_SENDGRID_API_KEY needs the right Category Stats, Read Access."
#: what we call it -> their numbers that make it up. A block is a bounce to us, and a message not even tried is dropped whatever for
MADE_OF = {
    "taken": ("requests",),
    "delivered": ("delivered",),
    "bounced": ("bounces", "blocks"),
    "dropped": ("bounce_drops", "spam_report_drops", "unsubscribe_drops", "invalid_emails"),
    "complained": ("spam_reports",),
    "unsubscribed": ("unsubscribes",),
    "opened": ("unique_opens",),
    "clicked": ("unique_clicks",),
}

Numbers = Counter[str]  #: word of MADE_OF -> messages


def counted(questions: Questions, categories: Sequence[str], first: datetime, last: datetime) -> dict[str, Numbers]:
    """What SendGrid counted for each category from the day of `first` to that of `last`, both included, added up.

    Raises what `Questions.ask` does.
    """
    found: dict[str, Numbers] = {category: Counter() for category in categories}
    days = {"start_date": f"{first:%Y-%m-%d}", "end_date": f"{last:%Y-%m-%d}", "aggregated_by": "day"}
    for begin in range(0, len(categories), TOGETHER):
        asked = days | {"categories": list(categories[begin : begin + TOGETHER])}
        told = questions.ask(("categories", "stats"), asked, "its statistics", RIGHT)
        for category, metrics in _told(told):
            if category in found:
                found[category].update({word: sum(_number(metrics.get(one)) for one in made) for word, made in MADE_OF.items()})
    return found


def _told(told: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Category and numbers of each day; what has another shape is passed over."""
    for day in told if isinstance(told, list) else ():
        for one in day.get("stats") or () if isinstance(day, dict) else ():
            if isinstance(one, dict) and isinstance(one.get("metrics"), dict):
                yield str(one.get("name")), one["metrics"]


def _number(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
