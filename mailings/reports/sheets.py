"""The sheets of a report's workbook behind the first, by type of mailing."""

from __future__ import annotations

from mailings.reports.seen import is_seen

#: sheet -> its columns and how wide they are, in letters
COLUMNS = {
    "recipients": {"name": 28, "email": 34, "company": 26, "status": 24, "sent_at": 19, "opened_at": 19, "clicked_at": 19},
    "links": {"number": 8, "name": 26, "address_of_link": 60, "clickers": 18, "clicks": 14, "machine_clicks": 18},
    "bounces": {"name": 28, "email": 34, "company": 26, "kind": 24, "why": 26, "code": 12, "said": 60, "sent_at": 19},
    "hours": {"hour": 19, "opened": 12, "clicked": 12},
}


def columns_of(kind: str) -> dict[str, dict[str, int]]:
    """The sheets of a mailing of this type, and their columns: where nobody is seen to read it, nothing is said of reading."""
    if is_seen(kind):
        return COLUMNS
    reached = {"sms": "mobile", "document": "postal"}[kind]
    kept = {title: COLUMNS[title] for title in ("recipients", "bounces")}
    named = {title: {reached if word == "email" else word: wide for word, wide in those.items()} for title, those in kept.items()}
    return named | {"recipients": {word: wide for word, wide in named["recipients"].items() if word not in ("opened_at", "clicked_at")}}
