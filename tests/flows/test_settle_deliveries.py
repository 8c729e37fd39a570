"""The hourly flow does what `mailings settle` does, as tasks of Prefect."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from flows.settle_deliveries import settle_deliveries
from mailings import clock
from mailings.db import Database
from mailings.errors import NotFound, Unreadable
from mailings.model import Mailing, MailingStatus
from mailings.model.figure import stale
from mailings.reports.counting_anew import is_stale
from mailings.reports.figures import report_of
from mailings.settings import Settings, settings
from tests.sending.doubting import decided, in_doubt, stands, told

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]


def test_the_hourly_run(configured: Settings, db: Database) -> None:
    """Evidence and policy settle what is in doubt on every mailing; an hour later there is nothing to do."""
    ids = in_doubt(db, 2, in_doubt={"policy": "drop", "after_s": 0})
    told(db, ids[0], "delivered")
    assert settle_deliveries() == ["høst-nytt: 1 delivered (postfix log), 1 failed (policy)."]
    assert stands(db) == ["delivered", "failed"]
    assert len(decided(db)) == 2
    assert settle_deliveries() == []
    assert len(decided(db)) == 2


def test_out_of_order(configured: Settings, db: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A source of evidence that cannot be read fails the run, after everything else is done; no policy decides meanwhile."""
    ids = in_doubt(db, 2, in_doubt={"policy": "drop", "after_s": 0})
    told(db, ids[0], "sent")
    monkeypatch.setenv("MAILINGS_BOUNCE_MAILBOX", "mbox:/var/mail/bounces")
    settings.cache_clear()
    with pytest.raises(Unreadable, match="MAILINGS_BOUNCE_MAILBOX: it names no mailbox"):
        settle_deliveries(mailing="høst-nytt")
    assert stands(db) == ["sent", "in_doubt"]


def test_an_unknown_name(configured: Settings, db: Database) -> None:
    """A name that no mailing has fails the run with a sentence."""
    with pytest.raises(NotFound, match="There is no mailing named 'vår-nytt'"):
        settle_deliveries(mailing="vår-nytt")


def test_what_was_settled_is_counted(configured: Settings, db: Database) -> None:
    """A mailing that is done and has something settled by hand since has its figures counted anew within the hour."""
    ids = in_doubt(db, 2, in_doubt={"policy": "drop", "after_s": 0})
    told(db, ids[0], "delivered")
    settle_deliveries()
    with db.writing() as session:
        session.execute(update(Mailing).values(status=MailingStatus.SENT, started_at=clock.now()))
        stale(session, [session.execute(select(Mailing.id)).scalar_one()])
    settle_deliveries()
    with db.reading() as session:
        mailing = session.execute(select(Mailing)).scalar_one()
        assert not is_stale(session, mailing.id)
        assert report_of(session, mailing)["sent"] == 1


def test_nothing_in_doubt(configured: Settings, db: Database) -> None:
    """An hour in which nothing came into doubt does nothing."""
    assert settle_deliveries() == []
