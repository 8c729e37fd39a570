"""The table torture prints: for each seam, side and depth how many of its passages were killed at, and whether all ended well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from mailings.seams import Seam
from tests.torture.cases import Case, Passed

DEPTHS = {1: "once", 2: "twice"}
PASSED = [seam for seam in Seam if seam is not Seam.MERGE]  # letters are merged by no mailing of torture: far_sides.APART


def coverage(cases: Sequence[Case], *, wide: bool) -> Iterator[Table]:
    """A table for each database, or, where there is no room, for each transport on it. A cell: kills that came about / cases."""
    for database in sorted({case.database for case in cases}, reverse=True):
        transports = sorted({case.transport for case in cases if case.database == database})
        for together in [transports] if wide else [[transport] for transport in transports]:
            yield _table(cases, database, together)


def _table(cases: Sequence[Case], database: str, transports: Sequence[str]) -> Table:
    table = Table(
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 0, 0, 1),
        title=f"Killed at each seam, on {database}",
        title_justify="left",
        title_style="bold",
    )
    table.add_column("\n\nseam", no_wrap=True)
    for transport in transports:
        for depth, said in DEPTHS.items():
            table.add_column(f"{transport if depth == 1 else ''}\n{said}\nbefore", justify="right", no_wrap=True)
            table.add_column("\n\nafter", justify="right", no_wrap=True)
    for seam in PASSED:
        where = [(transport, depth, side) for transport in transports for depth in DEPTHS for side in ("before", "after")]
        mine = [[case for case in cases if case.database == database and _last(case) == (t, depth, seam, side)] for t, depth, side in where]
        table.add_row(seam.value, *(_cell(found) for found in mine))
    return table


def _last(case: Case) -> tuple[str, int, Seam, str]:
    return case.transport, len(case.kills), case.kills[-1].seam, case.kills[-1].side


def _cell(cases: Sequence[Case]) -> str:
    if not cases:
        return "[dim]-[/]"
    killed = sum(case.met for case in cases)
    colour = "red" if any(case.wrong for case in cases) else "green" if killed == len(cases) else "yellow"
    return f"[{colour}]{killed}/{len(cases)}[/]"


def uncovered(passed: Mapping[tuple[str, str], Passed], cases: Sequence[Case]) -> list[str]:
    """A sentence for each side of a seam that no kill came about at."""
    killed = {(*case.where, point.seam, point.side) for case in cases if case.met for point in case.kills}
    return [
        f"{transport} on {database} {'was never killed' if passages[seam, side] else 'never came to'} {side} {seam.value!r}"
        for (database, transport), passages in passed.items()
        for seam in PASSED
        for side in ("before", "after")
        if (database, transport, seam, side) not in killed
    ]


def document(cases: Sequence[Case], passed: Mapping[tuple[str, str], Passed]) -> dict[str, object]:
    """The same for machines."""
    return {
        "cases": len(cases),
        "transports": dict(Counter(case.transport for case in cases)),
        "killed": sum(case.met for case in cases),
        "kills": sum(len(case.kills) for case in cases if case.met),
        "broken": [{"command": case.command, "wrong": list(case.wrong)} for case in cases if case.wrong],
        "not_met": [case.command for case in cases if not case.met],
        "passages": {
            f"{database} {transport}": {f"{seam.value} {side}": n for (seam, side), n in passages.items()}
            for (database, transport), passages in passed.items()
        },
    }
