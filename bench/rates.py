"""Does it stay as fast? Rates in one run, as ratios: a million against ten thousand, and two processes against one without a sink.

Two JSON lines a database, each with its bar and whether it holds. The small and the single case are taken before and after the other,
for the machine may have become quicker or slower meanwhile.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from statistics import mean
from typing import Any

import orjson

from bench.running import CORES, Case, Result, run
from bench.send import numbers
from bench.world import DURABILITY, world

SCALE_BAR, TWO_BAR = 0.9, 1.6


def main() -> None:
    """Measure what is asked for on each database."""
    given = _options().parse_args()
    for kind in ("sqlite", "postgres") if given.database == "both" else (given.database,):
        said = {"database": kind, "durability": DURABILITY[kind], "cores": CORES}
        if given.only != "processes":
            print(orjson.dumps(scale(kind, given.people, given.transport) | said).decode(), flush=True)
        if given.only != "scale":
            print(orjson.dumps(two(kind, given.two_people) | said).decode(), flush=True)


def scale(kind: str, people: list[int], transport: str) -> dict[str, Any]:
    """The rate for many over the rate for few; both worlds are full before anything is measured."""
    few, many = min(people), max(people)
    with ExitStack() as stack:
        small, large = (stack.enter_context(world(kind, n)) for n in (few, many))
        case = Case(transport)
        run(small, small.mailing(), case)  # the machine is warm
        short = [run(small, small.mailing(), case) for _ in range(2)]
        long = run(large, large.mailing(), case)
        short += [run(small, small.mailing(), case) for _ in range(2)]
        told = _told("scale", [long.per_second], [one.per_second for one in short], SCALE_BAR)
        return told | {
            "people": [few, many],
            "transport": transport,
            "message_bytes": len(small.message()),
            "claim_ms": long.figures()["claim_ms"],
        }


def two(kind: str, people: int) -> dict[str, Any]:
    """The rate of two processes over that of one; nothing leaves the machine, so that the cores are ours."""
    with world(kind, people) as made:
        taken: dict[int, list[Result]] = {1: [], 2: []}
        for processes in (1, 2, 1, 2, 1):
            taken[processes].append(run(made, made.mailing(), Case("none", processes)))
        rates = {n: [one.per_second for one in results] for n, results in taken.items()}
        told = _told("two processes", rates[2], rates[1], TWO_BAR)
        shares = [_shares(one) for one in taken[2]]
        return told | {"people": people, "message_bytes": len(made.message()), "claims_of_each": shares}


def _shares(result: Result) -> list[int]:
    """How many batches each process took."""
    return [len(one["claims_ms"]) for one in result.used]


def _told(case: str, ours: list[float], base: list[float], bar: float) -> dict[str, Any]:
    ratio = mean(ours) / mean(base)
    rates = {"per_s": [round(r) for r in ours], "base_per_s": [round(r) for r in base]}
    return {"case": case, "ratio": round(ratio, 2), "bar": bar, "holds": ratio >= bar, **rates}


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    options.add_argument("--people", type=numbers, default=[10_000, 1_000_000], help="few and many, e.g. 10000,1000000")
    options.add_argument("--two-people", type=int, default=50_000, help="people for one process against two")
    options.add_argument("--transport", choices=["smtp", "none"], default="smtp", help="of the comparison of few and many")
    options.add_argument("--only", choices=["scale", "processes"])
    return options


if __name__ == "__main__":
    main()
