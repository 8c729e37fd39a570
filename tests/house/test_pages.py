"""What the pages promise is what the code does: diagrams, statuses, settings, commands, what was tortured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.inspection import known_settings
from cli.main import COMMANDS, GROUPS, Commands
from mailings.model import LIFE, Verdict
from mailings.model.delivery import DeliveryStatus
from mailings.plugins import transport_names
from mailings.seams import Seam
from tests.house.tree import ROOT, written
from tests.torture.far_sides import APART

_ARROW = re.compile(r"^\s*(\w+)\s*-->\s*(\w+)\s*:\s*([\w ,]+?)\s*$", re.MULTILINE)
_MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/|pypi\.org/simple|index-url|https?://[\w.]*(?:proxy|mirror|registry)\.")


def _read(page: str | Path) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def test_the_drawn_life_of_a_mailing_is_the_one_in_code() -> None:
    """The diagram on docs/concepts/statuses.md has exactly the arrows of LIFE."""
    drawing = _read("docs/concepts/statuses.md").split("```mermaid")[1].split("```")[0]
    drawn = {(a, b, verb.strip()) for a, b, verbs in _ARROW.findall(drawing) for verb in verbs.split(",")}
    assert drawn == {(origin.value, target.value, verb) for verb, (origins, target) in LIFE.items() for origin in origins}


@pytest.mark.parametrize("word", [*DeliveryStatus, *Verdict], ids=str)
def test_every_status_and_verdict_is_explained(word: str) -> None:
    """Each status of a delivery and each verdict on a recipient has its line on the page that explains them."""
    page = "statuses.md" if word in list(DeliveryStatus) else "who-gets-it.md"
    assert re.search(rf"^\| `{word}` \|", _read(f"docs/concepts/{page}"), re.MULTILINE), word


def test_every_example_setting_is_one() -> None:
    """Every name in .env.example is a setting that is read."""
    named = re.findall(r"^#?\s?(MAILINGS_\w+)=", _read(".env.example"), re.MULTILINE)
    assert named
    assert set(named) <= known_settings()


def test_every_setting_is_on_its_page() -> None:
    """docs/reference/settings.md and .env.example name every setting there is."""
    explained = set(re.findall(r"`(MAILINGS_\w+)`", _read("docs/reference/settings.md")))
    assert known_settings() <= explained
    assert known_settings() - {"MAILINGS_TEST_DATA"} <= set(re.findall(r"MAILINGS_\w+", _read(".env.example")))


def test_every_command_is_on_its_page() -> None:
    """docs/reference/cli.md has a line for every command one can type."""
    page = _read("docs/reference/cli.md")
    for words in _commands():
        assert f"`mailings {words}" in page, words


@pytest.mark.parametrize("seam", Seam)
def test_every_seam_was_tortured(seam: Seam) -> None:
    """The table on docs/concepts/guarantees.md, printed by torture, has a line of kills for each seam, and no broken promise."""
    printed = _read("docs/concepts/guarantees.md").split("<!-- torture -->")[1]
    apart = "".join(map(_read, APART.values()))  # a transport that is killed at its seams by a test of its own
    assert re.search(rf"^ *{seam.value} .*\d/\d", printed, re.MULTILINE) or f'"{seam.name}"' in apart, seam
    assert set(transport_names()) - set(APART) <= set(re.findall(r"\w+", printed))
    assert " 0 broken promises" in printed


def test_nothing_names_a_machine() -> None:
    """No file names a folder of somebody's machine or a host packages come from."""
    named = [
        f"{file}: {found.group()}"
        for file in written()
        if file != Path("tests/house/test_pages.py")
        for found in _MACHINE.finditer(_read(file))
    ]
    assert not named


def _commands() -> list[str]:
    found = []
    for name in COMMANDS:
        command = Commands().get_command(None, name)
        found += [f"{name} {word}" for word in command.commands] if name in GROUPS else [name]
    return found
