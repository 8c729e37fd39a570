"""The words of the desk in each language: a file for each part of it, a text with its languages below its name."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml

from web.pages.words import LANGUAGES

HERE = Path(__file__).parent / "words"

Texts = dict[str, dict[str, str]]  #: name of a text -> language -> the text


@lru_cache(maxsize=1)
def texts() -> Texts:
    """Every text of the desk. Raises ValueError where a language is missing, or a name stands in two files: a mistake of ours."""
    found: Texts = {}
    for path in sorted(HERE.glob("*.yaml")):
        for name, said in _read(path).items():
            if name in found or set(said) != set(LANGUAGES):
                raise ValueError(f"{path.name}: {name} is there twice, or not in every one of {', '.join(LANGUAGES)}.")
            found[name] = said
    return found


def say(name: str, language: str, **values: object) -> str:
    """A text by its name, its placeholders filled. English where the language is none of ours."""
    said = texts()[name]
    return said.get(language, said["en"]).format_map(values)


def _read(path: Path) -> Texts:
    # everything is text here: to others `no` is false, and not a language
    read: Texts = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  it makes nothing but text
    return read
