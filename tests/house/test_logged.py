"""No command changes anything without its line in the log of changes, one that is written tomorrow included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.house.tree import modules, parsed

#: what writes and leaves no line, and why. A folder stands for all it holds
SILENT = {
    "cli/audience.py:_bring_up_to_date": "looking at a draft makes its list, which sending makes anew",
    "cli/content.py:preview": "the same, for one message that is shown",
    "cli/demo": "a toy's own readers, returned mail and past; what it types are commands",
    "cli/settling.py:_found": "what dead senders left comes into doubt, which nobody decides; what is decided on it has its line",
}
LINES = {"record", "changing"}  #: of cli/door.py: what writes a line


def test_what_a_command_changes_is_in_the_log() -> None:
    """Whatever opens a transaction that writes at the terminal writes a line in it, or calls what does; or stands above with its reason."""
    found = {f"{module}:{function.name}" for module, function in _writers() if not _tells(module, function)}
    assert {name for name in found if not _silent(name)} == set()


def test_nothing_is_excused_that_need_not_be() -> None:
    """What stands above still writes, and without a line."""
    found = {f"{module}:{function.name}" for module, function in _writers() if not _tells(module, function)}
    assert {name for name in SILENT if not any(one == name or one.startswith(f"{name}/") for one in found)} == set()


def _silent(name: str) -> bool:
    return any(name == one or name.startswith(f"{one}/") for one in SILENT)


def _writers() -> Iterator[tuple[Path, ast.FunctionDef]]:
    """Every function of the terminal that opens a transaction that writes; `changing` itself aside."""
    for module in modules("cli"):
        for function in _functions(module):
            if "writing" in set(_called(function)) and (module.name, function.name) != ("door.py", "changing"):
                yield module, function


def _tells(module: Path, function: ast.FunctionDef) -> bool:
    """True where it writes a line itself, or calls a function of its module, or of one it names (links_changed.edit), that does."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id=name) if name in LINES or name in _telling(module):
                return True
            case ast.Attribute(value=ast.Name(id=room), attr=name) if name in _telling(module.with_name(f"{room}.py")):
                return True
    return False


@cache
def _telling(module: Path) -> frozenset[str]:
    """The functions of a module that write a line themselves; none where there is no such module."""
    if module not in modules("cli"):
        return frozenset()
    return frozenset(one.name for one in _functions(module) if LINES & set(_called(one)))


def _functions(module: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(parsed(module)) if isinstance(node, ast.FunctionDef)]


def _called(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node.func.id if isinstance(node.func, ast.Name) else node.func.attr
