"""The house in figures, as JSON: `python -m bench.house [REVISION]`. How many files and lines, how long functions are, what stands twice.

Counted is what Git holds at a revision (HEAD when none is named), so that two revisions can be laid beside each other.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections import defaultdict
from contextlib import chdir
from itertools import combinations
from pathlib import Path
from statistics import median, quantiles

ROOMS = ("mailings", "flows", "tasks", "cli", "web", "deployments")
MOCKS = re.compile(r"\b(?:Magic|Async)?Mock\b|\bmocker\b|\bmock\b|\bpatch(?:er)?\b|monkeypatch\.setattr")
RUN, COMMON = 6, 8  #: so many lines alike are a pair; what stands in more places is a habit of the language
THIN = re.compile(r"^(?:[\W_]*|from .+|import .+|#.*|@\w+)$")


def at(revision: str, into: Path) -> list[Path]:
    """The files Git holds at `revision`, laid out below `into`."""
    packed = into / "house.tar"
    subprocess.run(["git", "archive", "--output", str(packed), revision], check=True)
    with tarfile.open(packed) as archive:
        archive.extractall(into, filter="data")
    packed.unlink()
    return sorted(p.relative_to(into) for p in into.rglob("*") if p.is_file())


def functions(modules: list[Path]) -> dict[str, int]:
    """Lines of each function, by file and name."""
    return {
        f"{module}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for module in modules
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def length(file: Path) -> int:
    """How many lines."""
    return len(file.read_text(encoding="utf-8").splitlines())


def pairs(files: list[Path]) -> list[tuple[str, str]]:
    """Files two by two (a file with itself, too) that share six lines in a row to the letter; imports and brackets alone do not count."""
    places: dict[tuple[str, ...], list[tuple[str, int]]] = defaultdict(list)
    for file in files:
        said = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
        lines = [line for line in said if not THIN.match(line)]
        for number in range(len(lines) - RUN + 1):
            places[tuple(lines[number : number + RUN])].append((str(file), number))
    found = {
        (one, other)
        for stood in places.values()
        if len(stood) <= COMMON
        for (one, here), (other, there) in combinations(stood, 2)
        if one != other or abs(here - there) >= RUN
    }
    return sorted(found)


def figures(held: list[Path]) -> dict[str, object]:
    """Everything counted; paths are read from the folder one stands in."""
    written = [p for p in held if p.suffix == ".py"]
    code = [p for p in written if p.parts[0] in ROOMS]
    tests = [p for p in written if p.parts[0] == "tests"]
    lengths = {str(p): length(p) for p in code}
    took = functions(code)
    proofs = [name for name in functions(tests) if name.rpartition(" ")[2].startswith("test_")]
    words = sum(len(MOCKS.findall(p.read_text(encoding="utf-8"))) for p in tests)
    contracts = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    rooms: dict[str, int] = defaultdict(int)
    for p in code:
        rooms[str(p.parent)] += 1
    return {
        "files": len(held),
        "modules": {"code": len(code), "tests": len(tests), "bench": sum(p.parts[0] == "bench" for p in written)},
        "lines": {
            "code": sum(lengths.values()),
            "tests": sum(map(length, tests)),
            "docs": sum(length(p) for p in held if p.suffix == ".md"),
        },
        "functions": {"count": len(took), "median": median(took.values()), "p90": quantiles(took.values(), n=10)[-1]},
        "longest function": max(took.items(), key=lambda one: one[1]),
        "longest file": max(lengths.items(), key=lambda one: one[1]),
        "file p90": quantiles(lengths.values(), n=10)[-1],
        "files over 190": sum(lines > 190 for lines in lengths.values()),
        "biggest rooms": sorted(rooms.items(), key=lambda one: -one[1])[:8],
        "import contracts": len(contracts),
        "tests": len(proofs),
        "mock words": words,
        "mock words per test": round(words / len(proofs), 4),
        "pairs in code": len(pairs(code)),
        "pairs in tests": len(pairs(tests)),
    }


def main() -> None:
    """Count a revision and print it."""
    revision = sys.argv[1] if len(sys.argv) > 1 else "HEAD"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        held = at(revision, place)
        with chdir(place):
            print(json.dumps({"revision": revision} | figures(held), indent=1))


if __name__ == "__main__":
    main()
