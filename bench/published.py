"""Every benchmark once, one after another, on one machine: the JSON that docs/reference/performance.md is written from.

`python -m bench.published --into bench/published.json` takes about half an hour on a quiet machine; then
`python -m bench.page` writes the page. Where a program is missing or a benchmark fails, its own words stand in the place of its figures.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import sqlite3
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from tests.postgres import binaries
from tests.servers.sink import program

INTO = Path(__file__).parent / "published.json"
PACKAGES = ("prefect", "sqlalchemy", "jinja2", "fastapi", "sendgrid", "twilio", "weasyprint")


class Question(NamedTuple):
    """A benchmark, as it is run for the page, and quickly to see whether all of this works."""

    name: str
    words: str
    quick: str


QUESTIONS = (
    Question("compose", "compose", "compose --messages 500 --rounds 1"),
    Question("smtp", "smtp", "smtp --messages 2000"),
    Question("dkim", "smtp --dkim", "smtp --dkim"),
    Question("send", "send --through flow --database both --people 10000,60000", "send --through flow --database both --people 2000,3000"),
    Question(
        "parallel",
        "send --transport none --database both --people 60000 --processes 1,2",
        "send --transport none --processes 1,2 --people 3000",
    ),
    Question("plain", "plain", "plain --people 2000 --messages 200"),
    Question("peers", "peers --people 4000 --processes 1", "peers --people 1000 --processes 1 --database sqlite"),
    Question("sendgrid", "sendgrid", "sendgrid --people 3000"),
    Question("twilio", "twilio", "twilio --messages 300"),
    Question("letters", "letters --people 3000", "letters --people 100"),
    Question("word", "word --letters 100 --together 100 --alone 5", "word --letters 10 --together 10 --alone 2"),
    Question("audience", "audience", "audience --people 5000"),
    Question("import", "import_people", "import_people --rows 1000"),
    Question("clicks", "clicks --database both", "clicks --seconds 2 --deliveries 500"),
    Question("figures", "figures", "figures --recipients 5000 --events 15000"),
    Question("desk", "desk", "desk --recipients 5000 --rounds 2"),
    Question("kill", "kill --database sqlite", "kill --kills 2"),
    Question("attachment", "attachment --people 1000", "attachment --people 300 --megabytes 1"),
    Question("bounces", "bounces --json", "bounces --json"),
    Question("scale_out", "scale_out --people 40000", "scale_out --people 10000"),
)


def main() -> None:
    """Ask what is asked for; what was written before of other questions stays, but not from another day or machine."""
    given = _options().parse_args()
    told: dict[str, Any] = {"taken": time.strftime("%Y-%m-%d"), "machine": machine(), "versions": versions(), "answers": {}}
    for question in QUESTIONS:
        if given.only and question.name not in given.only:
            continue
        words = question.quick if given.quick else question.words
        print(f"{time.strftime('%H:%M:%S')} python -m bench.{words}", file=sys.stderr, flush=True)
        told["answers"][question.name] = answered(words)
        given.into.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))


def answered(words: str) -> dict[str, Any]:
    """One benchmark: its command, its lines, its seconds, and what the machine did before it (load over a minute)."""
    load, began = os.getloadavg()[0], time.perf_counter()
    done = subprocess.run([sys.executable, "-m", *shlex.split(f"bench.{words}")], capture_output=True, text=True, check=False)
    lines = [orjson.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    told = {
        "command": f"python -m bench.{words}",
        "lines": lines,
        "seconds": round(time.perf_counter() - began),
        "load_before": round(load, 1),
    }
    return told | ({"failed": done.stderr.strip().splitlines()[-1:]} if done.returncode else {})


def machine() -> dict[str, Any]:
    """Cores, gigabytes, the processor's name and the system."""
    said = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.split(":", 1)[1].strip() for line in said.splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"cores": os.cpu_count(), "gigabytes": round(memory), "processor": (names or ["unknown"])[0], "system": platform.system()}


def versions() -> dict[str, str]:
    """What was measured with: Python, SQLite, PostgreSQL, Postfix, packages."""
    told = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version} | {name: version(name) for name in PACKAGES}
    folder = binaries()
    if folder is not None:
        told["postgresql"] = _said([str(Path(folder) / "postgres"), "--version"]).split()[2]
    if (postconf := program("postconf")) is not None:
        told["postfix"] = _said([postconf, "-h", "mail_version"])
    return told


def _said(words: list[str]) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=30).stdout.strip() or "unknown"


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--into", type=Path, default=INTO)
    options.add_argument("--only", nargs="*", help="names of questions; the others are not asked")
    options.add_argument("--quick", action="store_true", help="tiny sizes: does all of this work?")
    return options


if __name__ == "__main__":
    main()
