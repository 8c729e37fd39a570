"""Every page of the desk finds its words, in every language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from web.desk.showing import said
from web.desk.words import HERE, mistakes, say, texts
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


def test_a_topic_has_one_name() -> None:
    """Staff read `topic`, as at the terminal, a word that is not the subject's; a person's page says once what readers call it."""
    for language in LANGUAGES:
        topic = say("col_topic", language)
        assert topic not in (say("fact_subject", language), say("person_takes", language))
        for name in ("detail_topic", "averages", "without_topic", "person_topics", "person_which_topic"):
            assert topic[:4].lower() in say(name, language).lower(), (language, name)  # Thema, Themen
    named = [name for name in texts() if "subscription" in texts()[name]["en"].lower()]
    assert sorted(named) == ["person_topics", "verdict_not_subscribed"]


def test_one_is_not_many() -> None:
    """Of one it is said as of one, whether the number comes as a number or written; of none and of eleven as of many."""
    assert say("again_note", "en", n=1).startswith("1 message is queued; it leaves")
    assert (say("mailings_n", "en", n="1"), say("mailings_n", "nl", n=1)) == ("1 mailing", "1 mailing")
    assert [say("mailings_n", "en", n=n) for n in (0, 11, "1,001")] == ["0 mailings", "11 mailings", "1,001 mailings"]
    assert say("cause_bounced", "de", n=1) == "Einmal zurückgekommen."
    assert say("sign_out", "nl") == "Uitloggen"


@pytest.mark.parametrize("name", sorted(name for name in texts() if name.endswith("_one") and name.removesuffix("_one") in texts()))
def test_what_is_said_of_one_asks_for_no_more(name: str) -> None:
    """A text for one fills in nothing that the text for many does not: who asks for it need not know there is one."""
    assert placeholders(texts()[name]["en"]) <= placeholders(texts()[name.removesuffix("_one")]["en"])


def test_a_code_is_said_once() -> None:
    """Where a server's words begin with its code, the code does not stand there twice; where they do not, it stands before them."""
    assert said("550 5.1.1 Ukjent mottaker", "550 5.1.1") == "550 5.1.1 Ukjent mottaker"
    assert said("Ukjent mottaker", "550 5.1.1") == "550 5.1.1 Ukjent mottaker"
    assert (said(None, "550"), said("Ukjent", None), said(None, None)) == ("550", "Ukjent", "")
