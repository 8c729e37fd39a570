"""ARCHITECTURE.md leads to the code: every file it names is there, and whatever it says is decided in a file is defined in that file."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, modules, parsed

PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.split("## Where it is decided")[1].split("\n## ")[0].splitlines() if line.startswith("| ")][1:]
NAMED = re.compile(r"`([\w/]+\.py)`(?:: ((?:`\w+`(?:, )?)+))?")  # a file, and the names after its colon


@pytest.mark.parametrize("name", sorted({name for name, _ in NAMED.findall(PAGE)}))
def test_every_file_of_the_drawing_is_there(name: str) -> None:
    """A file that ARCHITECTURE.md names, in full or by the end of its path, is a module of the house."""
    ours = [*modules(), *modules("tests", "migrations")]
    assert any(f"/{module}".endswith(f"/{name}") for module in ours), name


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_every_answer_stands_where_it_is_said_to(row: str) -> None:
    """A question leads to files in full, each with names that are defined in it, and to the page that explains the answer."""
    _, where, page = row.strip("|").split("|")
    answers = NAMED.findall(where)
    assert answers
    for file, names in answers:
        assert names, f"{file}: which name in it?"
        assert set(re.findall(r"\w+", names)) <= defined(Path(file))
    assert "](docs/" in page


def defined(module: Path) -> set[str]:
    """What a module defines for others to find."""
    found = set()
    for node in parsed(module).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            found.add(node.name)
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found
