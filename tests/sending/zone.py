"""A DNS server for tests that holds records of several kinds under a name, and may be silent about some names."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.sending.nameserver import NameServer

Records = Mapping[tuple[str, str], Sequence[str]]


class Zone(NameServer):
    """Answers from `records`: (name, kind) -> records. A name of which nothing is held does not exist."""

    def __init__(self, records: Records, *, silent: bool = False) -> None:
        super().__init__({}, silent=silent)
        self.records = records

    def answer(self, question: dns.message.Message) -> dns.message.Message:
        """The answer to one question."""
        answer = dns.message.make_response(question)
        asked = question.question[0]
        name, kind = asked.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(asked.rdtype)
        found = self.records.get((name, kind), ())
        if found:
            answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *found))
        elif name not in {held for held, _ in self.records}:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer


@contextmanager
def zone(records: Records, *, silent: bool = False) -> Iterator[Zone]:
    """A Zone that answers for the block."""
    server = Zone(records, silent=silent)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.open = False
        thread.join()
        server.socket.close()
