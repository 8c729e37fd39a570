"""Every language says everything, and an installation may say it otherwise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailings.errors import Unreadable
from mailings.settings import Settings
from web.pages import LANGUAGES, Pages
from web.pages.words import placeholders, words

PAGES = Path(__file__).parents[2] / "web" / "pages"
_SAID = re.compile(r"say\(([^()]*)")
_NAME = re.compile(r'"(\w+)"')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An installation's own folder, with room for words."""
    (tmp_path / "words").mkdir()
    return tmp_path


def own(folder: Path, text: str, language: str = "nl") -> Pages:
    """The pages of an installation that says this in a language."""
    (folder / "words" / f"{language}.yaml").write_text(text, encoding="utf-8")
    return Pages(Settings(pages=folder))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts_with_the_same_placeholders(language: str) -> None:
    """No page comes half in English, and none fails for want of a value."""
    said = words()
    assert said[language].keys() == said["en"].keys()
    assert all(text.strip() for text in said[language].values())
    assert {name: placeholders(text) for name, text in said[language].items()} == {
        name: placeholders(text) for name, text in said["en"].items()
    }


def test_every_text_a_page_asks_for_is_there() -> None:
    """Templates name no text that nobody wrote."""
    asked = {
        name for page in PAGES.glob("*.html") for said in _SAID.findall(page.read_text(encoding="utf-8")) for name in _NAME.findall(said)
    }
    assert asked - {"note_"} <= words()["en"].keys()
    assert len(asked) > 30


def test_an_installation_says_it_otherwise(folder: Path) -> None:
    """Only the texts in its file change; an empty one brings the default back."""
    pages = own(folder, 'quiet_title: Hier is niets\nquiet_body: ""\n')
    assert pages.say("quiet_title", "nl") == "Hier is niets"
    assert pages.say("quiet_body", "nl") == words()["nl"]["quiet_body"]
    assert pages.say("quiet_title", "da") == words()["da"]["quiet_title"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("quite_title: x\n", r"has a text named quite_title, which no page asks for"),
        ("quiet_title: x {name}\n", r"there is nothing to put in for \{name\}"),
        ("quiet_title: x {\n", r"Braces stand around placeholders"),
        ("- a\n- b\n", r"must be lines of NAME: text"),
        ("quiet_title: [\n", r"cannot be read"),
    ],
)
def test_a_mistake_in_them_is_told_when_the_door_opens(folder: Path, text: str, says: str) -> None:
    """Not when the first reader comes."""
    with pytest.raises(Unreadable, match=says):
        own(folder, text)


def test_an_installation_has_its_own_look(folder: Path) -> None:
    """A logo is shown in place of the name, a style is added to ours; both under names that change with them."""
    plain = Pages(Settings(company_name="Fjord & Søn"))
    (folder / "logo.svg").write_text("<svg/>")
    (folder / "style.css").write_text("h1 { color: teal; }")
    pages = Pages(Settings(company_name="Fjord & Søn", pages=folder, public_url="https://acme.test/post/"))
    page = pages.render("quiet", "no")
    assert f'<img class="logo" src="{pages.url_of("logo")}" alt="Fjord &amp; Søn">' in page
    assert pages.url_of("style.css").startswith("/post/static/style-")
    assert pages.url_of("style.css").rsplit("/")[-1] != plain.url_of("style.css").rsplit("/")[-1]
    content, kind = pages.static[pages.url_of("logo").rsplit("/", 1)[1]]
    assert (content, kind) == (b"<svg/>", "image/svg+xml")
    assert '<p class="company">Fjord &amp; Søn</p>' in plain.render("quiet", "no")


def test_a_folder_that_is_none_is_told() -> None:
    """A wrong MAILINGS_PAGES is a sentence, not a page without style."""
    with pytest.raises(Unreadable, match=r"MAILINGS_PAGES names nowhere, which is no folder\."):
        Pages(Settings(pages=Path("nowhere")))
