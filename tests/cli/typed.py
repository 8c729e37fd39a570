"""Types a command as a person would, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from signal import SIGKILL
from typing import IO, NoReturn

from cli import door
from cli.main import main
from mailings.db import connected
from mailings.settings import settings
from tests.warm import warm_run

LONGEST = 600.0  # seconds: a guard against what hangs, no measure. The demo takes 34 to 74 alone, over 180 on crowded cores
#: commands that run in a fork of the tests' process, where everything is imported already: a second less each
FORKED = frozenset(
    {"init", "people", "topics", "selections", "projects", "sales", "push", "copy", "delete", "list", "check", "recipients", "explain"}
    | {"approve", "users", "preview", "status", "pause", "resume", "cancel", "settle", "limits", "links", "forms", "reread", "report"}
    | {"export", "restored"}
)
#: those that begin Prefect, threads or other processes are forks of one that has none (tests/cli/test_cold.py begins each without)
WARM = frozenset({"send", "resend", "deliver", "settle", "bounces", "test", "serve", "doctor", "compare", "report", "letters"})
#: which of those only with a server of Prefect's that is named: they start one else; and which only without: it asks Prefect whose it is
NAMED = {"send": True, "resend": True, "doctor": False}
DRAWS = frozenset({"--help", "--html"})  # what draws charts has threads: where a test drew one, a fork would wait for them for ever


def type_in(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `mailings WORDS` in `folder`, in the environment of somebody who has set nothing but `environment`."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAILINGS_", "PREFECT_"))}
    return run(folder, words, plain | {"COLUMNS": "200", "PYTHONUTF8": "1"} | environment)


def run(folder: Path, words: tuple[str, ...], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `mailings WORDS` in `folder`, in just that environment."""
    if not FORKED.intersection(words[:1]) or DRAWS.intersection(words):
        named = "PREFECT_API_URL" in environment
        if "--help" in words or (WARM.intersection(words[:1]) and NAMED.get(words[0], named) is named):
            return warm_run(["-m", "cli.main", *words], environment, cwd=folder, timeout=LONGEST)
        command = [sys.executable, "-m", "cli.main", *words]
        given = {"cwd": folder, "env": environment, "stdin": subprocess.DEVNULL, "timeout": LONGEST}
        return subprocess.run(command, capture_output=True, text=True, **given)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            _become(folder, words, environment, (out, err))
        code = _waited_for(child, words)
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(list(words), code, out.read().decode(), err.read().decode())


def _become(folder: Path, words: tuple[str, ...], environment: dict[str, str], places: tuple[IO[bytes], IO[bytes]]) -> NoReturn:
    """In the fork: be the command, and end with its exit code. Nothing of the tests' own is closed or cleaned up."""
    code: object = 1
    try:
        with Path(os.devnull).open() as nothing:
            os.dup2(nothing.fileno(), 0)
        for number, place in enumerate(places, 1):
            os.dup2(place.fileno(), number)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        settings.cache_clear()
        connected.cache_clear()
        door.screen.width = door.notes.width = int(environment.get("COLUMNS", "80"))
        sys.argv = ["mailings", *words]
        with _text(1) as out, _text(2) as err, redirect_stdout(out), redirect_stderr(err):
            try:
                main()
                code = 0
            except SystemExit as end:
                code = end.code
            except BaseException:
                traceback.print_exc()
    finally:
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def _text(number: int) -> IO[str]:
    return open(number, "w", encoding="utf-8", closefd=False)


def _waited_for(child: int, words: tuple[str, ...]) -> int:
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, SIGKILL)
    os.waitpid(child, 0)
    raise subprocess.TimeoutExpired(list(words), LONGEST)
