"""The newsletter to N people through the SendGrid transport, against an HTTP server that only says 202, beside smtp-source.

One JSON line: requests, bytes a recipient, messages a second and their ratio to the floor (mean of a run before and one after ours,
with messages as large as ours are once put together), CPU a message of our process alone.
"""

from __future__ import annotations

import argparse
from typing import Any

import orjson

from bench.floor import floor
from bench.http_sink import http_sink
from bench.running import CORES, Case, run
from bench.send import FLOOR_MESSAGES, numbers
from bench.world import DURABILITY, World, world


def main() -> None:
    """Measure the cases asked for."""
    given = _options().parse_args()
    for people in given.people:
        with world(given.database, people) as made:
            print(orjson.dumps(measured(made, given)).decode(), flush=True)


def measured(made: World, given: argparse.Namespace) -> dict[str, Any]:
    """One case in that world, as a line."""
    size, name = len(made.message()), made.mailing()
    with http_sink() as sink:
        made.environment.update(
            MAILINGS_SENDGRID_API_KEY="SG.of-the.benchmark",
            MAILINGS_SENDGRID_HOST=f"http://127.0.0.1:{sink.port}",
            MAILINGS_SENDGRID_CONNECTIONS=str(given.connections),
        )
        before = floor(FLOOR_MESSAGES, size).per_second
        result = run(made, name, Case("sendgrid", 1, given.through))
        after = floor(FLOOR_MESSAGES, size).per_second
        came = sink.counts()
    return {
        "case": f"sendgrid-{made.kind}-{given.through}",
        "people": made.people,
        "message_bytes": size,
        "durability": DURABILITY[made.kind],
        "cores": CORES,
        "connections": came["connections"],
        "requests": came["requests"],
        "payload_bytes": round(came["bytes"] / result.sent),
        **result.figures(),
        "floor_per_s": [round(before), round(after)],
        "ratio": round(result.per_second / ((before + after) / 2), 2),
    }


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=numbers, default=[100_000], help="e.g. 20000,100000")
    options.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    options.add_argument("--through", choices=["flow", "verbs"], default="verbs", help="flow = with Prefect, as `mailings send`")
    options.add_argument("--connections", type=int, default=2, help="requests under way at a time")
    return options


if __name__ == "__main__":
    main()
