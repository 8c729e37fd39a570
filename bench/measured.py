"""The process that is measured: sends a mailing as the flow, as its conductor or as one sender more, and writes down what that took.

`python -m bench.measured flow|conduct|join MAILING`; the figures go to the file $BENCH_FIGURES as JSON. Everything is counted from
the first seam passed: what came before is imports, the same for one message as for a million.
"""

from __future__ import annotations

import os
import sys
import time
from array import array
from pathlib import Path

import orjson
from sqlalchemy.orm import Session

import mailings.transports
from mailings import seams
from mailings.audience.populate import populate
from mailings.db import database
from mailings.model import Mailing, MailingStatus
from mailings.seams import Seam
from mailings.sending import closing, lifecycle, preflight
from mailings.sending.deliver import deliver_portion
from mailings.sending.finding import mailing_named
from mailings.sending.preparing import prepare
from mailings.sending.run import Run, conducting
from mailings.settings import settings

FIGURES = "BENCH_FIGURES"


class Passages:
    """A watcher of the seams: CPU used at the first of all and at the first claim, and how long each claim took, in milliseconds."""

    def __init__(self) -> None:
        self.began, self.cpu = 0.0, 0.0
        self.cpu_at_first_claim = 0.0
        self.claims = array("d")
        self._claim = 0.0

    def __call__(self, seam: Seam, side: str) -> None:
        """A seam is passed."""
        if not self.began:
            self.began, self.cpu = time.time(), time.process_time()
        if seam is Seam.CLAIM:
            if side == "before":
                self.cpu_at_first_claim = self.cpu_at_first_claim or time.process_time()
                self._claim = time.perf_counter()
            else:
                self.claims.append((time.perf_counter() - self._claim) * 1000)

    def figures(self) -> dict[str, object]:
        """What the parent reads: seconds, MB, milliseconds; `began` in seconds since 1970."""
        used = time.process_time()
        return {
            "began": self.began,
            "cpu_s": used - self.cpu,
            "cpu_delivering_s": used - self.cpu_at_first_claim,
            "peak_rss_mb": peak_rss_mb(),
            "claims_ms": [round(c, 2) for c in self.claims],
        }


def peak_rss_mb() -> float:
    """This process's own peak (Linux). getrusage's begins at that of the process it was started from, which may be the larger."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def main(role: str, name: str) -> None:
    """Send, and write the figures."""
    mailings.transports.__path__.append(str(Path(__file__).parent / "transports"))
    passages = Passages()
    seams.watch(passages)
    {"flow": _flow, "conduct": _conduct, "join": _join}[role](name)
    seams.unwatch(passages)
    if FIGURES in os.environ:
        Path(os.environ[FIGURES]).write_bytes(orjson.dumps(passages.figures()))


def _flow(name: str) -> None:
    import cli.main  # noqa: PLC0415  the verbs alone need neither Prefect nor the command line

    sys.argv = ["mailings", "send", name]
    try:
        cli.main.main()
    except SystemExit as end:
        if end.code:
            raise


def _conduct(name: str) -> None:
    """The verbs of flows/send_mailing.py without Prefect, one after another; an interrupted mailing goes on where it stopped."""
    with conducting(database(), name, settings()) as run:
        with database().writing() as session:
            status = lifecycle.pick_up(_mailing(session, name))
        if status is MailingStatus.POPULATING:
            _populate(name)
        _deliver(name, run)
        with database().writing() as session:
            print(closing.close(session, _mailing(session, name)).sentence)


def _populate(name: str) -> None:
    with database().writing() as session:
        populate(session, _mailing(session, name), launch=True)
    with database().writing() as session:
        problems = preflight.check(session, _mailing(session, name), settings(), []).problems  # the demo's domains are on no DNS
        if problems:
            raise SystemExit("; ".join(problems))
        lifecycle.begin_sending(session, _mailing(session, name))


def _join(name: str) -> None:
    """One sender more, as soon as there is something to send."""
    try:
        from mailings.sending.run import joining  # noqa: PLC0415  said plainly where it is missing
    except ImportError:
        raise SystemExit("Several processes need mailings.sending.run.joining, which this version does not have.") from None
    while (status := _status(name)) not in (MailingStatus.SENDING, MailingStatus.SENT):
        time.sleep(0.02)
    if status is MailingStatus.SENDING:
        with joining(database(), name, settings()) as run:
            _deliver(name, run)


def _deliver(name: str, run: Run) -> None:
    if run.compiled is None:
        with database().writing() as session:
            prepare(session, run, _mailing(session, name), settings())
    while deliver_portion(database(), run, run.portion).more:
        pass


def _status(name: str) -> MailingStatus:
    with database().reading() as session:
        status = mailing_named(session, name).status
    if status in (MailingStatus.PAUSED, MailingStatus.CANCELLED):
        raise SystemExit(f"{name} is {status}; there is nothing to join.")
    return status


def _mailing(session: Session, name: str) -> Mailing:
    return mailing_named(session, name, locked=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
