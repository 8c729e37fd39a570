"""Visits while all connections of the process are busy."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from mailings.db import Database
from mailings.settings import Settings
from mailings.tracking.visits import Visits
from tests.narrow import one_connection
from tests.tracking.visiting import click, raw, sent_mailing


def test_kept_while_no_connection_is_free(any_db: Database, caplog: pytest.LogCaptureFixture) -> None:
    """A process whose connections are all busy keeps its visits, too: they are as good as any."""
    _, deliveries = sent_mailing(any_db)
    with one_connection(any_db) as narrow:
        visits = Visits(narrow, Settings())
        with narrow.reading() as session:
            session.execute(text("SELECT 1"))
            for one in deliveries:
                visits.put(click(one))
            assert not visits.flush()
        assert visits.flush()
    assert [row[6] for row in raw(any_db)] == deliveries
    assert "cannot be written" not in caplog.text
