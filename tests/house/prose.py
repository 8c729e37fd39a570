"""Reads a page of the documentation as its reader does: blocks of code, words of code, the commands among them, links, headings."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent

from tests.house.tree import ROOT

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```[ ]*$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`((?:[^`\n]|\n(?!\s*\n))+)`(?!`)")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_ASSIGNED = re.compile(r"\w+=.*")
#: what may stand before `mailings` in a line that is typed; a bare word of that name may be a user, a folder or a database
_BEFORE = re.compile(r"(\w+=\S* )*|docker compose (exec|run) .*|ExecStart=")
#: a form of a command, not a command: what may be left out, what is one of several
_FORM = re.compile(r"[\[\]|…]|\.\.\.")


@dataclass(frozen=True)
class Block:
    """Fenced lines, the language they are said to be in (empty without), and the words before them since the last block or heading."""

    language: str
    text: str
    before: str


@cache
def read(page: Path) -> str:
    """The page as it is written."""
    return (ROOT / page).read_text(encoding="utf-8")


@cache
def blocks(page: Path) -> tuple[Block, ...]:
    """Every fenced block of the page, in order."""
    found, end = [], 0
    for fence in _FENCE.finditer(read(page)):
        found.append(Block(fence[2], dedent(fence[3]), read(page)[end : fence.start()]))
        end = fence.end()
    return tuple(found)


@cache
def words(page: Path) -> str:
    """What stands outside of blocks."""
    return _FENCE.sub("", read(page))


@cache
def inline(page: Path) -> tuple[str, ...]:
    """Every stretch of code among words, on one line; a bar that a table needs escaped is a bar."""
    return tuple(re.sub(r"\s+", " ", code).replace("\\|", "|") for code in _INLINE.findall(words(page)))


@cache
def links(page: Path) -> tuple[str, ...]:
    """Where links and pictures of the page lead, outside of code."""
    return tuple(_LINK.findall(_INLINE.sub("", words(page))) + _LINK.findall(_linked_code(page)))


def _linked_code(page: Path) -> str:
    return "\n".join(found[0] for found in re.finditer(r"\[`[^`]+`\]\([^)\s]+\)", words(page)))


@cache
def anchors(page: Path) -> frozenset[str]:
    """What a link may name of the page behind `#`: its headings as GitHub writes them."""
    return frozenset(re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in _HEADING.findall(words(page)))


def typed(page: Path) -> Iterator[tuple[str, ...]]:
    """The words after `mailings` of each command in a block, as a shell parts them: `("limits", "set", "installation", ...)`."""
    for block in blocks(page):
        for line in re.sub(r"\\\n\s*", "", block.text).splitlines():
            yield from _ours(line.removeprefix("$ "))


def named(page: Path) -> Iterator[tuple[str, ...]]:
    """The words after `mailings` of each command named among words, with the marks of a form (`[--json]`, `a|b`) taken off."""
    for code in inline(page):
        plain = _FORM.sub(" ", code)
        if re.fullmatch(r"mailings [a-z].*", plain):
            yield tuple(re.split(r"\s+", plain.strip())[1:]) if "'" in plain else tuple(shlex.split(plain, comments=True)[1:])
        elif not _FORM.search(code):
            yield from _ours(code)


def is_form(command: tuple[str, ...]) -> bool:
    """Whether it says how a command is formed, rather than being one."""
    return any(_FORM.search(word) for word in command)


def _ours(line: str) -> Iterator[tuple[str, ...]]:
    for found in re.finditer(r"(?:^|(?<=[\s/]))mailings (?=[a-z])", line):
        before = line[: found.start()]
        if _BEFORE.fullmatch(re.sub(r"[^\s=]*/$", "", before)):
            yield tuple(shlex.split(line[found.end() :], comments=True))
            return


def run_by(program: str, page: Path) -> Iterator[str]:
    """What follows `program` wherever the page gives it: in a block at the start of a line, among words at the start of code."""
    for code in (*inline(page), *(line.removeprefix("$ ") for block in blocks(page) for line in block.text.splitlines())):
        if found := re.match(rf"(?:\w+=\S+ )*(?:\S*/)?{program} (\S.*)", code):
            yield found[1]
