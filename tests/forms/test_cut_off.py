"""A process that dies while it takes a submission leaves nothing or all of it; whoever sends again is counted once (D31)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mailings import clock, seams
from mailings.db import Database
from mailings.forms.submitting import Reception
from mailings.model import Request
from mailings.seams import Seam
from mailings.tracking.retention import delete_unconfirmed, forget_networks
from tests.forms.sent import people, pushed, send, submissions

PLAIN = "- {kind: name}\n- {kind: email}"


class Dies(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("side", ["before", "after"])
def test_cut_off_at_the_commit(any_db: Database, tmp_path: Path, side: str) -> None:
    """Before the commit nothing is there, after it everything is; sent again with the same key there is one person and one request."""
    pushed(any_db, tmp_path, PLAIN, actions={"request": {"title": "Ring"}})

    def die(seam: Seam, when: str) -> None:
        """End at the commit."""
        if (seam, when) == (Seam.COMMIT, side):
            raise Dies

    seams.watch(die)
    try:
        with pytest.raises(Dies):
            send(any_db, key="k")
    finally:
        seams.unwatch(die)
    with any_db.reading() as session:
        assert len(submissions(session)) == len(people(session)) == (0 if side == "before" else 1)
    again = send(any_db, key="k")
    assert (again.reception, again.again) == (Reception.THANKED, side == "after")
    with any_db.reading() as session:
        assert len(people(session)) == session.scalar(select(func.count()).select_from(Request)) == 1


def test_what_nobody_confirmed_is_let_go(any_db: Database, tmp_path: Path) -> None:
    """After a week an address that somebody typed and nobody confirmed is gone; after a day nobody knows where it came from."""
    start = datetime(2026, 11, 22, 12, tzinfo=UTC)
    with clock.standing_at(start):
        pushed(any_db, tmp_path, PLAIN, double_opt_in=True)
        send(any_db, network="192.0.2.0/24")
    for passed, networks, gone in ((timedelta(hours=23), 0, 0), (timedelta(days=2), 1, 0), (timedelta(days=8), 0, 1)):
        with clock.standing_at(start + passed), any_db.writing() as session:
            assert (forget_networks(session), delete_unconfirmed(session)) == (networks, gone)
