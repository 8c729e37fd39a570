"""The stage of the transport twilio: its double, and the suite's addresses as numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from mailings.message import Offer, Receipt, Transport
from mailings.transports.twilio import Twilio
from tests.doubles.saying import LOSES
from tests.doubles.twilio import SENDER, Double, says, twilio
from tests.servers.mailbox import nobody_listens
from tests.transports.stage import Stage


def number_of(address: str) -> str:
    """A number for an e-mail address of the suite, always the same; a number is itself."""
    return address if address[0] == "+" else f"+479{int(sha256(address.encode()).hexdigest(), 16) % 10**7:07}"


class Numbered(Twilio):
    """The transport, for offers whose addresses are made for e-mail."""

    def send(self, offers: Iterator[Offer | None]) -> Iterator[Receipt]:
        """Carry them to numbers."""
        return super().send(offer and replace(offer, address=number_of(offer.address)) for offer in offers)


class OnTwilio(Stage):
    """Twilio's double; `later` it says of the whole account, never of one number."""

    refusal, channel = "400 21211", "sms"

    def __init__(self, double: Double) -> None:
        self.double = double
        self.transport = Numbered(double.settings(sender=SENDER))

    def carried(self) -> list[bytes]:
        """What the far side has."""
        return [taken.body.encode() for taken in list(self.double.taken)]

    def unreachable(self) -> Transport:
        """One whose far side is not there."""
        return Numbered(self.double.settings(host=f"http://127.0.0.1:{nobody_listens()}"))

    def refuses(self, address: str) -> bool:
        """Refused for good."""
        self.double.to[number_of(address)] = says(400, 21211, "User unknown")
        return True

    def loses(self, address: str) -> bool:
        """Taken, and never answered for."""
        self.double.to[number_of(address)] = LOSES
        return True

    def breaks_down(self) -> bool:
        """The token is taken back."""
        self.double.always = says(401, 20003, "Authenticate")
        return True


@contextmanager
def on_twilio(_path: Path) -> Iterator[Stage]:
    """Twilio, as far as one can know it."""
    with twilio() as double:
        stage = OnTwilio(double)
        yield stage
        stage.transport.close()
