"""What can be known of mailings of each type: nobody is seen to read a text message or a letter (domain.md A)."""

from __future__ import annotations

from collections.abc import Mapping

#: figure -> its rate, where it has one (domain.md H.1)
FIGURES: dict[str, str | None] = {
    "sent": None,
    "delivered": None,
    "opened": "open_rate",
    "clicked": "click_rate",
    "clicks": None,
    "machine_opened": None,
    "machine_clicked": None,
    "unsubscribed": "unsubscribe_rate",
    "complained": "complaint_rate",
    "bounced": "bounce_rate",
    "hard_bounced": "hard_bounce_rate",
    "soft_bounced": "soft_bounce_rate",
    "other_bounced": None,
    "failed": None,
}
#: of them what mailings that nobody is seen to read have: text messages, letters (domain.md A)
UNREAD = frozenset({"sent", "delivered", "bounced", "failed"})
PRINTED = frozenset({"sent", "failed"})  #: of letters: what became of them in the post nobody tells
_OF_READING = frozenset({"open_rate", "click_rate", "unsubscribe_rate", "complaint_rate"})
_OF_RETURNS = frozenset({"bounce_rate", "hard_bounce_rate", "soft_bounce_rate"})
_UNKNOWN = {"sms": _OF_READING, "document": _OF_READING | _OF_RETURNS}  # type -> rates it has none of: nobody knows, which is not 0 %


def is_seen(kind: str) -> bool:
    """Whether anybody is seen to read a mailing of this type: opens, clicks, mail domains and programs (domain.md A)."""
    return kind in ("email", "form_response")


def figures_of(kind: str) -> dict[str, str | None]:
    """The figures that people are shown of a mailing of this type; programs get all of them."""
    if is_seen(kind):
        return FIGURES
    shown = PRINTED if kind == "document" else UNREAD
    return {figure: rate for figure, rate in FIGURES.items() if figure in shown}


def has_rate(kind: str, rate: str) -> bool:
    """Whether mailings of this type have the rate."""
    return rate not in _UNKNOWN.get(kind, ())


def known(kind: str, numbers: Mapping[str, object]) -> dict[str, object]:
    """The numbers and rates; None for each rate that mailings of this type cannot have."""
    return dict(numbers) | dict.fromkeys(_UNKNOWN.get(kind, ()))
