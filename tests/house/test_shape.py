"""Files and functions stay small enough to be read in one go, and every module says what it is for."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median, quantiles

import pytest

from tests.house.tree import ROOT, modules, parsed

pytestmark = pytest.mark.xdist_group("shape")  # one worker parses the whole house, not each

FILE, FUNCTION, FUNCTION_MEDIAN, PARAMETERS = 200, 30, 8, 4
FILE_P90 = 150  # the house aims at 120; until then it does not grow

#: "file" or "file:function" -> why it may be longer. Empty at best.
LONGER: dict[str, str] = {}
#: rooms whose functions may take more: an option of a command and a field of a flow's form is a parameter
BELONGS = ("self", "cls", "session", "connection")  #: what a method or a verb works on is no choice of its caller's
FORMS = ("cli/", "flows/")


def _lines(module: Path) -> int:
    return len((ROOT / module).read_text(encoding="utf-8").splitlines())


def _functions(module: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(parsed(module)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _taken(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    arguments = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
    return len([a for a in arguments if a.arg not in BELONGS])


def _with_something_in_it() -> list[Path]:
    return [m for m in modules() + modules("tests", "bench") if (ROOT / m).stat().st_size]  # an empty tests/x/__init__.py says enough


def test_modules_say_what_they_are_for() -> None:
    """The first line of every module is a sentence on what it is for."""
    said = {module: ast.get_docstring(parsed(module)) or "" for module in _with_something_in_it()}
    assert {module: told for module, told in said.items() if len(told.partition("\n")[0]) <= 15} == {}


def test_files_are_read_in_one_go() -> None:
    """No file is longer than 200 lines."""
    lines = {str(module): _lines(module) for module in modules() + modules("tests")}
    assert {name: count for name, count in lines.items() if count > FILE and name not in LONGER} == {}


def test_functions_are_read_at_a_glance() -> None:
    """No function is longer than 30 lines, and none takes more than four parameters beside what it works on."""
    every = [(f"{module}:{function.name}", function) for module in modules() for function in _functions(module)]
    assert len(every) > 1000
    assert {name: _length(f) for name, f in every if _length(f) > FUNCTION and name not in LONGER} == {}
    assert {name: _taken(f) for name, f in every if _taken(f) > PARAMETERS and not name.startswith(FORMS)} == {}


def test_most_are_shorter_still() -> None:
    """Nine files of ten are far from the limit, and half of all functions have at most 8 lines."""
    assert quantiles([_lines(m) for m in modules()], n=10)[-1] <= FILE_P90
    assert median(_length(f) for m in modules() for f in _functions(m)) <= FUNCTION_MEDIAN


def test_every_exception_is_still_needed() -> None:
    """An exception that is no longer needed is taken off the list."""
    for name in LONGER:
        module, _, function = name.partition(":")
        lengths = [_length(f) for f in _functions(Path(module)) if f.name == function] if function else [_lines(Path(module))]
        assert max(lengths) > (FUNCTION if function else FILE), f"{name} is short enough now"
