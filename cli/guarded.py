"""The child process of the embedded engine: runs Prefect's own command line, and ends when the process that started it is gone."""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

GRACE = 5.0  # seconds the server has for writing down what it holds


def main() -> None:
    """Run `prefect ARGUMENTS` for as long as standard input stays open; the parent holds its other end and never writes.

    A pipe closes by whatever means its holder dies, kill -9 included, on every Unix and from any thread.
    PR_SET_PDEATHSIG would be Linux only, and fires already when the *thread* that started the child ends.
    """
    threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()
    sys.argv = ["prefect", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)


if __name__ == "__main__":
    main()
