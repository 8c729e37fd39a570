"""A DNS server for tests: real packets over UDP on loopback, answering from a table, or never."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


class NameServer:
    """Answers questions of one `kind` from `texts` (domain -> records); unknown ones do not exist; `asked` keeps every name asked for.

    A question that is sent again because its answer took long is still the same one.
    """

    def __init__(
        self, texts: dict[str, list[str]], *, kind: str = "TXT", silent: bool = False, rcode: dns.rcode.Rcode | None = None
    ) -> None:
        self.kind = kind
        self.texts, self.silent, self.rcode = texts, silent, rcode
        self.asked: list[str] = []
        self._numbers: set[tuple[int, str]] = set()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.05)
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.open = True

    def serve(self) -> None:
        """Answer until closed."""
        while self.open:
            try:
                wire, whom = self.socket.recvfrom(4096)
            except TimeoutError:
                continue
            question = dns.message.from_wire(wire)
            self._note(question)
            if not self.silent:
                self.socket.sendto(self.answer(question).to_wire(), whom)

    def _note(self, question: dns.message.Message) -> None:
        name = question.question[0].name.to_text(omit_final_dot=True)
        if (question.id, name) not in self._numbers:
            self._numbers.add((question.id, name))
            self.asked.append(name)

    def answer(self, question: dns.message.Message) -> dns.message.Message:
        """The answer to one question."""
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        name = question.question[0].name
        records = self.texts.get(name.to_text(omit_final_dot=True))
        if self.rcode is not None:
            answer.set_rcode(self.rcode)
        elif records is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif records:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", self.kind, *records))
        return answer


@contextmanager
def name_server(
    texts: dict[str, list[str]], *, kind: str = "TXT", silent: bool = False, rcode: dns.rcode.Rcode | None = None
) -> Iterator[NameServer]:
    """A NameServer that runs for the block."""
    server = NameServer(texts, kind=kind, silent=silent, rcode=rcode)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.open = False
        thread.join()
        server.socket.close()
