"""A sender that slept for longer than its lease stands, a laptop's lid or a network cut: what it holds is not its to send any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from mailings.consent.standing import block_address
from mailings.db import Database
from mailings.message import Offer, Receipt
from mailings.model import DeliveryStatus
from mailings.sending import heart, leases, source
from mailings.sending.deliver import deliver_portion
from mailings.sending.recovery import recover
from mailings.transports.memory import Memory
from tests.sending import world
from tests.sending.delivering import portions, running
from tests.sending.doubting import asked

ADDRESS = "åse-{:04}@fjord.test"


class Naps:
    """The clock by which a heart knows that it slept: it stands, however slow the machine is, and a nap turns it on."""

    slept = 0.0

    def seconds(self) -> float:
        """What it shows."""
        return self.slept

    def nap(self) -> None:
        """Sleep for longer than a lease stands."""
        self.slept += 2 * leases.LAPSE.total_seconds()


class Dozing(Memory):
    """Falls asleep once, after two messages, while `meanwhile` happens."""

    def __init__(self, naps: Naps, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self._naps, self._meanwhile = naps, meanwhile

    def send(self, offers: Iterator[Offer | None]) -> Iterator[Receipt]:
        """As ever, with a nap."""
        return super().send(self._slowly(offers))

    def _slowly(self, offers: Iterator[Offer | None]) -> Iterator[Offer | None]:
        while True:
            if len(self.kept) == 2 and self._meanwhile is not None:
                self._meanwhile()
                self._naps.nap()
                self._meanwhile = None
            try:
                yield next(offers)
            except StopIteration:
                return


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> Naps:
    """No time passes for a sender but in its naps; what it was answered is recorded with its next claim, and not before."""
    made = Naps()
    monkeypatch.setattr(heart, "clock", made.seconds)
    monkeypatch.setattr(source, "clock", made.seconds)
    monkeypatch.setattr(source, "HELD_BACK", 3600.0)
    Memory.configured.cache_clear()
    return made


def times(*carriers: Memory) -> Counter[str]:
    """How often each address was handed over."""
    return Counter(kept.address for carrier in carriers for kept in carrier.kept)


def test_taken_for_dead_and_settled_meanwhile(any_db: Database, naps: Naps) -> None:
    """It was taken for dead and a person had its messages sent again: awake, it hands over none of those it had not begun."""
    mailing_id = world.sending(any_db, recipients=6)

    def taken_over() -> None:
        with any_db.writing() as session:  # as another host does
            for lease in leases.not_ended(session, mailing_id):
                leases.end(session, lease.id)
            assert recover(session, mailing_id) == 4
        assert asked(any_db, DeliveryStatus.QUEUED).queued == 4

    sleeper = Dozing(naps, taken_over)
    with running(any_db) as run:
        run.lent = sleeper
        while deliver_portion(any_db, run, 100).more:
            pass
    assert times(sleeper) == {ADDRESS.format(n): 1 for n in (0, 1)}
    portions(any_db)
    decided = {ADDRESS.format(n): 2 for n in (0, 1)}  # by the person who had them sent again
    assert times(sleeper, Memory.configured()) == {ADDRESS.format(n): 1 for n in range(2, 6)} | decided
    assert world.statuses(any_db, mailing_id) == {"sent": 6}


def test_who_said_no_while_it_slept(any_db: Database, naps: Naps) -> None:
    """Nobody took it for dead: awake, it sends to all but who said no meanwhile, once to each."""
    mailing_id = world.sending(any_db, recipients=6)

    def says_no() -> None:
        with any_db.writing() as session:
            block_address(session, ADDRESS.format(3), "a person did")

    sleeper = Dozing(naps, says_no)
    with running(any_db) as run:
        run.lent = sleeper
        while deliver_portion(any_db, run, 100).more:
            pass
    assert times(sleeper) == {ADDRESS.format(n): 1 for n in (0, 1, 2, 4, 5)}
    assert world.statuses(any_db, mailing_id) == {"sent": 5, "cancelled": 1}


def test_a_lease_taken_over_is_not_renewed(any_db: Database) -> None:
    """A renewal says whether all leases are still ours: one that somebody ended proves nothing to its sender."""
    mailing_id = world.sending(any_db, recipients=1)
    with running(any_db), any_db.writing() as session:
        ours = [lease.id for lease in leases.not_ended(session, mailing_id)]
        assert leases.renew(session, ours)
        leases.end(session, ours[0])
        assert not leases.renew(session, ours)
