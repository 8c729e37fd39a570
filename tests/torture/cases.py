"""The cases: every passage of an undisturbed run, and after each kill every seam of the run that goes on."""

from __future__ import annotations

import itertools
import random
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mailings.seams import Seam
from tests.torture.chamber import Chamber, Ended, Point
from tests.torture.judging import Ledger, broken
from tests.torture.stores import SAVED

Passed = Counter[tuple[Seam, str]]  # how often a run passed each seam, before and after

TRIES = 5  # the far side's thread decides how many pieces a conversation has: a passage may not come about at once


@dataclass(frozen=True, slots=True)
class Plan:
    """A first kill, and which second ones: none, one at each seam and side of the next run, or one by a seed; or exactly this one."""

    database: str
    transport: str
    first: Point
    second: Point | int | bool | None = None  #: True = at each seam and side; a number = the seed that chooses one
    turn: int = 0  #: at which of a seam's passages the second kills come: each plan at another one
    story: str = ""  #: one of tests/torture/stories.py instead

    @property
    def where(self) -> tuple[str, str]:
        """Its chamber."""
        return self.database, self.transport


@dataclass(frozen=True, slots=True)
class Case:
    """One story, and what was wrong at its end. `met` = every kill came about."""

    database: str
    transport: str
    kills: tuple[Point, ...]
    met: bool
    wrong: tuple[str, ...] = ()
    story: str = ""
    left: str = ""  #: what a first kill left behind

    @property
    def where(self) -> tuple[str, str]:
        """Its chamber."""
        return self.database, self.transport

    @property
    def command(self) -> str:
        """What repeats it."""
        words = [word for point in self.kills for word in (str(point.seam), point.side, str(point.nth))]
        told = f" --story {self.story}" if self.story else ""
        return f"python -m tests.torture --database {self.database}{told} --only {self.transport} {shlex.join(words)}"


def undisturbed(chamber: Chamber) -> Passed:
    """The passages of a run that nobody kills, the shortest of three: on a busy machine one may renew its leases, or record twice.

    Raises SystemExit where even that one breaks a promise.
    """
    found = []
    for _ in range(3):
        chamber.fresh()
        ended = chamber.run(None)
        if wrong := judged(chamber, ended, []):
            raise SystemExit(f"Without any kill: {'; '.join(wrong)}")
        found.append(ended.passed)
    return min(found, key=Counter.total)


def points(passed: Passed) -> list[Point]:
    """Every passage of a run."""
    return [Point(seam, side, nth + 1) for seam, side in sorted(passed, key=_order) for nth in range(passed[seam, side])]


def first_kills(passed: Mapping[tuple[str, str], Passed], part: Sequence[str]) -> list[Plan]:
    """One kill at every passage; on databases in `part` at the first passage of each seam and side."""
    return [
        Plan(database, transport, point)
        for (database, transport), passages in passed.items()
        for point in points(passages)
        if database not in part or point.nth == 1
    ]


def second_kills(cases: Sequence[Case], part: Sequence[str]) -> list[Plan]:
    """From each different state that first kills left behind: a second one at every seam and side of the run that goes on."""
    different = {(case.where, case.left): case for case in cases if case.left and case.database not in part}
    return [Plan(*case.where, case.kills[0], second=True, turn=turn) for turn, case in enumerate(different.values())]


def drawn(passed: Mapping[tuple[str, str], Passed], count: int, seed: int) -> list[Plan]:
    """So many first kills drawn from all passages, the transports in turn, each with one second kill."""
    draw, wheres = random.Random(seed), sorted(passed)
    chosen = [(where, draw.choice(points(passed[where]))) for where, _ in zip(itertools.cycle(wheres), range(count), strict=False)]
    return [Plan(*where, point, second=draw.randrange(10**9)) for where, point in chosen]


def played(chamber: Chamber, plan: Plan) -> Iterator[Case]:
    """The plan's stories: one kill; then, from where it left things, each second one."""
    first = _killed(chamber, plan.first)
    if not first.killed:
        yield Case(*plan.where, (plan.first,), met=False, wrong=(first.trouble,) if first.trouble else ())
        return
    held, left, known = chamber.in_hand(), chamber.state(), chamber.far.save()
    if plan.second is not None:
        chamber.store.save()
    ended = chamber.run(None)
    wrong = judged(chamber, ended, [held])
    if plan.second is not True or wrong:  # else it was told when it was killed once
        yield Case(*plan.where, (plan.first,), met=True, wrong=wrong, left=left)
    for second in _seconds(plan, ended.passed):
        chamber.store.restore(SAVED)
        chamber.far.restore(known)
        killed = chamber.run(second)
        again = chamber.in_hand()
        ended = chamber.run(None) if killed.killed else killed
        yield Case(*plan.where, (plan.first, second), met=killed.killed, wrong=judged(chamber, ended, [held, again]))


def _killed(chamber: Chamber, point: Point) -> Ended:
    for _ in range(TRIES):
        chamber.fresh()
        ended = chamber.run(point)
        if ended.killed or ended.trouble:
            break
    return ended


def _seconds(plan: Plan, passed: Passed) -> list[Point]:
    if isinstance(plan.second, Point):
        return [plan.second]
    if plan.second is None or not passed:
        return []
    if plan.second is True:  # which passage differs from plan to plan, so that all come to their turn
        return [Point(*where, 1 + plan.turn % passed[where]) for where in sorted(passed, key=_order)]
    return [random.Random(plan.second).choice(points(passed))]


def judged(chamber: Chamber, ended: Ended, in_hand: list[frozenset[int]]) -> tuple[str, ...]:
    """What is wrong at the end of a story, whose last run ended so."""
    if ended.trouble:
        return (f"the run that went on ended badly: {ended.trouble}",)
    ledger = Ledger.of(chamber.store.database)
    chamber.store.let_go()
    return tuple(broken(ledger, chamber.far.served(), in_hand, refuses=chamber.far.refuses))


def _order(where: tuple[Seam, str]) -> tuple[int, bool]:
    return list(Seam).index(where[0]), where[1] == "after"
