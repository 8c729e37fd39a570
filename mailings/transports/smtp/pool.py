"""The lines to one server, watched together by one thread and kept open from one portion to the next."""

from __future__ import annotations

import selectors
import time

from mailings.errors import TransportError, TryLater
from mailings.transports.smtp.line import Line
from mailings.transports.smtp.patience import Phase
from mailings.transports.smtp.route import Route
from mailings.transports.smtp.settings import Settings


class Pool:
    """Lines to one server, at most `settings.connections`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lines: list[Line] = []
        self._route = Route(settings)
        self._selector = selectors.DefaultSelector()
        self._watched: dict[Line, tuple[int, int]] = {}  # the file number it is known by, and what is looked for
        self._looked = 0.0

    def connect(self) -> None:
        """See to it that one line is open. Raises TryLater or Misconfigured, whatever the last address answered."""
        for line in list(self.lines):
            self._try(line)
        if any(line.phase is Phase.OPEN for line in self.lines):
            return
        self._route.find()
        trouble: TransportError | None = None
        for _ in range(len(self._route.addresses)):
            trouble = self._open_now()
            if trouble is None:
                return
        raise trouble or TryLater(f"The name {self.settings.host} has no address.")

    def open(self) -> Line:
        """Begin a further line. Raises TryLater when this machine has no socket left for it."""
        try:
            line = Line(self._route, self._route.addresses[0])
        except OSError as error:
            raise TryLater(f"No connection to {self.settings.server} can be made: {error.strerror}.") from error
        self.lines.append(line)
        self.watch(line)
        return line

    def watch(self, line: Line) -> None:
        """Look for what this line waits for now; called after everything that may have changed it."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if line.wants_to_write else 0)
        watched = self._watched.get(line)
        if watched is None:
            self._selector.register(line.fileno(), events, line)
        elif watched[1] != events:
            self._selector.modify(watched[0], events, line)
        else:
            return
        self._watched[line] = (line.fileno(), events)

    def drop(self, line: Line) -> None:
        """Close this line and forget it."""
        if (watched := self._watched.pop(line, None)) is not None:
            self._selector.unregister(watched[0])
        self.lines.remove(line)
        line.close()

    def wait(self) -> list[Line]:
        """The lines on which something happened; none after a tenth of the time-out, or a second, whichever is less."""
        return [key.data for key, _ in self._selector.select(self._tick)]

    def late(self) -> list[Line]:
        """The lines whose server has taken longer than it may; looked at once a tick, for looking costs."""
        now = time.monotonic()
        if now - self._looked < self._tick:
            return []
        self._looked = now
        return [line for line in self.lines if now > line.deadline]

    @property
    def _tick(self) -> float:
        return min(1.0, self.settings.timeout / 20)

    def close(self) -> None:
        """Say goodbye on every line and close it; may be called twice."""
        for line in self.lines:
            line.quit()
        quiet = time.monotonic() + 0.5  # closing under the server's farewell would look like a broken connection in its log
        while self.lines and time.monotonic() < quiet:
            for line in self.wait():
                self.drop(line)
        for line in list(self.lines):
            self.drop(line)

    def _try(self, line: Line) -> TransportError | None:
        try:
            line.turn()
            line.check_time()
        except TransportError as trouble:
            self.drop(line)
            return trouble
        self.watch(line)
        return None

    def _open_now(self) -> TransportError | None:
        try:
            line = self.open()
        except TransportError as trouble:
            self._route.pass_over(self._route.addresses[0])
            return trouble
        while line.phase is not Phase.OPEN:
            ready = self.wait()
            failed = self._try(line) if line in ready or time.monotonic() > line.deadline else None
            if failed is not None:
                self._route.pass_over(line.address)
                return failed
        return None
