"""A transport that cannot be reached or breaks down: paused with its own sentence, nobody lost, nobody twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from mailings import clock
from mailings.db import Database
from mailings.errors import Misconfigured, TryLater
from mailings.model import Bucket, Mailing, MailingStatus
from mailings.sending import lifecycle
from mailings.sending.deliver import deliver_portion
from mailings.sending.due import due
from mailings.sending.limits.setting import remove_limit
from mailings.sending.soonest import waits
from mailings.transports.memory import Memory
from tests.sending import world
from tests.sending.delivering import portions, running
from tests.sending.limited import bucket


@pytest.mark.parametrize("error", [Misconfigured("The server refused the password of anna."), TryLater("Nobody answers at port 25.")])
def test_an_outage_from_the_start_pauses(any_db: Database, memory: Memory, error: Exception) -> None:
    """When nothing could be handed over at all, the mailing is paused with the transport's own sentence, and goes on after resume."""
    mailing_id = world.sending(any_db, recipients=3)
    memory.go_down(error)
    (only,) = portions(any_db)
    assert only.trouble == str(error)
    assert not only.more
    with any_db.writing() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert (mailing.status, mailing.held_reason) == (MailingStatus.PAUSED, str(error))
        lifecycle.resume(session, mailing)
    memory.go_down(None)
    portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 3}


def test_a_short_outage_is_waited_out(db: Database, memory: Memory) -> None:
    """A transport that worked and then cannot be reached is tried again a few times before the mailing is paused."""
    mailing_id = world.sending(db, recipients=8)
    with running(db) as run:
        deliver_portion(db, run, 4)
        memory.go_down(TryLater("Nobody answers at port 25."))
        assert deliver_portion(db, run, 4).trouble == "Nobody answers at port 25."
    assert world.statuses(db, mailing_id) == {"sent": 4, "queued": 4}
    assert world.status(db, mailing_id) is MailingStatus.PAUSED


def test_who_says_until_when_is_waited_for(any_db: Database, memory: Memory) -> None:
    """A provider that wants nothing for a while is no outage: within its patience the run waits, beyond it ends, and nothing is paused."""
    mailing_id = world.sending(any_db, recipients=8)
    with running(any_db) as run:
        deliver_portion(any_db, run, 4)
        memory.go_down(TryLater("SendGrid asks us to wait.", 0.2))
        asked = deliver_portion(any_db, run, 4)
        assert (asked.more, asked.trouble) == (True, None)
        memory.go_down(TryLater("SendGrid asks us to wait.", 3600))
        assert deliver_portion(any_db, run, 4).trouble is None
        ended = deliver_portion(any_db, run, 4)
        assert not ended.more
        assert ended.next_due is not None
        assert run.not_before / 1000 - ended.next_due.timestamp() == pytest.approx(0, abs=0.01)
    assert world.statuses(any_db, mailing_id) == {"sent": 4, "queued": 4}
    assert world.status(any_db, mailing_id) is MailingStatus.SENDING


@pytest.mark.parametrize("facts", [None, {"per_minute": 600.0}, {"quiet_from": "03:00", "quiet_until": "03:01"}])
def test_a_long_wait_is_known_to_the_next_run(
    any_db: Database, memory: Memory, monkeypatch: pytest.MonkeyPatch, facts: dict[str, Any] | None
) -> None:
    """Whoever asks for an hour is not asked again by a new run each minute: all who send by it wait, and status says for what."""
    monkeypatch.setenv("MAILINGS_EMAIL_TRANSPORT", "memory")
    if facts is not None:
        bucket(any_db, "transport:memory", **facts)
    mailing_id = world.sending(any_db, recipients=8)
    memory.go_down(TryLater("SendGrid asks us to wait.", 3600))
    noon = datetime.now(UTC).replace(hour=12, minute=0)
    with clock.standing_at(noon):
        assert not portions(any_db)[-1].more
    memory.go_down(None)
    with clock.standing_at(noon + timedelta(minutes=2)):
        with any_db.reading() as session:
            assert due(session) == []
            said = waits(session, session.get_one(Mailing, mailing_id))
        assert said == f"until {noon.astimezone() + timedelta(hours=1):%Y-%m-%d %H:%M}: transport:memory takes nothing before then"
        portions(any_db)
        assert memory.kept == []
    with clock.standing_at(noon + timedelta(minutes=61)), any_db.reading() as session:
        assert [one.name for one in due(session)] == ["høst-nytt"]
    with any_db.writing() as session:
        remove_limit(session, "transport:memory")
    portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 8}


def test_a_wait_within_patience_is_the_runs_own(any_db: Database, memory: Memory) -> None:
    """A run that stays for the wait leaves nothing behind."""
    world.sending(any_db)
    memory.go_down(TryLater("SendGrid asks us to wait.", 0.05))
    with running(any_db) as run:
        assert deliver_portion(any_db, run, 4).more
    with any_db.reading() as session:
        assert session.scalars(select(Bucket.name)).all() == []


def test_a_transport_that_breaks_down_now_and_then(any_db: Database, memory: Memory) -> None:
    """What a breakdown left untouched is sent by the next portion: nobody is lost, nobody gets two."""
    mailing_id = world.sending(any_db, recipients=20)
    memory.break_after(3)
    portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 20}
    assert len({kept.delivery for kept in memory.kept}) == len(memory.kept) == 20


def test_a_transport_that_takes_nothing_pauses(db: Database, memory: Memory) -> None:
    """A transport that ends again and again without one message out pauses the mailing with its last words; nothing is lost."""
    mailing_id = world.sending(db, recipients=5)
    memory.break_after(0)
    assert portions(db)[-1].trouble == "The transport broke down."
    assert world.statuses(db, mailing_id) == {"queued": 5}
    with db.reading() as session:
        assert session.get_one(Mailing, mailing_id).held_reason == "The transport broke down."
