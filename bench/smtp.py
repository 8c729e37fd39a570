"""How fast the SMTP transport hands over ready-made messages, as a ratio to smtp-source with ten sessions in the same run."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from cryptography.hazmat.primitives.asymmetric import rsa

from bench.compose import best, form, newsletter, row
from bench.floor import Floor, floor
from mailings.message import Message, Offer, Outcome
from mailings.transports.smtp import Settings, Smtp
from mailings.transports.smtp.dkim import Signer
from tests.servers.sink import sink


@dataclass(frozen=True, slots=True)
class Ready(Message):
    """A message put together beforehand."""

    content: bytes

    def mime(self, *, eight_bit: bool = False) -> bytes:
        """The same bytes every time."""
        return self.content


def offers(messages: int, size: int) -> Iterator[Offer]:
    """So many deliveries of one message of `size` bytes."""
    head = b"From: news@sender.test\r\nSubject: Autumn\r\n\r\n"
    line = b"x" * 74 + b"=\r\n"
    message = Ready(head + line * ((size - len(head)) // len(line)))
    return (Offer(n, f"anna{n}@firma.test", "news@sender.test", message) for n in range(messages))


def hand_over(messages: int, size: int, connections: int, flags: tuple[str, ...]) -> dict[str, float]:
    """One run against a sink of its own."""
    with sink(*flags) as server:
        transport = Smtp(Settings(host="127.0.0.1", port=server.port, connections=connections, _env_file=None))
        began, cpu = time.perf_counter(), time.process_time()
        told = Counter(receipt.outcome for receipt in transport.send(offers(messages, size)))
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
        transport.close()
        if told != {Outcome.ACCEPTED: messages}:
            raise SystemExit(f"not everything was accepted: {dict(told)}")
        return {"per_second": messages / took, "cpu_us": cpu / messages * 1e6, "sink_cpu_us": server.cpu_seconds() / messages * 1e6}


def signing(messages: int) -> dict[str, object]:
    """What a DKIM signature by RSA-2048 costs a message of the example newsletter: CPU time of this process, the best of five rounds."""
    compiled = newsletter()
    letters = [form(compiled, eight_bit=True)(row(compiled, n)) for n in range(1, min(messages, 500) + 1)]
    signer = Signer(rsa.generate_private_key(65537, 2048), "bench")
    extra = best(lambda one: signer.signed(one[0]), [(letter,) for letter in letters], 5)
    return {"case": "smtp, DKIM by RSA-2048", "messages": len(letters), "size": len(letters[0]), "us_extra_per_message": round(extra, 1)}


def main() -> None:
    """Print one JSON line a case. The floor is taken before and after, for the machine may have become quicker or slower meanwhile."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=20_000)
    options.add_argument("--size", type=int, default=32_700)
    options.add_argument("--dkim", action="store_true", help="only what signing adds to a message")
    given = options.parse_args()
    if given.dkim:
        print(orjson.dumps(signing(given.messages)).decode())
        return
    cases: list[tuple[str, int, tuple[str, ...]]] = [("1 line", 1, ()), ("10 lines", 10, ()), ("10 lines, no pipelining", 10, ("-p",))]
    for case, connections, flags in cases:
        floors: list[Floor] = [floor(given.messages, given.size)]
        figures = hand_over(given.messages, given.size, connections, flags)
        floors.append(floor(given.messages, given.size))
        known = sum(f.per_second for f in floors) / 2
        source = {"smtp_source_per_second": known, "smtp_source_cpu_us": sum(f.cpu_us for f in floors) / 2}
        line = {"case": f"smtp, {case}", "messages": given.messages, "size": given.size, **figures, **source}
        print(orjson.dumps(line | {"ratio": figures["per_second"] / known}).decode(), flush=True)


if __name__ == "__main__":
    main()
