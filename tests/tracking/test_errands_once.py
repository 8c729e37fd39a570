"""Each errand is done once: by several runners at the same moment, and by those who come after one that died."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from mailings import seams
from mailings.clock import standing_at
from mailings.db import Database
from mailings.model import Errand, FollowUp, PersonInterest
from mailings.people.erasing import Erased, erase
from mailings.seams import Seam
from mailings.settings import Settings
from mailings.tracking.errands import run_due_errands
from tests.dying import killed
from tests.tracking import scripts
from tests.tracking.clicked import associate, click, delivered, later, linked, outcomes, reader, run, sent
from tests.tracking.test_errands import RING


def test_runners_at_once(any_db: Database) -> None:
    """Four runners at the same moment do each errand once: as many follow-ups as readers, none waiting."""
    with any_db.writing() as session:
        associate(session)
        autumn = sent(session)
        linked(session, autumn, interests={"add": ["Nytt"]}, **RING)
        for number in range(120):
            delivery = delivered(session, autumn, reader(session, f"Åse{number} Ødegård"))
            click(session, delivery, after=number % 7)
            click(session, delivery, after=10 + number % 3)
    with standing_at(later(3600)), ThreadPoolExecutor(4) as runners:
        done = list(runners.map(lambda _: run_due_errands(any_db, Settings()), range(4)))
    assert sum(done) == 240
    with any_db.reading() as session:
        assert session.scalar(select(func.count(FollowUp.id))) == 120
        assert session.scalar(select(func.count(PersonInterest.id))) == 120
        assert session.scalar(select(func.count(Errand.id)).where(Errand.done_at.is_(None))) == 0


class Killed(BaseException):
    """The process ends here."""


def test_killed_before_the_commit(any_db: Database) -> None:
    """A runner that dies before its commit leaves nothing behind, and the next one does everything once."""
    with any_db.writing() as session:
        associate(session)
        autumn = sent(session)
        linked(session, autumn, **RING)
        click(session, delivered(session, autumn, reader(session)))

    def die(seam: Seam, when: str) -> None:
        if (seam, when) == (Seam.COMMIT, "before"):
            raise Killed

    seams.watch(die)
    try:
        with pytest.raises(Killed):
            run(any_db)
    finally:
        seams.unwatch(die)
    with any_db.reading() as session:
        assert session.scalar(select(func.count(FollowUp.id))) == 0
    assert (run(any_db), run(any_db)) == (1, 0)
    with any_db.reading() as session:
        assert session.scalar(select(func.count(FollowUp.id))) == 1


DYING = """
from mailings.clock import standing_at
from mailings.settings import Settings
from mailings.tracking.errands import run_due_errands
from tests.tracking.clicked import later
with standing_at(later(3600)):
    run_due_errands(database, Settings())
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_that_dies(any_db: Database, when: str) -> None:
    """A process that is gone in the middle, before or after a commit, leaves errands that others do once: one follow-up for each reader."""
    with any_db.writing() as session:
        associate(session)
        autumn = sent(session)
        linked(session, autumn, **RING)
        for number in range(110):
            click(session, delivered(session, autumn, reader(session, f"Åse{number} Ødegård")))
    killed(any_db, DYING, "COMMIT", when, 2)
    with any_db.reading() as session:
        done = session.scalar(select(func.count(Errand.id)).where(Errand.done_at.is_not(None)))
        assert session.scalar(select(func.count(FollowUp.id))) == done == {"before": 50, "after": 100}[when]
    assert run(any_db) == 110 - (done or 0)
    with any_db.reading() as session:
        assert session.scalar(select(func.count(FollowUp.id))) == 110


def test_erased_while_a_script_runs(any_db: Database) -> None:
    """What a script answers after its reader was erased is not written down: erasing blanked the outcome, and it stays blank (D30)."""
    with any_db.writing() as session:
        autumn, desiree = sent(session), reader(session)
        linked(session, autumn, script={"name": "sen"})
        click(session, delivered(session, autumn, desiree))
        person_id = desiree.id
    over: list[Erased] = []

    def erased() -> None:
        with any_db.writing() as session:
            over.append(erase(session, person_id))

    scripts.meanwhile.append(erased)
    try:
        assert run(any_db, Settings(scripts="tests.tracking.scripts")) == 1
    finally:
        scripts.meanwhile.remove(erased)
    assert len(over) == 1
    assert outcomes(any_db) == [None]
