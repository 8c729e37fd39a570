"""Puts each message into a Maildir on this machine: the embedded default, and the outbox one can read in any mail program.

Text messages stand beside it as files one can read, `sms/d0000000042.1.sms`, letters in `letters`.
A file is named after its delivery, `d0000000042.1`: a delivery handed over twice would stand there as `.2` and overwrite nothing.
`accepted` means on the disk: the files of up to 200 messages are written, then forced to the disk, then shown in `new` at once, then
answered for; one at a time, a spinning disk would allow some fifty messages a second.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self, TypeVar

from pydantic_settings import BaseSettings, SettingsConfigDict

from mailings import seams
from mailings.errors import Misconfigured, Unreadable
from mailings.message import Offer, Outcome, Receipt, Transport
from mailings.seams import Seam
from mailings.transports._source import Source
from mailings.transports._written import written

T = TypeVar("T")

TOGETHER = 200  # messages forced to the disk together
AT_ONCE = 8  # of them at the same moment
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Settings(BaseSettings):
    """Where the Maildir is; it is made where there is none."""

    model_config = SettingsConfigDict(env_prefix="MAILINGS_FOLDER_", env_file=".env", extra="ignore", frozen=True)

    path: Path = Path("var/outbox")


@dataclass(slots=True)
class _Kept:
    """A message's file in `tmp`, not yet shown, and where it will stand."""

    delivery: int
    file: Path
    folder: Path
    suffix: str


class Folder(Transport):
    """Writes messages into a Maildir. Several processes may write into the same one."""

    name: ClassVar[str] = "folder"
    channels: ClassVar[frozenset[str]] = frozenset({"email", "sms", "document"})
    leaves_machine: ClassVar[bool] = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self._trouble: OSError | None = None

    @classmethod
    def configured(cls) -> Self:
        """The Maildir that MAILINGS_FOLDER_PATH names."""
        return cls(Settings().path)

    def send(self, offers: Iterator[Offer | None]) -> Iterator[Receipt]:
        """Write what is offered. Raises Misconfigured where the folder cannot be written to from the start."""
        self._prepare()
        self._trouble, source = None, Source(offers)
        while not source.ended:
            held: list[_Kept] = []
            while len(held) < TOGETHER and (offer := source.ask()) is not None:
                kept = self._write(offer)
                if isinstance(kept, Receipt):
                    yield kept
                else:
                    held.append(kept)
                if self._trouble is not None:
                    source.stop()
            yield from self._show(held)
            if len(held) < TOGETHER:
                source.resume()
        source.close()

    def _prepare(self) -> None:
        probe = self.path / "tmp" / f"probe.{os.getpid()}"
        try:
            for part in ("tmp", "new", "cur"):
                (self.path / part).mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"Is there room for a message?\r\n" * 200)
            _to_disk(probe)
        except OSError as error:
            raise Misconfigured(self._sentence(error)) from error
        finally:
            _remove(probe)

    def _write(self, offer: Offer) -> _Kept | Receipt:
        try:
            made = written(offer)
        except Unreadable as error:
            return Receipt(offer.delivery, Outcome.REFUSED, reason=str(error))
        file = self.path / "tmp" / f"d{offer.delivery:010}.{os.getpid()}"
        try:
            (self.path / made.folder).mkdir(exist_ok=True)
            file.write_bytes(made.content)
        except OSError as error:
            _remove(file)
            self._trouble = error
            return self._untouched(offer.delivery)
        return _Kept(offer.delivery, file, self.path / made.folder, made.suffix)

    def _show(self, held: list[_Kept]) -> Iterator[Receipt]:
        # all files first, then all names: a name made in between would cost every further file a journal commit of its own (1 ms);
        # several at a time share a commit, which doubles the rate on a busy disk
        with ThreadPoolExecutor(AT_ONCE) as disk:
            failures = list(disk.map(_failure, (_to_disk for _ in held), (kept.file for kept in held)))
        shown: dict[int, Path] = {}
        for kept, unsettled in zip(held, failures, strict=True):
            failure = unsettled or self._named(kept)
            if failure is None:
                shown[kept.delivery] = kept.folder
            else:
                self._trouble = failure
                _remove(kept.file)
                yield self._untouched(kept.delivery)
        yield from self._answer(shown)

    def _named(self, kept: _Kept) -> OSError | None:
        if self._trouble is not None and self._trouble.errno not in _FULL:  # a full disk stops no name of what is written already
            return self._trouble
        return _failure(self._link, kept)

    def _answer(self, shown: dict[int, Path]) -> Iterator[Receipt]:
        outcome, reason = Outcome.ACCEPTED, None
        for folder in sorted(set(shown.values())):
            try:
                _to_disk(folder)
            except OSError as error:
                # the files stand there, but nobody can say whether they will after a power cut
                outcome, reason, self._trouble = Outcome.UNKNOWN, self._sentence(error), error
        for delivery in shown:
            seams.before(Seam.ANSWER)
            yield Receipt(delivery, outcome, reason=reason)
            seams.after(Seam.ANSWER)

    def _link(self, kept: _Kept) -> None:
        nth = 1
        while True:
            try:
                # a rename would silently replace what stands there; a link refuses
                seams.before(Seam.HAND_OVER)
                os.link(kept.file, kept.folder / f"d{kept.delivery:010}.{nth}{kept.suffix}")
                seams.after(Seam.HAND_OVER)
                break
            except FileExistsError:
                nth += 1
        _remove(kept.file)

    def _untouched(self, delivery: int) -> Receipt:
        return Receipt(delivery, Outcome.UNTOUCHED, reason=self._sentence(self._trouble) if self._trouble else None)

    def _sentence(self, error: OSError) -> str:
        why = "the disk is full" if error.errno in _FULL else (error.strerror or str(error)).lower()
        what = "make room" if error.errno in _FULL else "make it writable, or set MAILINGS_FOLDER_PATH to another folder"
        return f"The outbox {self.path} cannot be written to ({why}); {what}."


def _failure(step: Callable[[T], None], subject: T) -> OSError | None:
    try:
        step(subject)
    except OSError as error:
        return error
    return None


def _to_disk(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError:
        return  # a stray file in tmp is nobody's message
