"""Follows a page of the documentation as its reader does: writes the files it shows, gives its commands, and looks at what is printed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from openpyxl import Workbook

from tests.cli.typed import run
from tests.house.prose import Block, blocks

WRITTEN = ("yaml", "html", "css", "csv")
#: what is not for a test: the whole line, without its remark -> why
NOT_HERE = {
    "make .*": "sets up the clone that the tests stand in",
    "export PATH=.*": "the commands of the tests' own environment are found",
    "mkdir ~/.*": "the folder is the test's own",
    "mailings up": "stays: tests/cli/test_up.py",
    "mailings serve": "stays: tests/web",
    "mailings approve (?!.*--yes).*": "asks at the terminal: tests/cli/test_approve.py",
    "mailings users add (?!.*--(generate|no-password)).*": "asks at the terminal: tests/cli/test_users.py",
}
_FILE = re.compile(r"`([\w./-]+\.(?:yaml|html|css|csv|xlsx))`[^`]*:\s*$")
_TABLE = re.compile(r"`([\w./-]+\.xlsx)`[^`|]*:\n\n((?:\|.*\|\n)+)")
#: what differs each time: clock times, days, numbers of processes
_VARIES = (
    (re.compile(r"\d{4}-\d\d-\d\d"), "DAY"),
    (re.compile(r"\b\d{1,2}:\d\d(:\d\d)?\b"), "TIME"),
    (re.compile(r"[╭╮╰╯│┃━─┏┓┗┛┳┻╇╪├┤┬┴┼]+"), " "),
)


@dataclass
class Follower:
    """Somebody with an installation in `folder`. `given` are the commands that were given, `printed` what the last block of them said."""

    folder: Path
    environment: dict[str, str]
    given: list[str] = field(default_factory=list)
    printed: str = ""

    def follow(self, page: Path) -> None:
        """The page from top to bottom. AssertionError names the command that failed, or the line that was not printed."""
        for block in blocks(page):
            self._write_tables(block)
            if block.language == "sh":
                self.printed = "".join(map(self.give, re.sub(r"\\\n\s*", "", block.text).splitlines()))
            elif block.language == "text":
                self._compare(block.text)
            elif block.language in WRITTEN and (named := _FILE.search(block.before)):
                self.write(named[1], block.text)

    def give(self, line: str) -> str:
        """What a command says on both streams. It must go well; one that is not for a test says nothing."""
        words = shlex.split(line, comments=True)
        if not words or any(re.fullmatch(one, re.sub(r"\s+#.*", "", line)) for one in NOT_HERE):
            return ""
        told = self._run(words, line)
        self.given.append(line)
        assert told.returncode == 0, f"{line}\nexit {told.returncode}\n{told.stdout}{told.stderr}"
        return f"{told.stdout}{told.stderr}"

    def write(self, name: str, text: str) -> None:
        """A file of the page."""
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def _run(self, words: list[str], line: str) -> subprocess.CompletedProcess[str]:
        if words[0] == "mailings" and not set("$|") & set(line):
            return run(self.folder, tuple(words[1:]), self.environment)
        path = f"{Path(sys.executable).parent}{os.pathsep}{self.environment['PATH']}"
        given = {"cwd": self.folder, "env": self.environment | {"PATH": path}, "stdin": subprocess.DEVNULL, "timeout": 180}
        return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, **given)  # type: ignore[call-overload, no-any-return]

    def _write_tables(self, block: Block) -> None:
        """A table behind the name of a workbook is that workbook."""
        for name, table in _TABLE.findall(block.before):
            book = Workbook()
            for row in [line for line in table.splitlines() if set(line) - set("|- ")]:
                book.active.append([cell.strip() or None for cell in row.strip("|").split("|")])
            book.save(self.folder / name)

    def _compare(self, shown: str) -> None:
        """Every line shown was printed, in this order; `…` stands for any number of others."""
        printed = iter([_plain(line) for line in self.printed.splitlines()])
        for line in [line for line in shown.splitlines() if line.strip() not in ("", "…")]:
            assert _plain(line) in printed, f"not printed: {line}\n--- printed was\n{self.printed}"


def _plain(line: str) -> str:
    for varies, instead in _VARIES:
        line = varies.sub(instead, line)
    return " ".join(line.split())
