"""A sender as a process of its own, without Prefect: `python -m tests.stories.sender conduct|join MAILING BATCH`.

It says `ready` on standard output when it holds its lease and has its content, begins when it is sent a line, and says at the end
how many messages the other side accepted from it. One that joins says `begun` after some batches, and goes on when it is sent another
line: each has its share, however unevenly a machine divides its time. CLOCK_OFF: so many seconds its machine's clock is wrong.
DIES_AT: it ends by kill -9 at the answer to its nth message.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from mailings import seams
from mailings.db import database
from mailings.message import Outcome
from mailings.seams import Seam
from mailings.sending import closing, senders
from mailings.sending.deliver import deliver_portion
from mailings.sending.finding import mailing_named
from mailings.sending.preparing import prepare
from mailings.sending.run import Run, conducting, joining
from mailings.settings import settings

FIRST = 3  # batches that each one who joins sends before anybody goes on


def conduct(name: str, batch: int) -> int:
    """Watch the others until none is at work, send what they left, and close."""
    with conducting(database(), name, settings()) as run:
        with database().writing() as session:
            prepare(session, run, mailing_named(session, name), settings())
        began(run, batch)
        served = 0
        while True:
            for _ in senders.looks(database(), run):
                pass
            served += delivered(run)
            if not senders.at_work(database(), run):
                break
        with database().writing() as session:
            print(closing.close(session, mailing_named(session, name)).sentence, flush=True)
    return served


def join(name: str, batch: int) -> int:
    """Send what is next until nothing can be sent now."""
    with joining(database(), name, settings()) as run:
        began(run, batch)
        served = deliver_portion(database(), run, FIRST * batch).counts.get(Outcome.ACCEPTED, 0)
        told("begun")
        return served + delivered(run)


def began(run: Run, batch: int) -> None:
    """Say that we are ready, and wait for the word."""
    run.batch_size = batch
    told("ready")


def told(word: str) -> None:
    """Say it, and wait for the word to go on."""
    print(word, flush=True)
    sys.stdin.readline()


def delivered(run: Run) -> int:
    """Portions until no other should follow; how many were accepted."""
    served, more = 0, True
    while more:
        portion = deliver_portion(database(), run, run.portion)
        served, more = served + portion.counts.get(Outcome.ACCEPTED, 0), portion.more
    return served


def set_off(seconds: float) -> None:
    """From now on this process's machine has a wrong clock."""
    right = time.time
    time.time = lambda: right() + seconds


def dies_at(nth: int) -> None:
    """From now on this process ends, by kill -9, when it knows what became of its nth message and has not written it down."""
    answers = 0

    def watch(seam: Seam, side: str) -> None:
        nonlocal answers
        answers += (seam, side) == (Seam.ANSWER, "after")
        if answers == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    seams.watch(watch)


if __name__ == "__main__":
    set_off(float(os.environ.get("CLOCK_OFF", "0")))
    if "DIES_AT" in os.environ:
        dies_at(int(os.environ["DIES_AT"]))
    print({"conduct": conduct, "join": join}[sys.argv[1]](sys.argv[2], int(sys.argv[3])), flush=True)
