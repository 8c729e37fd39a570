"""What the house tests look at: the modules of the house, and every text file somebody wrote."""

from __future__ import annotations

import ast
import os
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("mailings", "flows", "tasks", "cli", "web", "deployments")
WRITTEN = {".py", ".md", ".toml", ".yaml", ".yml", ".txt", ".ini", ".html", ".sh", ".mako", ".lark", ".example", ""}
NOT_OURS = {".git", ".venv", ".tools", "var", "build", "dist", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}


@cache
def modules(*rooms: str) -> tuple[Path, ...]:
    """Every Python file in `rooms` (all rooms of the product when none are named), as paths from the root."""
    return tuple(
        sorted(p.relative_to(ROOT) for room in rooms or ROOMS for p in (ROOT / room).rglob("*.py") if "__pycache__" not in p.parts)
    )


@cache
def parsed(module: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


@cache
def pages() -> tuple[Path, ...]:
    """Every Markdown page, as paths from the root."""
    return tuple(p for p in written() if p.suffix == ".md")


@cache
def written() -> tuple[Path, ...]:
    """Every text file somebody wrote, as paths from the root."""
    found: list[Path] = []
    for folder, inner, names in os.walk(ROOT):
        inner[:] = [name for name in inner if name not in NOT_OURS and not name.endswith((".egg-info", "_cache"))]
        found += (Path(folder, name).relative_to(ROOT) for name in names if Path(name).suffix in WRITTEN)
    return tuple(sorted(found))
