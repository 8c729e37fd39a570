"""The words of the pages in each language: those that come along, and what an installation says instead."""

from __future__ import annotations

import string
from functools import cache
from pathlib import Path

import yaml

from mailings.errors import Unreadable

LANGUAGES = ("en", "nl", "da", "no", "sv", "de")
OWN_NAMES = {"en": "English", "nl": "Nederlands", "da": "Dansk", "no": "Norsk", "sv": "Svenska", "de": "Deutsch"}
HERE = Path(__file__).parent / "words"


def words(folder: Path | None = None) -> dict[str, dict[str, str]]:
    """language -> name of a text -> the text. `folder`/words/nl.yaml and so on replace texts; an empty one brings the default back.

    Raises Unreadable for a file that is no list of texts, a text nobody asks for, or a placeholder the default does not have.
    """
    found = {language: dict(_ours(language)) for language in LANGUAGES}
    for language, texts in found.items():
        path = folder / "words" / f"{language}.yaml" if folder else None
        if path is not None and path.exists():
            texts.update(_own(path, texts))
    return found


def placeholders(text: str) -> set[str]:
    """The names in braces. Raises ValueError for braces that do not match."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@cache  # they came along and change with us alone
def _ours(language: str) -> dict[str, str]:
    return _read(HERE / f"{language}.yaml")


def _own(path: Path, defaults: dict[str, str]) -> dict[str, str]:
    own = {name: text for name, text in _read(path).items() if text.strip()}
    for name, text in own.items():
        if name not in defaults:
            raise Unreadable(f"{path} has a text named {name}, which no page asks for; the names stand in {HERE / path.name}.")
        try:
            unknown = placeholders(text) - placeholders(defaults[name])
        except ValueError as error:
            raise Unreadable(f"{path}, {name}: {error}. Braces stand around placeholders; write a brace itself twice.") from None
        if unknown:
            raise Unreadable(f"{path}, {name}: there is nothing to put in for {{{min(unknown)}}}; the default is: {defaults[name]}")
    return own


def _read(path: Path) -> dict[str, str]:
    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Unreadable(f"{path} cannot be read: {' '.join(str(error).split())}.") from None
    if not isinstance(read, dict) or not all(isinstance(name, str) for name in read):
        raise Unreadable(f"{path} must be lines of NAME: text.")
    return {name: "" if text is None else str(text) for name, text in read.items()}
