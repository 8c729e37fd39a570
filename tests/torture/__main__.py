"""`make torture`: kills a sending process before and after every effect, for every transport, twice over, and judges what is left."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mailings.seams import Seam
from tests import postgres
from tests.torture.cases import Case, Passed, Plan, drawn, first_kills, second_kills
from tests.torture.chamber import Point
from tests.torture.far_sides import transports
from tests.torture.pool import Pool, pool
from tests.torture.stories import STORIES, told
from tests.torture.table import coverage, document, uncovered

WIDE = 200

tells, notes = Console(width=None if sys.stdout.isatty() else WIDE), Console(stderr=True)


def main(words: Sequence[str] | None = None) -> int:
    """Play, print, and answer 1 where a promise broke or a seam was never killed at."""
    given = _options().parse_args(words)
    began = time.monotonic()
    whole, part = _databases(given.database)
    with pool([*whole, *part], given.workers) as players:
        if given.only:
            plan = replace(_only(given.only, (whole or part)[0]), story=given.story or "")
            return _say_one([case for cases in players.played([plan]) for case in cases])
        passed = players.undisturbed([(database, name) for database in [*whole, *part] for name in transports()])
        cases = _cases(players, given, passed, part)
    missing = [] if given.random is not None or given.story else uncovered(passed, cases)
    seconds = round(time.monotonic() - began)
    if given.json:
        told_all = document(cases, passed) | {"uncovered": missing, "seed": given.seed, "seconds": seconds}
        sys.stdout.write(orjson.dumps(told_all, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        _say(cases, missing, seconds)
        if given.random is not None:
            tells.print(f"Seed {given.seed}.")
    return int(bool(missing) or any(case.wrong for case in cases))


def _options() -> argparse.ArgumentParser:
    read = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    read.add_argument(
        "--database", choices=["sqlite", "postgres", "both"], help="all cases on these; else all on SQLite, a part on PostgreSQL"
    )
    read.add_argument("--only", nargs="+", metavar="WORD", help='one case: smtp "batch claimed" after 2, and a second kill likewise')
    read.add_argument("--once", action="store_true", help="no second kills")
    read.add_argument("--story", choices=sorted(STORIES), help="this story alone")
    read.add_argument("--random", type=int, metavar="N", help="so many first kills drawn from all, each with one second kill")
    read.add_argument("--seed", type=int, default=random.randrange(10**6), help="what --random draws by")
    read.add_argument("--workers", type=int, help="cases at a time; as many as there are cores")
    read.add_argument("--json", action="store_true", help="one document instead of tables")
    return read


def _cases(players: Pool, given: argparse.Namespace, passed: dict[tuple[str, str], Passed], part: Sequence[str]) -> list[Case]:
    if given.random is not None:
        return _watched(players, "killed at random", drawn(passed, given.random, given.seed), given)
    cases = _watched(players, "stories", [plan for plan in told(passed) if given.story in {None, plan.story}], given)
    if given.story is None:
        firsts = _watched(players, "killed once", first_kills(passed, part), given)
        cases += firsts
        if not given.once:
            cases += _watched(players, "killed twice", second_kills(firsts, part), given)
    return cases


def _databases(asked: str | None) -> tuple[list[str], list[str]]:
    """Those played in whole, and those played in part."""
    if asked != "sqlite" and postgres.binaries() is None:
        notes.print("PostgreSQL is not installed: its cases are left out.", style="yellow")
        if asked == "postgres":
            raise SystemExit(1)
        return ["sqlite"], []
    return (["sqlite"], ["postgres"]) if asked is None else (["sqlite", "postgres"], []) if asked == "both" else ([asked], [])


def _only(words: Sequence[str], database: str) -> Plan:
    transport, *rest = words
    kills = [rest[i : i + 3] for i in range(0, len(rest), 3)]
    read = [Point(Seam(kill[0]), kill[1], int(kill[2])) for kill in kills if _is_point(kill)]
    if transport not in transports() or read[2:] or not read or len(read) < len(kills):
        seams = ", ".join(f'"{seam}"' for seam in Seam)
        raise SystemExit(f'Write it as: --only smtp "batch claimed" after 2, and a second kill likewise.\nThe seams are {seams}.')
    return Plan(database, transport, read[0], second=read[1] if read[1:] else None)


def _is_point(words: Sequence[str]) -> bool:
    return len(words) == 3 and words[0] in list(Seam) and words[1] in {"before", "after"} and words[2].isdigit()


def _watched(players: Pool, what: str, chosen: Sequence[Plan], given: argparse.Namespace) -> list[Case]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[said]}"),
    )
    cases: list[Case] = []
    with Progress(*columns, console=notes, transient=True, disable=given.json) as progress:
        bar = progress.add_task(what, total=len(chosen), said="")
        for played in players.played(chosen):
            cases += played
            wrong = sum(bool(case.wrong) for case in cases)
            progress.update(bar, advance=1, said=f"{len(cases)} cases" + (f", [red]{wrong} broken[/]" if wrong else ""))
    return cases


def _say(cases: Sequence[Case], missing: Sequence[str], seconds: int) -> None:
    for table in coverage(cases, wide=tells.width >= WIDE):
        tells.print(table)
    for line in _complaints(cases, missing):
        tells.print(line, highlight=False, markup=False, soft_wrap=True)
    kills, wrong = sum(len(case.kills) for case in cases if case.met), sum(bool(case.wrong) for case in cases)
    tells.print(f"{len(cases)} cases, {kills} kills, {wrong} broken promises, {seconds} s. A cell: kills that came about / cases.")


def _complaints(cases: Sequence[Case], missing: Sequence[str]) -> Iterator[str]:
    yield from missing
    for case in cases:
        if case.wrong:
            yield f"{case.command}\n    {'; '.join(case.wrong)}"


def _say_one(cases: Sequence[Case]) -> int:
    for case in cases:
        said = "not met: the run passed it by" if not case.met else "; ".join(case.wrong) or "all is well"
        tells.print(f"{', then '.join(map(str, case.kills))}: {said}", highlight=False, markup=False, soft_wrap=True)
    return int(any(case.wrong or not case.met for case in cases))


if __name__ == "__main__":
    sys.exit(main())
