"""Printers: processes that turn groups of HTML letters into PDF, one for each core; one that hangs or dies is replaced."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, BinaryIO, cast

from mailings.errors import Misconfigured, TransportError
from mailings.letter import File, Page
from mailings.transports.pdf import worker
from mailings.transports.pdf.pages import Printed, in_word, one_after_another

SLOW = 60.0  #: seconds a group may take and then some for each letter: past them the letter that hangs is looked for
EACH = 2.0
GROUPS = 50  #: a printer ends after so many groups: what its libraries keep goes with it
NOT_THERE = (
    "Letters are printed by WeasyPrint, and a library of it cannot be loaded ({}); install Pango: apt install libpango-1.0-0"
    " libpangoft2-1.0-0 libharfbuzz-subset0, or what docs/how-to/print-letters.md names for your system."
)
SILENT = (
    "The program that prints letters does not start: it ended, or was silent for a minute. Look whether memory is short, and what this"
    " says: {} -m weasyprint --info"
)
_SECRET = ("MAILINGS_", "PREFECT_")


class Died(Exception):
    """A printer ended or hung in the middle of a group. Seen by the press alone."""


class _Printer:
    def __init__(self, files: Sequence[File]) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_SECRET)}
        # a session of its own: Ctrl-C is for the sender, which finishes what is in hand
        self._process = subprocess.Popen(  # noqa: S603  our own file
            [sys.executable, "-I", str(Path(worker.__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=environment,
        )
        self.groups = 0
        shown = {file.name: (file.content_type, b64encode(file.data).decode()) for file in files}
        try:
            answer = self._asked(shown, SLOW)[0]
        except Died as error:
            self.end()
            raise TransportError(SILENT.format(sys.executable)) from error
        if not answer["ready"]:
            self.end()
            raise Misconfigured(NOT_THERE.format(answer["why"].splitlines()[0]))

    def printed(self, letters: Sequence[bytes]) -> Printed | None:
        """The group printed; None where one letter spoils it. Raises Died."""
        self.groups += 1
        answer, pdf = self._asked([letter.decode() for letter in letters], SLOW + EACH * len(letters))
        return None if "spoilt" in answer else Printed(answer["pages"], answer["troubles"], pdf)

    def _asked(self, frame: Any, seconds: float) -> tuple[Any, bytes]:
        watch = threading.Timer(seconds, self._process.kill)
        watch.start()
        try:
            into, out = cast(BinaryIO, self._process.stdin), cast(BinaryIO, self._process.stdout)
            worker.write(into, frame)
            answer = worker.read(out)
            pdf = out.read(answer.get("size", 0)) if answer is not None else b""
        except OSError as error:
            raise Died from error
        finally:
            watch.cancel()
        if answer is None or len(pdf) != answer.get("size", 0):
            raise Died
        return answer, pdf

    def end(self) -> None:
        """Its input ends, and so does it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue  # it is gone already
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Press:
    """As many printers as `processes`, each begun when it is needed. Groups are printed at the same time, and handed back as asked for."""

    def __init__(self, files: Sequence[File], processes: int) -> None:
        self._files, self._idle = files, SimpleQueue[_Printer]()
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="printer")
        self.at_once = processes

    def begin(self, pages: Sequence[Page]) -> Future[Printed]:
        """Print a group of one kind. The answer raises TransportError where nothing can be printed here."""
        contents = [page.content for page in pages]
        return self._threads.submit(in_word if pages[0].kind == "docx" else self._printed, contents)

    def close(self) -> None:
        """End the printers. May be called twice."""
        self._threads.shutdown(wait=True)
        while True:
            try:
                self._idle.get_nowait().end()
            except Empty:
                return

    def _printed(self, letters: Sequence[bytes]) -> Printed:
        done = self._by_one(letters)
        if done is not None:
            return done
        if len(letters) == 1:
            return Printed([0], ["It ends the program that prints letters, or takes too long."])
        half = len(letters) // 2  # the others are not to wait for one time-out each
        return _joined([self._printed(letters[:half]), self._printed(letters[half:])])

    def _by_one(self, letters: Sequence[bytes]) -> Printed | None:
        try:
            printer = self._idle.get_nowait()
        except Empty:
            printer = _Printer(self._files)
        try:
            done = printer.printed(letters)
        except Died:
            printer.end()
            return None
        if printer.groups < GROUPS:
            self._idle.put(printer)
        else:
            printer.end()
        return done


def _joined(halves: Sequence[Printed]) -> Printed:
    """Two groups as one."""
    pdf = one_after_another([half.pdf for half in halves if half.pdf])
    return Printed([n for half in halves for n in half.pages], [why for half in halves for why in half.troubles], pdf)
