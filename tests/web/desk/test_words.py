"""Every page of the desk finds its words, in every language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from web.desk.words import HERE, mistakes, texts
from web.pages.words import LANGUAGES, placeholders

DESK = HERE.parent


def test_every_text_is_there_in_every_language() -> None:
    """A text that one language lacks, or that stands in two files, is a mistake that shows here and not on a page."""
    assert mistakes() == []


@pytest.mark.parametrize("name", sorted(texts()))
def test_translations_fill_in_the_same(name: str) -> None:
    """What English fills in is filled in everywhere: a placeholder less would hide a figure, one more would break the page."""
    said = texts()[name]
    assert {language: placeholders(said[language]) for language in LANGUAGES} == dict.fromkeys(LANGUAGES, placeholders(said["en"]))


@pytest.mark.parametrize("page", sorted((DESK / "templates").rglob("*.html")), ids=lambda page: page.name)
def test_pages_ask_for_words_that_there_are(page: Path) -> None:
    """Whatever a template asks for by a whole name is there."""
    asked = set(re.findall(r"""say\("(\w+)"[,)]""", page.read_text(encoding="utf-8")))
    assert asked <= set(texts())
