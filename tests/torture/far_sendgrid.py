"""The far side of the transport sendgrid: its double, and what it is told."""

from __future__ import annotations

import socket

from mailings.transports.sendgrid import Sendgrid
from tests.doubles.sendgrid import KEY, Double
from tests.torture.far import Far, wait_for_conversations
from tests.torture.world import BATCH, REFUSED


class FarSendgrid(Far):
    """SendGrid's double, in the process that kills. Nobody is asked to wait there: a 429 is said of all, and slows the whole transport."""

    def __init__(self, double: Double) -> None:
        self.double = double
        self.environment = {
            "MAILINGS_SENDGRID_API_KEY": KEY,
            "MAILINGS_SENDGRID_HOST": f"http://127.0.0.1:{double.port}",
            "MAILINGS_SENDGRID_CONNECTIONS": "1",
            "MAILINGS_SENDGRID_TIMEOUT": "20",
        }

    def served(self) -> list[str]:
        """Whom it put a message together for."""
        return [taken.address for taken in self.double.taken]

    def save(self) -> object:
        """What it took."""
        return list(self.double.taken)

    def restore(self, known: object) -> None:
        """It took this, and no more."""
        self.double.taken[:] = known if isinstance(known, list) else []

    def begin(self) -> None:
        """A request with one of them in it is refused, and says because of whom."""
        self.double.named[REFUSED] = "Does not contain a valid address."

    def begin_inside(self) -> None:
        """As small as the batches: one is under way while the next is put together."""
        Sendgrid.batch_size = BATCH

    def settle(self) -> None:
        """Wait for the ends of all requests: those still in the listening queue are taken up before ours."""
        with socket.create_connection(("127.0.0.1", self.double.port), 10) as line:
            line.sendall(b"GET /v3/suppression/blocks HTTP/1.1\r\nConnection: close\r\n\r\n")
            assert line.recv(100).startswith(b"HTTP/1.1 401")
        wait_for_conversations()
