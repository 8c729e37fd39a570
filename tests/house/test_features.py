"""docs/reference/features.md tells of every feature once, and each row it calls done is proven by tests that there are."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.house.tree import ROOT, parsed

PAGE = Path("docs/reference/features.md")
FEATURES = 156
STATUSES = ("done", "differently", "not")
WHY = "*Why:* "
_ROW = re.compile(r"^\| (\d+) \|(.*)\|$", re.MULTILINE)
_PROOF = re.compile(r"\[([\w/.]+)::(\w+)\]\(([^)]+)\)")


class Row(NamedTuple):
    """One feature as the page has it."""

    number: int
    feature: str
    status: str
    here: str
    proof: str

    @property
    def proofs(self) -> list[tuple[str, str, str]]:
        """(file below tests/, function, where the link leads) of each proof."""
        return _PROOF.findall(self.proof)


@cache
def written() -> str:
    """The page."""
    return (ROOT / PAGE).read_text(encoding="utf-8")


@cache
def rows() -> tuple[Row, ...]:
    """Every row of the page, in its order."""
    found = [(int(number), *(cell.strip() for cell in cells.split("|"))) for number, cells in _ROW.findall(written())]
    assert {len(row) for row in found} == {5}, "a row has a number, a feature, a status, how it is here, and its proof"
    return tuple(Row(*row) for row in found)


@cache
def defined_in(file: Path) -> frozenset[str]:
    """The tests that a file defines."""
    return frozenset(one.name for one in parsed(file).body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


EVERY = pytest.mark.parametrize("row", rows(), ids=lambda row: str(row.number))


def test_none_is_left_out() -> None:
    """The rows are numbered from 1 to the last without a gap, and no feature stands there twice."""
    assert [row.number for row in rows()] == list(range(1, FEATURES + 1))
    assert [feature for feature, n in Counter(row.feature for row in rows()).items() if n > 1] == []


def test_the_head_counts_right() -> None:
    """The sentence at the head says how many rows have each status, and there is no other status."""
    counts = Counter(row.status for row in rows())
    assert counts.keys() <= set(STATUSES)
    assert f"**{', '.join(f'{counts[status]} {status}' for status in STATUSES)}.**" in written()


@EVERY
def test_what_is_not_as_it_was_says_why(row: Row) -> None:
    """A row that is not simply done gives its reason, one that is needs none; what is there is said to be somewhere."""
    before, found, why = row.here.partition(WHY)
    assert bool(found) is (row.status != "done")
    assert not found or len(why.split()) > 2, "a reason is a sentence"
    assert row.status == "not" or len(before.strip(" –")) > 1


@EVERY
def test_each_names_tests_that_there_are(row: Row) -> None:
    """What is here, wholly or otherwise, is proven; each proof is a test in the file its link leads to; nothing else stands there."""
    assert row.proofs or row.status == "not"
    assert _PROOF.sub("", row.proof).replace("<br>", "") == ("" if row.proofs else "–")
    for file, function, target in row.proofs:
        there = Path("tests", file)
        assert (ROOT / PAGE.parent / target).resolve() == (ROOT / there).resolve()
        assert function.startswith("test_")
        assert function in defined_in(there), f"{there} has no {function}"
