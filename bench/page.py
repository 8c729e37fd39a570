"""Writes docs/reference/performance.md from bench/published.json: `python -m bench.page`. No figure on that page is typed by hand."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bench.published import INTO

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "reference" / "performance.md"


def main() -> None:
    """Write the page. Raises SystemExit where a benchmark that it needs has no figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--published", type=Path, default=INTO)
    options.add_argument("--page", type=Path, default=PAGE)
    given = options.parse_args()
    given.page.write_text(page(orjson.loads(given.published.read_bytes())), "utf-8")


def page(told: dict[str, Any]) -> str:
    """The page as Markdown. `told`: what bench/published.py wrote."""
    answers = told["answers"]
    if failed := [name for name, answer in answers.items() if "failed" in answer and name != "scale_out"]:
        raise SystemExit(
            f"These benchmarks failed: {', '.join(failed)}. Run them again: python -m bench.published --only {' '.join(failed)}"
        )
    known = {name: answer["lines"] for name, answer in answers.items()} | {"scale_out": answers.get("scale_out", {}).get("lines", [])}
    commands = {name: answer["command"] for name, answer in answers.items()}
    made = Environment(loader=FileSystemLoader(HERE), undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    said = {"taken": told["taken"], "machine": told["machine"], "versions": told["versions"], "commands": commands}
    return made.get_template("performance.md.jinja").render(**known, **said, **WRITTEN)


def _n(number: float) -> str:
    return f"{round(number):,}"


def _floors(one: dict[str, Any]) -> str:
    return " / ".join(map(_n, one["floor_per_s"]))


def _minutes(seconds: float) -> str:
    return f"{round(seconds / 60)} min" if seconds >= 120 else f"{round(seconds)} s"


def _missed(lines: list[dict[str, Any]], name: str, bar: float) -> str:
    """What misses the bar: a ratio is to be at least that, anything else at most."""
    below = name == "ratio"
    found = [one for one in lines if (one[name] < bar if below else one[name] > bar)]
    unit = "" if below else " us"
    told = ", ".join(f"{_kind(one['case'])} {one[name]}{unit}" for one in found)
    return f" **Missed** here: {told}." if found else ""


def _kind(said: str) -> str:
    return "PostgreSQL" if "postgres" in said else "SQLite"


WRITTEN = {
    "missed": _missed,
    "n": _n,
    "ns": lambda numbers: ", ".join(map(_n, numbers)),
    "kb": lambda size: f"{size / 1000:.1f} kB",
    "pc": lambda share: f"{share:.1%}",
    "kind": _kind,
    "floors": _floors,
    "minutes": _minutes,
}


if __name__ == "__main__":
    main()
