"""The stages of the transport sendgrid: its double, which names whom it refuses, or does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailings.message import Transport
from mailings.transports.sendgrid import Sendgrid
from tests.doubles.sendgrid import Double, says, sendgrid
from tests.servers.mailbox import nobody_listens
from tests.transports.stage import Stage


class OnSendgrid(Stage):
    """SendGrid's double; it refuses requests as a whole, for one recipient it cannot say `later` or fall silent."""

    def __init__(self, double: Double) -> None:
        self.double = double
        self.transport = Sendgrid(double.settings())

    def carried(self) -> list[bytes]:
        """What the far side has."""
        return [f"{taken.subject}\n{taken.text}\n{taken.html}".encode() for taken in self.double.taken]

    def unreachable(self) -> Transport:
        """One whose far side is not there."""
        return Sendgrid(self.double.settings(host=f"http://127.0.0.1:{nobody_listens()}"))

    def poisons(self, address: str) -> bool:
        """Refused with whoever is in the same request, and it does not say because of whom."""
        self.double.unnamed.add(address)
        return True

    def breaks_down(self) -> bool:
        """The key is taken back."""
        self.double.always = says(401, "The provided authorization grant is invalid, expired, or revoked")
        return True


class OnSendgridNaming(OnSendgrid):
    """The same, where it names whom it refuses."""

    def poisons(self, address: str) -> bool:
        """Refused with whoever is in the same request, by its place."""
        self.double.named[address] = "Does not contain a valid address."
        return True


@contextmanager
def not_naming(_path: Path) -> Iterator[Stage]:
    """SendGrid, which does not say whom it refuses."""
    with sendgrid() as double:
        stage = OnSendgrid(double)
        yield stage
        stage.transport.close()


@contextmanager
def naming(_path: Path) -> Iterator[Stage]:
    """SendGrid, which does."""
    with sendgrid() as double:
        stage = OnSendgridNaming(double)
        yield stage
        stage.transport.close()
