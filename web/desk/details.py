"""What the log tells of a change, in words of the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mailings.audience.labels import VERDICT_LABELS
from mailings.people.report import Spoken
from mailings.reports.saying import label, number
from web.desk.showing import moment
from web.desk.words import say, texts

#: key and value of a detail -> the text that says it
WORDS = {
    ("unknown", "keep"): "import_unknown_keep",
    ("unknown", "skip"): "import_unknown_skip",
    ("kind", "static"): "group_static",
    ("kind", "dynamic"): "group_dynamic",
    ("how", "password"): "user_by_password",
    ("how", "oidc"): "user_by_oidc",
    **{("status", word): f"submission_{word}" for word in ("unconfirmed", "submitted", "processed", "failed")},
}
IDENTITIES = {"number", "address", "topic", "person"}  # a number that names something is written as it is


def in_words(details: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """Each detail as (what it is, what it says), `("left out", "no consent: 1")`; a key without a text of ours is said as it stands."""
    return [(_name(key, language), _value(key, value, language)) for key, value in details.items()]


def _name(key: str, language: str) -> str:
    return say(f"detail_{key}", language) if f"detail_{key}" in texts() else key.replace("_", " ")


def _value(key: str, value: Any, language: str) -> str:
    if isinstance(value, Mapping):
        pairs = (f"{_reason(one, language)}: {_value(key, n, language)}" for one, n in value.items())
        return ", ".join(pairs) or "–"
    if isinstance(value, list | tuple):
        return ", ".join(_word(key, str(one), language) for one in value) or "–"
    if isinstance(value, int | float) and not isinstance(value, bool) and key not in IDENTITIES:
        return number(value, language)
    return "–" if value in (None, "") else _word(key, str(value).lower() if isinstance(value, bool) else str(value), language)


def _reason(word: str, language: str) -> str:
    if word == "queued":
        return say("detail_queued", language)
    said = label("status", VERDICT_LABELS.get(word, word), language)
    return said[:1].lower() + said[1:] if language != "de" else said


def _word(key: str, word: str, language: str) -> str:
    if key == "decided":
        return _reason(word, language)
    if key == "at":
        return moment(datetime.fromisoformat(word), language)
    if (key, word) in WORDS:
        return say(WORDS[key, word], language)
    if key in {"roles", "before", "after"} and f"role_{word}" in texts():
        return say(f"role_{word}", language)
    return Spoken(language).word("values", word) if key == "basis" or word in {"true", "false"} else word
