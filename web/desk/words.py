"""The words of the desk in each language: a file for each part of it, a text with its languages below its name."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml

from web.pages.words import LANGUAGES

HERE = Path(__file__).parent / "words"
LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # 40 ms, where libyaml is, for the first page instead of 450

Texts = dict[str, dict[str, str]]  #: name of a text -> language -> the text


@lru_cache(maxsize=1)
def texts() -> Texts:
    """Every text of the desk."""
    found: Texts = {}
    for path in sorted(HERE.glob("*.yaml")):
        found |= _read(path)
    return found


def mistakes() -> list[str]:
    """What is wrong with them: a language that is missing, a name that stands in two files. A test asks; pages go on in English."""
    where: dict[str, str] = {}
    found = []
    for path in sorted(HERE.glob("*.yaml")):
        for name, said in _read(path).items():
            if name in where:
                found.append(f"{name} stands in {where[name]} and {path.name}")
            if missing := set(LANGUAGES) ^ set(said):
                found.append(f"{path.name}: {name} lacks, or has too many, {sorted(missing)}")
            where[name] = path.name
    return found


def say(name: str, language: str, /, **values: object) -> str:
    """A text by its name, its placeholders filled; `NAME_one`, where there is one and `n` is 1. English for other languages."""
    alone = str(values.get("n")) == "1" and texts().get(f"{name}_one")
    said = alone or texts()[name]
    return said.get(language, said["en"]).format_map(values)


def _read(path: Path) -> Texts:
    # everything is text here: to others `no` is false, and not a language
    read: Texts = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506  it makes nothing but text
    return read
