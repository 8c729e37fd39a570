"""Processes that have imported everything before they begin: forks of one that is kept ready. One to four seconds of imports less each.

A process of its own all the same: its own pid, environment, folder, pipes and end, to be killed or interrupted as any other.
The one kept ready has no thread, no connection and no file open; it ends with the process of the tests.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy.orm import configure_mappers

from mailings.settings import settings

ROOT = Path(__file__).parents[1]
#: what the slow ones import; a module that is not among them is imported by the fork
AHEAD = (
    *("cli.sending", "cli.resending", "cli.delivering", "cli.settling", "cli.bounces", "cli.content", "cli.serving", "cli.engine"),
    *("flows.send_mailing", "flows.resend_mailing", "flows.deliver_shard", "flows.settle_deliveries", "prefect.flow_engine"),
    *("prefect.task_engine", "prefect.client.orchestration", "web.app", "uvicorn", "psycopg", "sqlalchemy.dialects.postgresql"),
    *("sqlalchemy.dialects.sqlite", "mailings.transports.smtp", "mailings.transports.sendgrid", "mailings.transports.folder"),
    *("mailings.reports.drawings", "vl_convert", "inscriptis", "lxml.html", "anyio._backends._asyncio", "rich._emoji_codes"),
)
ONE_AT_A_TIME = threading.Lock()  # who asks hears of its own fork
LONGEST = 1 << 20  # bytes that are asked for in one message: an environment


class Warm(subprocess.Popen[str]):
    """`python WORDS`, which begin with -m MODULE or -c CODE, as `Popen(..., text=True)` starts it, without the wait for its imports."""

    def __init__(self, words: Sequence[str], environment: dict[str, str], **more: Any) -> None:
        self._end = -1
        super().__init__([sys.executable, *words], env=environment, text=True, **more)

    def _execute_child(self, *given: Any) -> None:
        told = signature(subprocess.Popen._execute_child).bind(self, *given).arguments  # type: ignore[attr-defined]
        ours = [told["p2cread"], told["c2pwrite"], told["errwrite"]]
        read, write = os.pipe()
        asked = {"words": told["args"][1:], "cwd": str(told["cwd"] or Path.cwd()), "environment": told["env"]}
        with ONE_AT_A_TIME:
            line = _ready()
            socket.send_fds(line, [json.dumps(asked).encode()], [*(own if own >= 0 else n for n, own in enumerate(ours)), write])
            self._end, self.pid, self._child_created = read, int(line.recv(64)), True
        os.close(write)
        for own, other in zip(ours, (told["p2cwrite"], told["c2pread"], told["errread"]), strict=True):
            if own >= 0 and other >= 0:  # our side of a pipe stays open, theirs is with them
                os.close(own)

    def _internal_poll(self, **_: Any) -> int | None:
        return self._ended(0.0)

    def _wait(self, timeout: float | None) -> int | None:
        if self._ended(timeout) is None:
            assert timeout is not None
            raise subprocess.TimeoutExpired(self.args, timeout)
        return self.returncode

    def _ended(self, within: float | None) -> int | None:
        if self.returncode is None and self._end >= 0:
            with selectors.DefaultSelector() as waiting:
                waiting.register(self._end, selectors.EVENT_READ)
                if waiting.select(within):
                    told = os.read(self._end, 64)
                    assert told, "the process that is kept ready is gone"
                    self.returncode = os.waitstatus_to_exitcode(int(told))
                    os.close(self._end)
                    self._end = -1
        return self.returncode


def warm_run(
    words: Sequence[str], environment: dict[str, str], *, timeout: float, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """`subprocess.run` of it, with nothing to read and its output captured."""
    pipe = subprocess.PIPE
    with Warm(words, environment, cwd=cwd, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe) as running:
        try:
            out, err = running.communicate(timeout=timeout)
        except BaseException:
            running.kill()
            raise
    return subprocess.CompletedProcess([sys.executable, *words], running.returncode, out, err)


@cache
def _ready() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAILINGS_", "PREFECT_API"))}
    command = [sys.executable, "-X", "utf8", "-m", "tests.warm", str(theirs.fileno())]
    subprocess.Popen(command, cwd=ROOT, env=plain | {"DO_NOT_TRACK": "1"}, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    theirs.close()
    return ours


def _keep_ready(line: socket.socket) -> None:
    """Fork whatever is asked for, and tell how each ended, until nobody is there to ask."""
    children: dict[int, int] = {}
    wake, woken = socket.socketpair()
    wake.setblocking(False)
    woken.setblocking(False)
    signal.set_wakeup_fd(woken.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests, which end us
    while True:
        readable, _, _ = select.select([line, wake], [], [])
        if wake in readable:
            wake.recv(4096)
            _tell(children)
        if line in readable:
            asked, given, _, _ = socket.recv_fds(line, LONGEST, 4)
            if not asked:
                return
            if (child := os.fork()) == 0:
                for end in (line, wake, woken):
                    end.close()
                _become(json.loads(asked), given)
            *streams, children[child] = given
            for own in streams:
                os.close(own)
            line.send(str(child).encode())


def _tell(children: dict[int, int]) -> None:
    while children:
        child, status = os.waitpid(-1, os.WNOHANG)
        if not child:
            return
        end = children.pop(child)
        os.write(end, str(status).encode())
        os.close(end)


def _become(asked: dict[str, Any], given: list[int]) -> NoReturn:
    """In the fork: be what `python WORDS` is, and end as it does."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, own in enumerate(given[:3]):
        os.dup2(own, number)
    for own in given:
        os.close(own)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    _as_on_a_terminal(int(os.environ.get("COLUMNS", "80")))
    kind, what, *words = asked["words"]
    sys.argv = [what if kind == "-m" else kind, *words]
    warnings.filterwarnings("ignore", category=RuntimeWarning, module="runpy")  # that it was imported before is the point
    if kind == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        sys.modules["__main__"].__dict__.update(__file__="-c")
        exec(compile(what, "<string>", "exec"), sys.modules["__main__"].__dict__)
    sys.exit(0)


def _as_on_a_terminal(columns: int) -> None:
    """What was read from the environment at import is read again; the streams are the fork's own."""
    from cli import door  # noqa: PLC0415  only where everything is imported

    door.screen.width = door.notes.width = columns
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  until the end of the fork
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    if os.environ.get("PYTHONUNBUFFERED"):
        sys.stdout.reconfigure(write_through=True)


if __name__ == "__main__":
    for name in AHEAD:
        import_module(name)
    configure_mappers()
    settings()  # pydantic asks of every class there is whether it is one of many others: a second, once
    settings.cache_clear()
    gc.freeze()  # a fork that collects garbage would copy all of it
    _keep_ready(socket.socket(fileno=int(sys.argv[1])))
