"""The far side of the transport twilio: its double, and what it is told."""

from __future__ import annotations

import socket

from mailings.transports.twilio import Twilio
from tests.doubles.twilio import ACCOUNT, TOKEN, Double, says
from tests.torture.far import Far, wait_for_conversations
from tests.torture.judging import ADDRESSES
from tests.torture.world import BATCH, NUMBERS, REFUSED


class FarTwilio(Far):
    """Twilio's double, in the process that kills. Nobody is asked to wait there: a 429 is said of all, and slows the whole transport."""

    channel = "sms"

    def __init__(self, double: Double) -> None:
        self.double = double
        self.environment = {
            "MAILINGS_TWILIO_ACCOUNT": ACCOUNT,
            "MAILINGS_TWILIO_TOKEN": TOKEN,
            "MAILINGS_TWILIO_HOST": f"http://127.0.0.1:{double.port}",
            "MAILINGS_TWILIO_CONNECTIONS": "2",
            "MAILINGS_TWILIO_TIMEOUT": "20",
        }

    def served(self) -> list[str]:
        """Whose numbers it took a message for, by the addresses the books know them by."""
        return [ADDRESSES.get(taken.to, taken.to) for taken in self.double.taken]

    def save(self) -> object:
        """What it took."""
        return list(self.double.taken)

    def restore(self, known: object) -> None:
        """It took this, and no more."""
        self.double.taken[:] = known if isinstance(known, list) else []

    def begin(self) -> None:
        """One number is refused."""
        self.double.to[NUMBERS[REFUSED]] = says(400, 21614, "'To' number is not a valid mobile number")

    def begin_inside(self) -> None:
        """As small as the batches."""
        Twilio.batch_size = BATCH

    def settle(self) -> None:
        """Wait for the ends of all requests: those still in the listening queue are taken up before ours."""
        with socket.create_connection(("127.0.0.1", self.double.port), 10) as line:
            line.sendall(b"GET /2010-04-01 HTTP/1.1\r\nConnection: close\r\n\r\n")
            assert line.recv(100).startswith(b"HTTP/1.1 401")
        wait_for_conversations()
