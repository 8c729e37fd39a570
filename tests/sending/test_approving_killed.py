"""A run killed around the question or the first message: asked once, and nobody is sent to without an answer that holds."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from mailings.db import Database
from mailings.model import Approval, ApprovedRecipient, Decision, MailingStatus
from tests import dying
from tests.sending import asking, world


def killed(db: Database, what: str, seam: str, side: str, times: str) -> None:
    """A process of its own that does it and is killed the nth time it passes the seam."""
    dying.killed(db, f"from tests.sending import asking; asking.{what}(database)", seam, side, int(times))


def asked(db: Database) -> tuple[int, int]:
    """How many questions there are, and marks."""
    with db.reading() as session:
        return session.scalar(select(func.count(Approval.id))) or 0, session.scalar(select(func.count(ApprovedRecipient.mark))) or 0


@pytest.mark.parametrize(
    ("side", "times", "kept"),
    [("before", "1", False), ("after", "1", False), ("before", "2", False), ("after", "2", True)],
)
def test_asking(any_db: Database, side: str, times: str, kept: bool) -> None:
    """Killed before the question is committed nothing is asked and nothing frozen; run again it is asked once, and nobody marked twice."""
    mailing_id = asking.ready(any_db, 3)
    killed(any_db, "ask", "COMMIT", side, times)
    assert asked(any_db) == ((1, 3) if kept else (0, 0))
    if not kept:
        asking.ask(any_db)
    assert asked(any_db) == (1, 3)
    assert world.status(any_db, mailing_id) is MailingStatus.PAUSED


def test_with_everybody_marked(any_db: Database) -> None:
    """Killed with everybody marked and nothing committed, no mark is left; run again everybody is marked once."""
    asking.ready(any_db, 3)
    asking.listed(any_db)
    killed(any_db, "asked", "POPULATE", "after", "1")
    assert asked(any_db) == (0, 0)
    asking.ask(any_db)
    assert asked(any_db) == (1, 3)


@pytest.mark.parametrize(("verb", "kept"), [("before", False), ("after", True)])
def test_approving(any_db: Database, verb: str, kept: bool) -> None:
    """An answer is there whole or not at all."""
    mailing_id = asking.ready(any_db)
    asking.ask(any_db)
    killed(any_db, "approve", "COMMIT", verb, "1")
    assert asking.question(any_db).decision is (Decision.APPROVED if kept else None)
    assert world.status(any_db, mailing_id) is (MailingStatus.POPULATING if kept else MailingStatus.PAUSED)


@pytest.mark.parametrize(("seam", "side", "kept"), [("QUEUE", "before", 0), ("QUEUE", "after", 0), ("COMMIT", "before", 0)])
def test_beginning(any_db: Database, seam: str, side: str, kept: int) -> None:
    """Killed while the first messages are queued, the answer still holds, and the next run queues everybody once."""
    asking.ready(any_db)
    asking.ask(any_db)
    everybody = asking.eligible(any_db)
    asking.approve(any_db)
    killed(any_db, "send", seam, side, "1" if seam == "QUEUE" else "2")
    assert len(asking.queued(any_db)) == kept
    assert asking.send(any_db) == everybody
