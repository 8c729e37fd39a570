"""Delivery reports settle what they name by a Message-ID we signed; one that a reader renumbered settles nobody else's message."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailings.db import Database
from mailings.sending.doubt.gathering import gather
from mailings.sending.doubt.seeking import doubtful, sought
from mailings.settings import Settings
from tests.sending.doubting import in_doubt, named, settled, stands
from tests.tracking.bouncemail import a_maildir, arrives


def test_a_renumbered_report(any_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two reports the one about its writer's own message is evidence; the one about the next number is not."""
    monkeypatch.chdir(tmp_path)
    own, other = in_doubt(any_db, 2)
    box = a_maildir(tmp_path / "returned")
    arrives(box, message_id=named(any_db, own))
    arrives(box, message_id=named(any_db, own).replace(f"<{own}.", f"<{other}."))
    with any_db.reading() as session:
        found = sought(session, doubtful(session))
    assert gather(any_db, found, Settings(bounce_mailbox=f"maildir:{box}")).words == 1
    settled(any_db)
    assert stands(any_db) == ["bounced", "in_doubt"]
