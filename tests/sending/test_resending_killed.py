"""A resend that is killed anywhere has queued everybody it is for, or nobody; said again, it queues each once."""

from __future__ import annotations

import pytest

from mailings.consent.standing import block_address
from mailings.db import Database
from mailings.model import MailingStatus
from tests.dying import killed
from tests.sending import world
from tests.sending.again import again, lines, move, of, sent

RELOADED = "from tests.sending.again import again; again(database, reload=True)"


@pytest.mark.parametrize(
    ("seam", "side", "kept"),
    [("POPULATE", "after", False), ("QUEUE", "after", False), ("COMMIT", "before", False), ("COMMIT", "after", True)],
)
def test_all_or_nobody(any_db: Database, seam: str, side: str, kept: bool) -> None:
    """Killed before its commit nothing is changed, killed after it everything is; the same command again leaves each with one message."""
    mailing_id = sent(any_db, "failed", "bounced", "sent", "failed")
    with any_db.writing() as session:
        move(session, 1, "ny@fjord.test")
        block_address(session, of(session, 3)[1].address, "a person did")
    before = lines(any_db)
    killed(any_db, RELOADED, seam, side)
    assert (lines(any_db) != before) is kept
    assert world.status(any_db, mailing_id) is (MailingStatus.SENDING if kept else MailingStatus.SENT)
    assert again(any_db, reload=True).queued == (0 if kept else 2)
    assert lines(any_db) == [*before, ("p0", "queued", "failed"), ("ny", "queued", "bounced")]
