"""Prints letters into a PDF on this machine: groups of them become parts in the mailing's folder, which are merged when all are there.

`accepted` means: on the disk, and named in the index of its part. That index is the witness after a crash: whoever is not in one was
not printed. Nothing leaves the machine.
"""

from __future__ import annotations

import ctypes.util
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from mailings import seams
from mailings.errors import Misconfigured, TransportError, Unreadable
from mailings.letter import Page
from mailings.message import Offer, Outcome, Receipt, Sought, Transport, Word
from mailings.seams import Seam
from mailings.settings import settings
from mailings.transports._source import Source
from mailings.transports.pdf.index import named_in
from mailings.transports.pdf.pages import Printed
from mailings.transports.pdf.place import Place, put_part
from mailings.transports.pdf.press import NOT_THERE, Press

TOGETHER = 100  # letters in a part
MOST = 4  # printers, unless told otherwise


class Settings(BaseSettings):
    """How many processes print at the same time; absent = one for each core, four at most."""

    model_config = SettingsConfigDict(env_prefix="MAILINGS_PDF_", env_file=".env", extra="ignore", frozen=True)

    processes: int | None = Field(default=None, ge=1, le=64)


@dataclass(slots=True)
class _Group:
    """Letters that become one part."""

    offers: list[Offer] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)


class Pdf(Transport):
    """Prints letters. Several processes may print the same mailing into the same folder."""

    name: ClassVar[str] = "pdf"
    channels: ClassVar[frozenset[str]] = frozenset({"document"})
    batch_size: ClassVar[int] = TOGETHER
    leaves_machine: ClassVar[bool] = False
    remembers: ClassVar[bool] = True

    def __init__(self, path: Path, processes: int) -> None:
        self.path, self.processes = path, processes
        self._trouble: str | None = None
        self._press: Press | None = None

    @classmethod
    def configured(cls) -> Self:
        """The folder that MAILINGS_DOCUMENT_PATH names."""
        chosen = Settings().processes or min(MOST, len(os.sched_getaffinity(0)))
        return cls(settings().document_path, chosen)

    def problems(self) -> list[str]:
        """Whether Pango is there."""
        return [] if ctypes.util.find_library("pango-1.0") else [NOT_THERE.format("libpango-1.0")]

    @property
    def holds(self) -> int:
        """The most letters it holds without an answer."""
        return TOGETHER * (self.processes + 2)

    def send(self, offers: Iterator[Offer | None]) -> Iterator[Receipt]:
        """Print what is offered. Raises Misconfigured where the folder cannot be written to from the start."""
        self._prepare()
        self._trouble, source = None, Source(offers)
        waiting: deque[tuple[_Group, Future[Printed]]] = deque()
        try:
            while not source.ended:
                group = _Group()
                yield from self._filled(group, source)
                if group.pages:
                    waiting.append((group, self._begun(group)))
                while waiting and (len(waiting) > self.processes or source.ended or source.flushing):
                    yield from self._done(*waiting.popleft())
                    if self._trouble is not None:
                        source.stop()
                source.resume()
        finally:
            self.close()
        source.close()

    @classmethod
    def evidence(cls, sought: Sought) -> Iterator[Word]:
        """Of the letters sought, those that lie printed in the folder."""
        for number, mark, where in named_in(settings().document_path):
            if (delivery := sought.delivery_of(f"<{number}.{mark}@{cls.name}>")) is not None:
                yield Word(delivery, "sent", cls.name, f"It is printed, in {where}.")

    def close(self) -> None:
        """End the printers."""
        if self._press is not None:
            self._press.close()
            self._press = None

    def _prepare(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if not os.access(self.path, os.W_OK):
                raise PermissionError(13, "permission denied")
        except OSError as error:
            raise Misconfigured(self._sentence(error)) from error

    def _filled(self, group: _Group, source: Source) -> Iterator[Receipt]:
        while len(group.pages) < TOGETHER and (offer := source.ask()) is not None:
            try:
                page = offer.message.page()
            except Unreadable as error:
                yield Receipt(offer.delivery, Outcome.REFUSED, reason=str(error))
                continue
            group.offers.append(offer)
            group.pages.append(page)

    def _begun(self, group: _Group) -> Future[Printed]:
        self._press = self._press or Press(group.pages[0].stack.files, self.processes)
        return self._press.begin(group.pages)

    def _done(self, group: _Group, printing: Future[Printed]) -> Iterator[Receipt]:
        try:
            printed = printing.result()
            self._kept(group, printed)
        except (OSError, TransportError) as error:
            self._trouble = self._sentence(error) if isinstance(error, OSError) else str(error)
            for offer in group.offers:
                yield Receipt(offer.delivery, Outcome.UNTOUCHED, reason=self._trouble)
            return
        for offer, trouble in zip(group.offers, printed.troubles, strict=True):
            outcome = Outcome.ACCEPTED if trouble is None else Outcome.REFUSED
            seams.before(Seam.ANSWER)
            yield Receipt(offer.delivery, outcome, reason=trouble and f"The letter cannot be printed: {trouble}")
            seams.after(Seam.ANSWER)

    def _kept(self, group: _Group, printed: Printed) -> None:
        place = Place(self.path, group.pages[0].stack)
        place.make()
        letters = [
            {"delivery": offer.delivery, "pages": pages, "title": page.title, "lines": page.lines, "key": page.key}
            for offer, page, pages in zip(group.offers, group.pages, printed.pages, strict=True)
            if pages
        ]
        if letters:
            put_part(place, printed.pdf, letters)

    def _sentence(self, error: OSError) -> str:
        why = (error.strerror or str(error)).lower()
        return f"Letters cannot be written into {self.path} ({why}); make room or make it writable, or set MAILINGS_DOCUMENT_PATH."
