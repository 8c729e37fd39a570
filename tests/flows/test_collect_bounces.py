"""The flow that collects bounces: reads the mailbox and what servers refused; without a mailbox only the latter."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.collect_bounces import collect_bounces
from mailings.db import Database
from mailings.errors import Unreadable
from mailings.model import DeliveryStatus
from mailings.settings import Settings, settings
from tests.tracking.bouncemail import BOUNCES, a_maildir, arrives, verp
from tests.tracking.test_refusals import refused
from tests.tracking.told import delivery, out

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]


def test_collected(db: Database, configured: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bounce and a refusal have their effect; the next run finds neither again."""
    (first,) = out(db)
    refused(db, "avvist", 1)
    assert collect_bounces() == {"refused": 1}
    box = a_maildir(tmp_path / "retur")
    arrives(box, came_to=verp(first))
    monkeypatch.setenv("MAILINGS_BOUNCE_ADDRESS", BOUNCES)
    monkeypatch.setenv("MAILINGS_BOUNCE_MAILBOX", f"maildir:{box}")
    settings.cache_clear()
    found = [collect_bounces(), collect_bounces()]
    assert [(one["refused"], one["read"], one["new"]) for one in found] == [(0, 1, 1), (0, 0, 0)]
    assert delivery(db, first).status is DeliveryStatus.BOUNCED


def test_a_mailbox_that_is_gone(configured: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Maildir that cannot be read fails the run with its sentence, and is not tried again and again."""
    monkeypatch.setenv("MAILINGS_BOUNCE_MAILBOX", f"maildir:{tmp_path}/gone")
    settings.cache_clear()
    with pytest.raises(Unreadable, match="gone is no Maildir that can be read"):
        collect_bounces()
