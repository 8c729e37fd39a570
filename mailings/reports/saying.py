"""Words, numbers and moments of reports in the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import yaml
from babel.dates import format_datetime
from babel.numbers import format_decimal, format_percent, get_decimal_symbol, get_group_symbol

from mailings.content.system import LANGUAGES
from mailings.errors import NotFound

HERE = Path(__file__).parent
LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # ten times as fast, where libyaml is
LOCALES = {"en": "en_GB", "nl": "nl_NL", "da": "da_DK", "no": "nb_NO", "sv": "sv_SE", "de": "de_DE"}


def say(name: str, language: str = "en", /, **values: object) -> str:
    """A text by its name, its placeholders filled. KeyError for a name there is not: a mistake of ours."""
    said = texts()[name]
    return said.get(language, said["en"]).format_map(values)


def many(name: str, n: int, language: str = "en") -> str:
    """`1 person`, `1,200 people`: our languages know one and more."""
    return say(f"{name}_{1 if n == 1 else 'n'}", language, n=number(n, language))


def label(kind: str, word: str, language: str = "en") -> str:
    """What people call a status, kind or reason (`kind` = status, kind, why, client); the word itself where we have none for it."""
    name = f"{kind}_{word}"
    return say(name, language) if name in texts() else word.replace("_", " ")


def number(value: float, language: str = "en") -> str:
    """1,234,567 as the language writes it."""
    return str(format_decimal(value, locale=LOCALES.get(language, "en_GB")))


def marks(language: str = "en") -> dict[str, object]:
    """How the language writes numbers, in the form d3-format asks for."""
    locale = LOCALES.get(language, "en_GB")
    decimal, thousands = get_decimal_symbol(locale), get_group_symbol(locale)
    return {"decimal": decimal, "thousands": thousands, "grouping": [3], "currency": ["", ""]}


def percent(value: float | None, language: str = "en", digits: int = 2) -> str:
    """A fraction as `57.14 %` (domain.md O, vector e); a dash where it was divided by nothing."""
    return "–" if value is None else str(format_percent(value, format=f"#,##0.{'0' * digits} %", locale=LOCALES.get(language, "en_GB")))


def moment(value: datetime | str, language: str = "en", pattern: str = "d MMM y HH:mm") -> str:
    """A moment or an ISO text, in UTC."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return str(format_datetime(at.astimezone(UTC), pattern, locale=LOCALES.get(language, "en_GB")))


def spoken(language: str) -> str:
    """`language`, when it is one of ours. Raises NotFound naming those there are."""
    if language not in LANGUAGES:
        raise NotFound(f"Reports do not speak {language!r}; there are {', '.join(LANGUAGES)}.")
    return language


@lru_cache(maxsize=1)
def texts() -> dict[str, dict[str, str]]:
    """Every text, and its languages below it. Raises ValueError where a language is missing or a name is there twice."""
    found: dict[str, dict[str, str]] = {}
    for path in (HERE / "words.yaml", HERE / "labels.yaml"):
        # everything is text here: to others `no` is false, and not a language
        for name, said in yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER).items():  # noqa: S506  it makes nothing but text
            if name in found or set(said) != set(LANGUAGES):
                raise ValueError(f"{path.name}: {name} is there twice, or not in every one of {', '.join(LANGUAGES)}.")
            found[name] = said
    return found
