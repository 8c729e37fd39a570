"""The torture itself can fail: promises broken on purpose are seen, in invented books and in real runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mailings.seams import Seam
from mailings.sending import recovery
from tests.torture.cases import Case, Passed, Plan, played
from tests.torture.chamber import Chamber, Point
from tests.torture.far_sides import FARS, FarMemory, transports
from tests.torture.judging import Ledger, broken
from tests.torture.stores import SqliteStore, sqlite_world
from tests.torture.table import uncovered
from tests.torture.world import ELIGIBLE, REFUSED, VERDICTS

ADDRESSES = list(ELIGIBLE.values())
ALL_SENT = Ledger("sent", VERDICTS, [(n, address, "sent") for n, address in enumerate(ADDRESSES, 1)], balanced=True)


def wrong(ledger: Ledger = ALL_SENT, served: list[str] = ADDRESSES, in_hand: list[frozenset[int]] | None = None) -> list[str]:
    """What is found broken, through a far side that refuses nobody."""
    return broken(ledger, served, in_hand or [], refuses=False)


def told(number: int, status: str) -> Ledger:
    """Books in which one delivery has another status."""
    return replace(ALL_SENT, deliveries=[(n, address, status if n == number else was) for n, address, was in ALL_SENT.deliveries])


def test_all_is_well() -> None:
    """Where everybody was served once and the books say so, nothing is broken; nor where one in hand at a kill is in doubt."""
    assert wrong() == []
    assert wrong(told(3, "in_doubt"), in_hand=[frozenset({3, 4})]) == []
    assert wrong(told(3, "in_doubt"), [one for one in ADDRESSES if one != ADDRESSES[2]], [frozenset({3})]) == []
    assert broken(told(5, "failed"), [one for one in ADDRESSES if one != REFUSED], [], refuses=True) == []


@pytest.mark.parametrize(
    ("sentence", "ledger", "served", "in_hand"),
    [
        ("ase@fjord.test was served 2 times", ALL_SENT, [*ADDRESSES, "ase@fjord.test"], []),
        ("stengt@fjord.test was served, who was left out", ALL_SENT, [*ADDRESSES, "stengt@fjord.test"], []),
        ("ase@fjord.test is sent in the books, and got nothing", ALL_SENT, ADDRESSES[1:], []),
        ("ase@fjord.test was served, and is failed in the books", told(1, "failed"), ADDRESSES, []),
        ("ase@fjord.test was lost: queued", told(1, "queued"), ADDRESSES[1:], []),
        ("ase@fjord.test was lost: failed", told(1, "failed"), ADDRESSES[1:], []),
        ("ase@fjord.test has 0 deliveries", replace(ALL_SENT, deliveries=ALL_SENT.deliveries[1:]), ADDRESSES[1:], []),
        ("ase@fjord.test is in doubt, and was in nobody's hands at a kill", told(1, "in_doubt"), ADDRESSES, [frozenset({2})]),
        ("9 were in hand at a kill, more than two batches of 4", ALL_SENT, ADDRESSES, [frozenset(range(9))]),
        ("the mailing is sending", replace(ALL_SENT, status="sending"), ADDRESSES, []),
        ("the books do not balance", replace(ALL_SENT, balanced=False), ADDRESSES, []),
        (
            "the list is another one: [('Kåre Taus', ",
            replace(ALL_SENT, verdicts=VERDICTS | {"Kåre Taus": "eligible"}),
            ADDRESSES,
            [],
        ),
    ],
)
def test_broken_books_are_seen(sentence: str, ledger: Ledger, served: list[str], in_hand: list[frozenset[int]]) -> None:
    """Each promise, broken in otherwise sound books or on the wire, is named."""
    assert any(found.startswith(sentence) for found in wrong(ledger, served, in_hand))


class Careless(FarMemory):
    """Its process puts back into the queue what a dead sender had in hand, as naive senders do."""

    def begin_inside(self) -> None:
        """Break the promise."""
        super().begin_inside()
        recovery.MARK = recovery.MARK.replace("'in_doubt'", "'queued'")


class Twofold(FarMemory):
    """Its provider delivers everything twice."""

    def served(self) -> list[str]:
        """Everybody, and again."""
        return 2 * super().served()


def first_case(place: Path, far: FarMemory, point: Point) -> Case:
    """One kill and its end, played for real."""
    (place / "world").mkdir()
    store = SqliteStore(sqlite_world(place / "world"), place)
    return next(iter(played(Chamber(place, store, far, "memory"), Plan("sqlite", "memory", point))))


def test_a_sender_that_sends_doubt_again_is_caught(tmp_path: Path) -> None:
    """A real run that puts back what it should doubt serves somebody twice, and the witness says whom."""
    found = first_case(tmp_path, Careless(tmp_path), Point(Seam.HAND_OVER, "after", 2))
    assert found.met
    assert any(sentence.endswith("was served 2 times") for sentence in found.wrong)


def test_the_same_without_the_mistake(tmp_path: Path) -> None:
    """The same kill, with the sender as it is, breaks nothing."""
    found = first_case(tmp_path, FarMemory(tmp_path), Point(Seam.HAND_OVER, "after", 2))
    assert (found.met, found.wrong) == (True, ())


def test_a_transport_that_serves_twice_is_caught(tmp_path: Path) -> None:
    """What a provider doubles is on the wire, and seen there."""
    found = first_case(tmp_path, Twofold(tmp_path), Point(Seam.CLAIM, "before", 1))
    assert any(sentence.endswith("was served 2 times") for sentence in found.wrong)


def test_a_passage_that_never_comes_is_told(tmp_path: Path) -> None:
    """A kill that does not come about is no proof, and is counted apart."""
    found = first_case(tmp_path, FarMemory(tmp_path), Point(Seam.CLOSE, "before", 2))
    assert (found.met, found.command.split("--only ")[1]) == (False, "memory 'mailing closed' before 2")


def test_a_seam_nobody_was_killed_at_is_told() -> None:
    """A seam that a run never passes, or at which no kill came about, makes the torture fail."""
    passed = Passed({(seam, side): 1 for seam in Seam for side in ("before", "after") if seam not in {Seam.QUEUE, Seam.SETTLE}})
    cases = [Case("sqlite", "memory", (Point(seam, side, 1),), met=seam is not Seam.CLAIM) for seam, side in passed]
    again = [Point(Seam.SETTLE, side, 1) for side in ("before", "after")]  # not of the first run, but where a second kill came about
    cases += [Case("sqlite", "memory", (Point(Seam.LEASE, "after", 1), point), met=True) for point in again]
    assert uncovered({("sqlite", "memory"): passed}, cases) == [
        "memory on sqlite never came to before 'deliveries queued'",
        "memory on sqlite never came to after 'deliveries queued'",
        "memory on sqlite was never killed before 'batch claimed'",
        "memory on sqlite was never killed after 'batch claimed'",
    ]


def test_a_transport_without_a_far_side_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new transport cannot be passed over: the sentence says what it needs."""
    monkeypatch.delitem(FARS, "folder")
    with pytest.raises(SystemExit, match=r"The transport folder cannot be tortured yet: .* FARS of tests/torture/far_sides\.py\."):
        transports()
