"""The messages the installation sends by itself, in six languages: one layout, and the words of each message and language."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from pathlib import Path

import yaml

from mailings.content.compiling import Sources
from mailings.settings import Settings

HERE = Path(__file__).parent
LANGUAGES = ("en", "nl", "da", "no", "sv", "de")
#: message -> the link it is about
MESSAGES = {"preferences-link": "preferences", "confirm-sign-up": "confirm", "confirm-submission": "confirm_submission"}
_SAME = {"nb": "no", "nn": "no"}


def language_of(*wanted: str) -> str:
    """The first of `wanted` (such as `nb-NO`, empty where unknown) that we speak, else English."""
    short = (_SAME.get(word[:2].lower(), word[:2].lower()) for word in wanted)
    return next((word for word in short if word in LANGUAGES), "en")


def shipped(which: str, language: str, settings: Settings) -> Sources:
    """The templates of one message in one language, saying how long its link holds (domain.md J.4, D21)."""
    minutes, days = str(settings.confirm_minutes), str(settings.preferences_days)
    told = {name: text.replace("{minutes}", minutes).replace("{days}", days) for name, text in _words(which, language).items()}
    told |= {"language": language, "link": f"[[ link.{MESSAGES[which]} ]]"}
    return Sources(told["subject"], _filled("layout.html", told, html=True), _filled("layout.txt", told, html=False), told["preheader"])


def _filled(layout: str, words: dict[str, str], *, html: bool) -> str:
    text = _layout(layout)
    for name, word in words.items():
        # quotes stand in variables too, and need no escape outside attributes
        text = text.replace("{" + name + "}", escape(word, quote=False) if html else word)
    return text


@lru_cache(maxsize=2)
def _layout(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


@lru_cache(maxsize=len(LANGUAGES) * len(MESSAGES))
def _words(which: str, language: str) -> dict[str, str]:
    read: dict[str, str] = yaml.safe_load((HERE / which / f"{language}.yaml").read_text(encoding="utf-8"))
    return read
