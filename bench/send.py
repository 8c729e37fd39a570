"""The main job, measured: a newsletter to N people, by one or several processes, against smtp-source with messages of the same size.

One JSON line a case. `ratio` = our messages a second over the floor's (mean of a run before and one after ours, with as many
smtp-sources as we have processes). CPU and memory are our processes' alone; `cpu_us` counts everything after the imports.
"""

from __future__ import annotations

import argparse
from typing import Any

import orjson

from bench.floor import floor
from bench.running import CORES, Case, Result, held_bytes, recipients, run
from bench.world import DURABILITY, World, world

FLOOR_MESSAGES = 10_000


def main() -> None:
    """Measure the cases asked for."""
    given = _options().parse_args()
    for kind in ("sqlite", "postgres") if given.database == "both" else (given.database,):
        for people in given.people:
            with world(kind, people, limits=not given.without_limits) as made:
                size = len(made.message())
                for case in _cases(given):
                    print(orjson.dumps(measured(made, case, size) | {"limits": not given.without_limits}).decode(), flush=True)


def measured(made: World, case: Case, size: int) -> dict[str, Any]:
    """One case in that world, as a line: the floor, ours, the floor."""
    before_bytes, before_people = held_bytes(made.database), recipients(made.database)
    name, floors = made.mailing(), []
    if case.transport == "smtp":
        floors.append(floor(FLOOR_MESSAGES, size, processes=case.processes).per_second)
    result = run(made, name, case)
    if case.transport == "smtp":
        floors.append(floor(FLOOR_MESSAGES, size, processes=case.processes).per_second)
    grown = (held_bytes(made.database) - before_bytes) / (recipients(made.database) - before_people)
    line = told(made, case, size) | result.figures() | {"database_bytes_per_recipient": round(grown)}
    return line | _against(floors, result)


def told(made: World, case: Case, size: int) -> dict[str, Any]:
    """What every line says of its case."""
    return {
        "case": f"{case.transport}-{made.kind}-{case.processes}-{case.through}",
        "database": made.kind,
        "processes": case.processes,
        "people": made.people,
        "message_bytes": size,
        "durability": DURABILITY[made.kind],
        "cores": CORES,
    }


def _against(floors: list[float], result: Result) -> dict[str, Any]:
    if not floors:
        return {}
    return {"floor_per_s": [round(f) for f in floors], "ratio": round(result.per_second / (sum(floors) / len(floors)), 2)}


def _cases(given: argparse.Namespace) -> list[Case]:
    through = ("flow", "verbs") if given.through == "both" else (given.through,)
    found = [Case(given.transport, n, way) for n in given.processes for way in through if way == "verbs" or _flows(given, n)]
    if not found:
        raise SystemExit("Through the flow there is one process, and SMTP; ask for --processes 1 --transport smtp, or --through verbs.")
    return found


def _flows(given: argparse.Namespace, processes: int) -> bool:
    return processes == 1 and given.transport == "smtp"


def numbers(written: str) -> list[int]:
    """`1,2,4` as numbers."""
    return [int(one) for one in written.replace("_", "").split(",")]


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=numbers, default=[20_000], help="e.g. 10000,100000,1000000")
    options.add_argument("--processes", type=numbers, default=[1], help="e.g. 1,2,4")
    options.add_argument("--database", choices=["sqlite", "postgres", "both"], default="sqlite")
    options.add_argument("--transport", choices=["smtp", "none"], default="smtp", help="none = composing and the ledger only")
    options.add_argument("--through", choices=["flow", "verbs", "both"], default="verbs", help="flow = with Prefect, as `mailings send`")
    options.add_argument("--without-limits", action="store_true", help="neither MAILINGS_RATE nor a limit for a tenth of the recipients")
    return options


if __name__ == "__main__":
    main()
