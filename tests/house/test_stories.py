"""The stories can be read as one: their list names them all, and the tour goes the way it is told."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.house.tree import modules, parsed

STORIES = Path("tests/stories")


def test_the_list_names_every_story() -> None:
    """The docstring of tests/stories names each story once, with a line on what happens in it, and none that is not there."""
    told = ast.get_docstring(parsed(STORIES / "__init__.py")) or ""
    listed = re.findall(r"^ +(test_\w+): \w.*", told, re.MULTILINE)
    assert sorted(listed) == [module.stem for module in modules("tests/stories") if module.stem.startswith("test_")]


def test_the_tour_goes_in_the_order_it_is_told() -> None:
    """Each step of the tour is taken, once, in the order in which the steps stand in the file."""
    defined = [node for node in parsed(STORIES / "test_tour.py").body if isinstance(node, ast.FunctionDef)]
    steps = {node.name: node for node in defined if [argument.arg for argument in node.args.args] == ["tour"]}
    calls = [node.value for node in steps.pop("test_tour").body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    taken = [call.func.id for call in calls if isinstance(call.func, ast.Name)]
    assert taken
    assert taken == [name for name, node in steps.items() if _is_none(node.returns)]


def _is_none(returns: ast.expr | None) -> bool:
    return isinstance(returns, ast.Constant) and returns.value is None
