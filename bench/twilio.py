"""Text messages a second through Twilio's SDK: as it comes, and over the lines of our transport, in one run against the same server.

One JSON line: messages, connections and CPU a message of each, and their ratio. As many threads each; loopback, so no TLS and no way
to go: what is left is what the client costs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
from twilio.rest import Client

from bench.http_sink import HttpSink, http_sink
from mailings.message import Message, Offer, Outcome, Short
from mailings.transports.twilio import Twilio
from mailings.transports.twilio.settings import Settings

ACCOUNT, TOKEN, SENDER = "AC" + "0" * 32, "of-the-benchmark", "+4799887000"
TEXT = "Kjære Åse Ødegård, blåbærene er modne på Østlandet. Svar STOPP for å slippe flere meldinger."


class Said(Message):
    """A message that is there already."""

    def short(self) -> Short:
        """The same for everybody."""
        return Short(SENDER, TEXT, 1, "0123456789ab")


def main() -> None:
    """Measure both, ours in the middle, so that a machine that tires spoils neither."""
    given = _options().parse_args()
    known = (given.messages, given.connections)
    before, ours, after = _measured(stock, *known), _measured(pooled, *known), _measured(stock, *known)
    mean = (before["per_s"] + after["per_s"]) / 2
    line = {"case": "twilio", "messages": given.messages, "threads": given.connections, "as_it_comes": [before, after], "pooled": ours}
    print(orjson.dumps(line | {"ratio": round(ours["per_s"] / mean, 2)}).decode())


def stock(sink: HttpSink, messages: int, threads: int) -> None:
    """The SDK as it comes."""
    client = Client(ACCOUNT, TOKEN)
    client.api.base_url = f"http://127.0.0.1:{sink.port}"

    def hand_over(number: int) -> None:
        client.messages.create(
            to=_number(number), from_=SENDER, body=TEXT, status_callback=f"https://post.test/hooks/twilio?d={number}.0123456789ab"
        )

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(hand_over, range(messages)))


def pooled(sink: HttpSink, messages: int, threads: int) -> None:
    """Our transport."""
    facts: dict[str, Any] = {"account": ACCOUNT, "token": TOKEN, "host": f"http://127.0.0.1:{sink.port}", "connections": threads}
    transport = Twilio(Settings(**facts, _env_file=None))
    taken = sum(receipt.outcome is Outcome.ACCEPTED for receipt in transport.send(_offers(messages)))
    transport.close()
    assert taken == messages


def _measured(through: Callable[[HttpSink, int, int], None], messages: int, threads: int) -> dict[str, Any]:
    with http_sink("twilio") as sink:
        through(sink, threads, threads)  # imports, and the first connections
        began, spent = time.perf_counter(), time.process_time()
        through(sink, messages, threads)
        took, cpu = time.perf_counter() - began, time.process_time() - spent
        return {"per_s": round(messages / took), "cpu_us": round(cpu / messages * 1e6), "connections": sink.counts()["connections"]}


def _offers(messages: int) -> Iterator[Offer]:
    return (Offer(number, _number(number), SENDER, Said()) for number in range(messages))


def _number(number: int) -> str:
    return f"+479{number:07}"


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=3000)
    options.add_argument("--connections", type=int, default=8, help="threads of either")
    return options


if __name__ == "__main__":
    main()
