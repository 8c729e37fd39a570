"""A report's document as `report_of` writes it, with figures of one's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

SENT = datetime(2026, 11, 20, 8, 12, tzinfo=UTC)
RATES = {
    "open_rate": ("opened", "delivered"),
    "click_rate": ("clicked", "delivered"),
    "unsubscribe_rate": ("unsubscribed", "delivered"),
    "complaint_rate": ("complained", "delivered"),
    "hard_bounce_rate": ("hard_bounced", "sent"),
    "soft_bounce_rate": ("soft_bounced", "sent"),
    "bounce_rate": ("bounced", "sent"),
}


def document(**figures: Any) -> dict[str, Any]:
    """The figures given, nothing for the others; rates as domain.md H.1 divides them."""
    numbers = ("sent", "failed", "opened", "clicked", "clicks", "machine_opened", "machine_clicked", "unsubscribed", "complained")
    told: dict[str, Any] = dict.fromkeys((*numbers, "hard_bounced", "soft_bounced", "other_bounced"), 0) | figures
    told.setdefault("bounced", told["hard_bounced"] + told["soft_bounced"] + told["other_bounced"])
    told.setdefault("delivered", told["sent"] - told["bounced"])
    told |= {rate: told[n] / told[of] if told[of] else None for rate, (n, of) in RATES.items()}
    empty: dict[str, Any] = {"links": [], "domains": [], "hours": [], "clients": [], "bounces": [], "recipients_by_status": {}}
    return empty | {"as_of": (SENT + timedelta(days=3)).isoformat()} | told


def link(number: int, clickers: int, name: str = "", url: str = "") -> dict[str, Any]:
    """A link's row: everybody clicked it one and a half times."""
    return {
        "number": number,
        "url": url or f"https://www.fjord.test/tilbud/{number}/?utm_source=nyheter",
        "name": name,
        "clickers": clickers,
        "clicks": clickers + clickers // 2,
        "machine_clicks": 1,
    }


def hour(after: int, opened: int, clicked: int = 0) -> dict[str, Any]:
    """The row of an hour, so many hours after the first message."""
    at = SENT.replace(minute=0) + timedelta(hours=after)
    return {"at": at.isoformat(), "opened": opened, "clicked": clicked}


def vector_e() -> dict[str, Any]:
    """Test vector (e) of domain.md O: 10 sent, 2 hard, 1 soft, 4 opened, 3 clickers; and what stands around it."""
    return document(
        sent=10,
        hard_bounced=2,
        soft_bounced=1,
        opened=4,
        clicked=3,
        clicks=5,
        machine_opened=2,
        unsubscribed=1,
        links=[link(1, 3, "tilbud"), link(2, 1)],
        domains=[
            {"domain": "fjord.test", "sent": 8, "delivered": 6, "opened": 4, "clicked": 3, "bounced": 2, "complained": 0},
            {"domain": "blåbær.test", "sent": 2, "delivered": 1, "opened": 0, "clicked": 0, "bounced": 1, "complained": 0},
        ],
        hours=[hour(0, 1), hour(2, 3, 3)],
        clients=[{"client": "Apple Mail", "opened": 3}, {"client": "Outlook", "opened": 1}],
        bounces=[{"why": "mailbox", "kind": "hard", "n": 2}, {"why": "full", "kind": "soft", "n": 1}],
        recipients_by_status={"sent": 3, "read": 4, "bounced": 2, "soft_bounced": 1},
    )
