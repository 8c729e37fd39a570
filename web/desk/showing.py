"""How the desk writes shares and moments in the reader's language; numbers as reports do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from babel.numbers import format_percent
from markupsafe import Markup

from mailings.readable import spoken
from mailings.reports.saying import LOCALES, number
from mailings.reports.saying import moment as written


def share(value: float | None, language: str = "en") -> str:
    """A fraction as a percentage with up to two decimals; a dash where there is none."""
    return "–" if value is None else str(format_percent(value, format="#,##0.0# %", locale=LOCALES.get(language, "en_GB")))


def moment(value: datetime | None, language: str = "en") -> str:
    """Day and minute in UTC, with the zone; a dash where there is none."""
    return "–" if value is None else f"{written(value, language)} UTC"


def when(value: datetime | None, language: str = "en") -> str:
    """The same as an element of a page: the reader's browser shows it in its own zone, where it runs our script."""
    if value is None:
        return moment(None)
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(timespec="seconds"), moment(value, language))


def day(value: datetime, language: str = "en") -> str:
    """The day alone, for long lists; a browser tells the minute, too."""
    shown = written(value, language, "d MMM y")
    return Markup('<time datetime="{}" data-day>{}</time>').format(value.isoformat(timespec="seconds"), shown)


def said(reason: str | None, code: str | None = "") -> str:
    """What a server said, its code first, and once where its words begin with it, `550 5.1.1 No such user`."""
    code, reason = code or "", reason or ""
    return reason if reason.startswith(code) else f"{code} {reason}".strip()


FILTERS: dict[str, Callable[..., Any]] = {
    "number": number,
    "share": share,
    "moment": moment,
    "when": when,
    "day": day,
    "said": said,
    "spoken": spoken,
}
