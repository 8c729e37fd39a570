"""Refused alike: what the other side says to everybody is nobody's own fault. The mailing waits for a person; nobody is failed for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from mailings.db import Database
from mailings.model import Mailing, MailingStatus
from mailings.sending import lifecycle
from mailings.sending.deliver import deliver_portion
from mailings.transports.memory import Memory
from tests.sending import world
from tests.sending.delivering import portions, running

DENIED = ("554 5.7.1", "<{address}>: Relay access denied (in reply to RCPT TO, id 4XyZ{n})")


def refuse_everybody(memory: Memory, recipients: int, code: str = DENIED[0], words: str = DENIED[1]) -> None:
    """The far side refuses åse-0000 and so many more, each with her own address and an id in the words."""
    for n in range(recipients):
        address = f"åse-{n:04}@fjord.test"
        memory.refuse(address, code, words.format(address=address, n=n))


def accept_everybody(memory: Memory, recipients: int) -> None:
    """The trouble is mended."""
    for n in range(recipients):
        memory.accept(f"åse-{n:04}@fjord.test")


def resume(db: Database, mailing_id: int) -> str:
    """Let the paused mailing go on; why it was held."""
    with db.writing() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert mailing.status is MailingStatus.PAUSED
        why = str(mailing.held_reason)
        lifecycle.resume(session, mailing)
        return why


def test_everybody_refused_alike_pauses(any_db: Database, memory: Memory) -> None:
    """A relay that denies everybody pauses the mailing within a batch of twenty: nobody failed, and once mended all are sent."""
    mailing_id = world.sending(any_db, recipients=60)
    refuse_everybody(memory, 60)
    last = portions(any_db)[-1]
    assert "554 5.7.1 : Relay access denied" in str(last.trouble) or "554 5.7.1 Relay access denied" in str(last.trouble)
    assert world.statuses(any_db, mailing_id) == {"queued": 60}
    assert world.notes(any_db) == []
    with any_db.reading() as session:
        touched, attempts = session.execute(text("SELECT count(claimed_at), sum(attempts) FROM delivery")).one()
    assert (touched, attempts) == (0, 0)
    assert "@" not in resume(any_db, mailing_id)
    accept_everybody(memory, 60)
    portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 60}


def test_still_refused_pauses_again(any_db: Database, memory: Memory) -> None:
    """Sent again without mending, it is paused again, and still nobody is failed."""
    mailing_id = world.sending(any_db, recipients=30)
    refuse_everybody(memory, 30)
    for _ in range(3):
        portions(any_db)
        assert world.statuses(any_db, mailing_id) == {"queued": 30}
        resume(any_db, mailing_id)


@pytest.mark.parametrize(("recipients", "stands"), [(2, {"failed": 2}), (3, {"queued": 3}), (19, {"queued": 19})])
def test_a_small_mailing(any_db: Database, memory: Memory, recipients: int, stands: dict[str, int]) -> None:
    """Of a mailing smaller than twenty all must be refused alike, and at least three: two may well be meant."""
    mailing_id = world.sending(any_db, recipients=recipients)
    refuse_everybody(memory, recipients)
    portions(any_db)
    assert world.statuses(any_db, mailing_id) == stands


def test_the_first_acceptance_tells_them_apart(any_db: Database, memory: Memory) -> None:
    """Where one recipient is accepted after ten refusals alike, the ten were meant: failed, each with code, reason and note."""
    mailing_id = world.sending(any_db, recipients=40)
    refuse_everybody(memory, 10)
    portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"failed": 10, "sent": 30}
    assert len(world.notes(any_db)) == 10
    with any_db.reading() as session:
        codes = session.execute(text("SELECT DISTINCT code FROM delivery WHERE status = 'failed'")).scalars().all()
    assert codes == ["554 5.7.1"]


def test_after_something_was_accepted(any_db: Database, memory: Memory) -> None:
    """A mailing that somebody has accepted something of fails whoever is refused, in this run and in later ones."""
    mailing_id = world.sending(any_db, recipients=50)
    with running(any_db) as run:
        deliver_portion(any_db, run, 4)
    refuse_everybody(memory, 50)
    portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 4, "failed": 46}


@pytest.mark.parametrize("code", ["550 5.1.1", "550 5.2.1", "550"])
def test_unknown_people_are_failed(any_db: Database, memory: Memory, code: str) -> None:
    """An old list of people who are gone is failed one by one, however alike the words: they speak of the addressee."""
    mailing_id = world.sending(any_db, recipients=25)
    refuse_everybody(memory, 25, code, "<{address}>: Recipient address rejected: User unknown in virtual mailbox table")
    portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"failed": 25}


def elsewhere(db: Database, mailing_id: int, first: int) -> None:
    """Recipients from this number on are at another domain."""
    moved = "UPDATE recipient SET address = replace(address, 'fjord', 'ijssel') WHERE mailing_id = :mailing AND address >= :first"
    with db.writing() as session:
        session.execute(text(moved), {"mailing": mailing_id, "first": f"åse-{first:04}"})


def test_one_domain_is_not_everybody(any_db: Database, memory: Memory) -> None:
    """Thirty at one domain that lets none of us in are failed, and hold up nobody: others are asked before it is called an outage."""
    mailing_id = world.sending(any_db, recipients=60)
    elsewhere(any_db, mailing_id, first=30)
    refuse_everybody(memory, 30)
    portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"failed": 30, "sent": 30}


def test_two_domains_are(any_db: Database, memory: Memory) -> None:
    """Where those asked at another domain are refused with the same words, it is everybody: paused, nobody failed."""
    mailing_id = world.sending(any_db, recipients=60)
    elsewhere(any_db, mailing_id, first=30)
    refuse_everybody(memory, 30)
    for n in range(30, 60):
        memory.refuse(
            f"åse-{n:04}@ijssel.test", "554 5.7.1", f"<åse-{n:04}@ijssel.test>: Relay access denied (in reply to RCPT TO, id 7QwE{n})"
        )
    portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"queued": 60}
    resume(any_db, mailing_id)


def test_different_refusals_are_meant(any_db: Database, memory: Memory) -> None:
    """A small mailing refused for different reasons is no outage: each is failed for its own."""
    mailing_id = world.sending(any_db, recipients=8)
    for n, words in enumerate(("Spam", "Listed", "Too large", "No thanks", "Virus found", "Closed", "Quarantined", "Greetings")):
        memory.refuse(f"åse-{n:04}@fjord.test", "554 5.7.1", words)
    portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"failed": 8}


def test_held_back_across_portions(any_db: Database, memory: Memory) -> None:
    """Portions smaller than twenty hold on to what was refused: the outage is seen all the same."""
    mailing_id = world.sending(any_db, recipients=60)
    refuse_everybody(memory, 60)
    assert portions(any_db, limit=6)[-1].trouble is not None
    assert world.statuses(any_db, mailing_id) == {"queued": 60}


def test_a_run_that_is_stopped_meanwhile(any_db: Database, memory: Memory) -> None:
    """Refusals still held back when a run ends, or a person pauses, go back to the queue for the next run to judge."""
    mailing_id = world.sending(any_db, recipients=30)
    refuse_everybody(memory, 30)
    with running(any_db) as run:
        assert deliver_portion(any_db, run, 8).more
        assert world.statuses(any_db, mailing_id) == {"queued": 22, "sending": 8}
        with any_db.writing() as session:
            lifecycle.pause(session.get_one(Mailing, mailing_id))
        assert not deliver_portion(any_db, run, 8).more
    assert world.statuses(any_db, mailing_id) == {"queued": 30}


def test_those_to_be_tried_later_wait(any_db: Database, memory: Memory) -> None:
    """Who was asked to wait keeps the wait; the others are held back and go back to the queue."""
    mailing_id = world.sending(any_db, recipients=8)
    refuse_everybody(memory, 8)
    memory.stall("åse-0003@fjord.test")
    portions(any_db, run_patience=timedelta(0))
    assert world.statuses(any_db, mailing_id) == {"queued": 8}
    assert [what for _, what, _ in world.notes(any_db)] == ["queued"]
