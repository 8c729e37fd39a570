"""A child process of ours: runs the command line of a module, and ends when the process that started it is gone."""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time


def main() -> None:
    """Run `python -m cli.guarded SECONDS MODULE ARGUMENTS`: MODULE for as long as standard input stays open, and SECONDS to end in.

    The parent holds the other end of the pipe and never writes. A pipe closes by whatever means its holder dies, kill -9 included,
    on every Unix and from any thread. PR_SET_PDEATHSIG would be Linux only, and fires already when the *thread* that started the
    child ends.
    """
    grace, module = float(sys.argv[1]), sys.argv[2]
    threading.Thread(target=_end_with_parent, args=(grace,), name="parent-watch", daemon=True).start()
    sys.argv = [module, *sys.argv[3:]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with_parent(grace: float) -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace)
    os._exit(1)


if __name__ == "__main__":
    main()
