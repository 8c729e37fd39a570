"""For each transport a stage to try it on: itself, set up, and the far side that can be told what to do with whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from mailings.errors import TryLater
from mailings.message import Transport
from mailings.transports.folder import Folder
from mailings.transports.memory import Memory
from mailings.transports.smtp import Settings, Smtp
from tests.servers.mailbox import HANG_UP, Mailbox, mailbox, nobody_listens
from tests.transports.acme_stage import on_acme
from tests.transports.pdf_stage import on_pdf
from tests.transports.sendgrid_stages import naming, not_naming
from tests.transports.stage import Stage
from tests.transports.twilio_stages import on_twilio


class OnMemory(Stage):
    """The shipped double."""

    def __init__(self) -> None:
        self.transport: Memory = Memory()

    def carried(self) -> list[bytes]:
        """What the far side has."""
        return [kept.content for kept in self.transport.kept]

    def unreachable(self) -> Transport:
        """One whose far side is not there."""
        down = Memory()
        down.go_down(TryLater("The far side is down."))
        return down

    def refuses(self, address: str) -> bool:
        """Refused for good."""
        self.transport.refuse(address)
        return True

    def stalls(self, address: str) -> bool:
        """Refused for now."""
        self.transport.stall(address)
        return True

    def loses(self, address: str) -> bool:
        """Taken, and never answered for."""
        self.transport.lose(address)
        return True

    def poisons(self, address: str) -> bool:
        """Refused with whoever is in the same request."""
        self.transport.poison(address)
        return True

    def breaks_down(self) -> bool:
        """Nothing is taken any more."""
        self.transport.break_after(0)
        return True


class OnFolder(Stage):
    """A Maildir in the test's own folder; it knows neither refusals nor lost answers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.transport: Folder = Folder(path / "outbox")

    def carried(self) -> list[bytes]:
        """What the far side has."""
        shown = self.path / "outbox" / ("sms" if self.channel == "sms" else "new")
        return [file.read_bytes() for file in shown.iterdir()] if shown.exists() else []

    def unreachable(self) -> Transport:
        """One whose far side is not there."""
        (self.path / "a-file").write_text("no folder can be made below a file")
        return Folder(self.path / "a-file" / "outbox")


class OnSmtp(Stage):
    """A mail server that does as it is told."""

    def __init__(self, box: Mailbox) -> None:
        self.box = box
        self.transport = Smtp(Settings(host="127.0.0.1", port=box.port, timeout=60, connections=4, _env_file=None))

    def carried(self) -> list[bytes]:
        """What the far side has."""
        return [taken.content for taken in self.box.taken]

    def unreachable(self) -> Transport:
        """One whose far side is not there."""
        return Smtp(Settings(host="127.0.0.1", port=nobody_listens(), timeout=60, _env_file=None))

    def refuses(self, address: str) -> bool:
        """Refused for good."""
        self.box.told[f"RCPT TO:<{address}>"] = "550 5.1.1 User unknown"
        return True

    def stalls(self, address: str) -> bool:
        """Refused for now."""
        self.box.told[f"RCPT TO:<{address}>"] = "451 4.7.1 Greylisted, try again later"
        return True

    def loses(self, address: str) -> bool:
        """Taken, and never answered for."""
        self.box.told[f"END {address}"] = HANG_UP
        return True

    def breaks_down(self) -> bool:
        """Nothing is taken any more."""
        self.box.told["MAIL"] = HANG_UP
        return True


@contextmanager
def _memory(_path: Path) -> Iterator[Stage]:
    yield OnMemory()


@contextmanager
def _folder(path: Path) -> Iterator[Stage]:
    yield OnFolder(path)


@contextmanager
def _smtp(_path: Path) -> Iterator[Stage]:
    with mailbox() as box:
        stage = OnSmtp(box)
        yield stage
        stage.transport.close()


@contextmanager
def _memory_texts(_path: Path) -> Iterator[Stage]:
    stage = OnMemory()
    stage.channel = "sms"
    yield stage


@contextmanager
def _folder_texts(path: Path) -> Iterator[Stage]:
    stage = OnFolder(path)
    stage.channel = "sms"
    yield stage


@contextmanager
def _memory_together(_path: Path) -> Iterator[Stage]:
    stage = OnMemory()
    stage.transport.together(30)
    yield stage


#: A transport found by its file's name must have a stage here, or the contract suite fails.
STAGES: dict[str, Callable[[Path], AbstractContextManager[Stage]]] = {
    "folder": _folder,
    "memory": _memory,
    "pdf": on_pdf,
    "sendgrid": not_naming,
    "smtp": _smtp,
    "twilio": on_twilio,
}

#: The same transports in another mode of theirs, and the one that a page shows.
MODES: dict[str, Callable[[Path], AbstractContextManager[Stage]]] = {
    "acme, as a page shows it": on_acme,
    "folder, text messages": _folder_texts,
    "memory, 30 in a request": _memory_together,
    "memory, text messages": _memory_texts,
    "sendgrid, which names whom it refuses": naming,
}
