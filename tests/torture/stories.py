"""Stories beside the plain one: doubt that is settled, a pause, and a sender killed while another one sends beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from mailings.message import Word
from mailings.seams import Seam
from tests.torture import verbs
from tests.torture.cases import TRIES, Case, Passed, Plan, judged, points
from tests.torture.chamber import Chamber, Ended, Point
from tests.torture.judging import Ledger
from tests.torture.stores import SAVED

HALF_WAY = Point(Seam.ANSWER, "before", 2)  #: some were served, some are in hand, most are queued


def settling(chamber: Chamber, plan: Plan) -> Iterator[Case]:
    """A sender is killed; later the far side says who was served, and those it did not serve are sent to again. Killed there as well."""
    chamber.fresh()
    held = chamber.in_hand() if chamber.run(plan.first).killed else frozenset()
    chamber.run(None)
    chamber.store.save()
    known = chamber.far.save()
    settle = partial(_settle, tuple(_words(chamber)))
    for second in _asked(plan, chamber.run(None, settle)):
        chamber.store.restore(SAVED)
        chamber.far.restore(known)
        killed = chamber.run(second, settle)
        ended = chamber.run(None, settle)
        if not ended.trouble:
            ended = chamber.run(None)
        wrong = judged(chamber, ended, [held]) + tuple(_doubted(chamber))
        yield Case(*plan.where, (plan.first, second), met=killed.killed, wrong=wrong, story=plan.story)


def pausing(chamber: Chamber, plan: Plan) -> Iterator[Case]:
    """A sender is killed; a person pauses the mailing and lets it go on, and is killed at that too; then it is sent."""
    chamber.fresh()
    held = chamber.in_hand() if chamber.run(plan.first).killed else frozenset()
    chamber.store.save()
    known = chamber.far.save()
    for second in _asked(plan, chamber.run(None, verbs.pause_and_resume)):
        chamber.store.restore(SAVED)
        chamber.far.restore(known)
        killed = chamber.run(second, verbs.pause_and_resume)
        chamber.run(None, verbs.pause_and_resume)
        wrong = judged(chamber, chamber.run(None), [held])
        yield Case(*plan.where, (plan.first, second), met=killed.killed, wrong=wrong, story=plan.story)


def beside(chamber: Chamber, plan: Plan) -> Iterator[Case]:
    """A sender is killed; two others go on side by side, and one of them is killed at each seam while the other sends."""
    chamber.fresh()
    held = chamber.in_hand() if chamber.run(plan.first).killed else frozenset()
    chamber.store.save()
    known = chamber.far.save()
    for second in _asked(plan, _undisturbed(chamber, known)):
        for _ in range(TRIES):
            chamber.store.restore(SAVED)
            chamber.far.restore(known)
            killed, other, number = _joined(chamber, second)
            again = chamber.in_hand(of=number)
            ended = next((one for one in (killed, other) if one.trouble), None) or chamber.run(None)
            wrong = judged(chamber, ended, [held, again])
            if killed.killed or wrong:
                break
        yield Case(*plan.where, (plan.first, second), met=killed.killed, wrong=wrong, story=plan.story)


def _joined(chamber: Chamber, until: Point | None) -> tuple[Ended, Ended, int]:
    """How the joined sender ended, how the conductor did, and the first one's process."""
    joining = chamber.start(until, verbs.join)
    joined, conducted = chamber.end(joining, chamber.start(None))
    if joined.trouble and "nothing to join" in joined.trouble:  # the conductor was done before it came
        joined = Ended(killed=False)
    return joined, conducted, joining


def _undisturbed(chamber: Chamber, known: object) -> Ended:
    for _ in range(TRIES):
        chamber.store.restore(SAVED)
        chamber.far.restore(known)
        joined, *_ = _joined(chamber, None)
        if joined.passed[Seam.RECORD, "after"]:  # it came in time to have a share
            break
    return joined


def _settle(words: tuple[Word, ...], _between: Callable[[], None]) -> None:
    verbs.settle(words)


def _words(chamber: Chamber) -> Iterator[Word]:
    """What the far side says of those in doubt whom it served."""
    ledger = Ledger.of(chamber.store.database)
    chamber.store.let_go()
    served = set(chamber.far.served())
    for number, address, status in ledger.deliveries:
        if status == "in_doubt" and address in served:
            yield Word(number, "sent", "the far side", f"{address}: taken")


def _doubted(chamber: Chamber) -> Iterator[str]:
    ledger = Ledger.of(chamber.store.database)
    chamber.store.let_go()
    for _, address, status in ledger.deliveries:
        if status == "in_doubt":
            yield f"{address} is still in doubt, though all was told"


def _asked(plan: Plan, ended: Ended) -> list[Point]:
    if isinstance(plan.second, Point):
        return [plan.second]
    return [point for point in points(ended.passed) if point.nth == 1 or plan.story != "beside"]


STORIES: dict[str, Callable[[Chamber, Plan], Iterator[Case]]] = {"settling": settling, "pausing": pausing, "beside": beside}


def told(passed: dict[tuple[str, str], Passed]) -> list[Plan]:
    """Each story on each database through each transport."""
    return [Plan(*where, HALF_WAY, story=story) for where in passed for story in STORIES]
