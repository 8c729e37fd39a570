"""The far side of each transport there is. A new transport needs one here, an entry in FARS."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from mailings import seams
from mailings.plugins import transport_names
from mailings.seams import Seam
from mailings.transports import folder
from mailings.transports.memory import Memory
from tests.doubles.sendgrid import sendgrid
from tests.doubles.twilio import twilio
from tests.servers.mailbox import Mailbox, mailbox
from tests.torture.far import Far, wait_for_conversations
from tests.torture.far_sendgrid import FarSendgrid
from tests.torture.far_twilio import FarTwilio
from tests.torture.world import BATCH, LATER, REFUSED


class FarMemory(Far):
    """The shipped double; each message kept is written to a journal at once, for the process takes its memory along."""

    def __init__(self, place: Path) -> None:
        self.journal = place / "journal"
        self.environment = {}

    def served(self) -> list[str]:
        """The journal's lines."""
        return self.journal.read_text("utf-8").splitlines() if self.journal.exists() else []

    def save(self) -> object:
        """The journal."""
        return self.journal.read_bytes() if self.journal.exists() else b""

    def restore(self, known: object) -> None:
        """The journal as it was."""
        self.journal.write_bytes(known if isinstance(known, bytes) else b"")

    def begin_inside(self) -> None:
        """Tell the double what to do, and listen."""
        Memory.configured.cache_clear()
        Memory.configured().refuse(REFUSED)
        Memory.configured().stall(LATER)
        seams.watch(self._note)

    def relent(self) -> None:
        """Take the one who was asked to wait."""
        Memory.configured().accept(LATER)

    def _note(self, seam: Seam, side: str) -> None:
        if (seam, side) == (Seam.HAND_OVER, "after"):
            line = os.open(self.journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(line, f"{Memory.configured().kept[-1].address}\n".encode())
            os.close(line)


class FarFolder(Far):
    """A Maildir; it refuses nobody."""

    refuses = False

    def __init__(self, place: Path) -> None:
        self.outbox, self.saved = place / "outbox", place / "saved-outbox"
        self.environment = {"MAILINGS_FOLDER_PATH": str(self.outbox)}

    def begin_inside(self) -> None:
        """As small as the batches: as many messages are forced to the disk together as are claimed together."""
        folder.TOGETHER = BATCH

    def served(self) -> list[str]:
        """To whom the messages in `new` are."""
        found = (message_from_bytes(file.read_bytes(), policy=default) for file in (self.outbox / "new").glob("*"))
        return [message["To"].addresses[0].addr_spec for message in found]

    def save(self) -> object:
        """A copy of the Maildir."""
        shutil.rmtree(self.saved, ignore_errors=True)
        if self.outbox.exists():
            shutil.copytree(self.outbox, self.saved)
        return self.saved

    def restore(self, known: object) -> None:
        """The Maildir as it was."""
        shutil.rmtree(self.outbox, ignore_errors=True)
        if isinstance(known, Path) and known.exists():
            shutil.copytree(known, self.outbox)


class FarSmtp(Far):
    """A mail server with a thread for each connection, in the process that kills."""

    def __init__(self, box: Mailbox) -> None:
        self.box = box
        self.environment = {
            "MAILINGS_SMTP_HOST": "127.0.0.1",
            "MAILINGS_SMTP_PORT": str(box.port),
            "MAILINGS_SMTP_CONNECTIONS": "2",
            "MAILINGS_SMTP_TIMEOUT": "20",
        }

    def served(self) -> list[str]:
        """To whom it answered 250."""
        return [taken.recipient for taken in self.box.taken]

    def save(self) -> object:
        """What it took."""
        return list(self.box.taken)

    def restore(self, known: object) -> None:
        """It took this, and no more."""
        self.box.taken[:] = known if isinstance(known, list) else []

    def begin(self) -> None:
        """One is refused, and one is asked to wait, once."""
        self.box.told[f"RCPT TO:<{REFUSED}>"] = "550 5.1.1 User unknown"
        self.box.told[f"RCPT TO:<{LATER}>"] = ["451 4.7.1 Greylisted, try again later", "250 2.1.5 Ok"]
        self.box.commands.clear()

    def settle(self) -> None:
        """Wait for the ends of all conversations: those still in the listening queue are taken up before ours."""
        with self._greeted():
            pass
        wait_for_conversations()

    @contextmanager
    def _greeted(self) -> Iterator[None]:
        with socket.create_connection(("127.0.0.1", self.box.port), 10) as line:
            assert line.recv(100).startswith(b"220")
            yield


@contextmanager
def _memory(place: Path) -> Iterator[Far]:
    yield FarMemory(place)


@contextmanager
def _folder(place: Path) -> Iterator[Far]:
    yield FarFolder(place)


@contextmanager
def _smtp(_place: Path) -> Iterator[Far]:
    with mailbox() as box:
        yield FarSmtp(box)


@contextmanager
def _sendgrid(_place: Path) -> Iterator[Far]:
    with sendgrid() as double:
        yield FarSendgrid(double)


@contextmanager
def _twilio(_place: Path) -> Iterator[Far]:
    with twilio() as double:
        yield FarTwilio(double)


#: A transport found by its file's name must have its far side here.
FARS: dict[str, Callable[[Path], AbstractContextManager[Far]]] = {
    "folder": _folder,
    "memory": _memory,
    "sendgrid": _sendgrid,
    "smtp": _smtp,
    "twilio": _twilio,
}


#: Nothing leaves the machine, and who is in doubt is settled when the next run begins: killed at its seams by a test of its own.
APART = {"pdf": "tests/stories/test_letters_killed.py"}


def transports() -> list[str]:
    """Every transport there is. Refuses, naming what to add, while one of them has no far side here."""
    missing = [name for name in transport_names() if name not in FARS and name not in APART]
    if missing:
        raise SystemExit(f"The transport {missing[0]} cannot be tortured yet: give it a Far in FARS of tests/torture/far_sides.py.")
    return [name for name in transport_names() if name not in APART]
