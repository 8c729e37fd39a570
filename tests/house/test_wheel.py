"""What an installation without a checkout has: every file the code reads lies in the wheel, words, pages and lists as well as modules."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest
from setuptools import find_namespace_packages

from tests.house.tree import ROOT

#: files beside the code that people copy from a checkout and no code reads
LEFT = {"deployments/Dockerfile", "deployments/compose.env.example", "deployments/mailings.env.example"}
_MADE = {"__pycache__"}
TOLD = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]


def _files() -> list[Path]:
    rooms = sorted({name.rstrip("*") for name in TOLD["packages"]["find"]["include"]})
    found = (file for room in rooms for file in (ROOT / room).rglob("*") if file.is_file() and not _MADE & set(file.parts))
    return [file.relative_to(ROOT) for file in found]


@cache
def _packages() -> set[str]:
    return set(find_namespace_packages(str(ROOT), include=TOLD["packages"]["find"]["include"]))


def _brought(file: Path) -> bool:
    patterns = ["*.py", *TOLD["package-data"]["*"]]
    return ".".join(file.parent.parts) in _packages() and any(fnmatch(file.name, pattern) for pattern in patterns)


def test_a_wheel_brings_every_file() -> None:
    """Each file of the packages, but for those people copy from a checkout, is in a package and of an ending that a wheel brings."""
    files = _files()
    assert [str(file) for file in files if not _brought(file) and str(file) not in LEFT] == []
    assert {str(file) for file in files} >= LEFT


@pytest.mark.parametrize("ending", [".yaml", ".html", ".css", ".js", ".csv", ".txt", ".lark", ".mako"])
def test_every_ending_is_needed(ending: str) -> None:
    """An ending that a wheel brings is one the packages have: the list grows with them and shrinks with them."""
    assert any(file.suffix == ending for file in _files())
    assert f"*{ending}" in TOLD["package-data"]["*"]
