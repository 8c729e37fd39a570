"""A person decides what is in doubt, and whoever decides: only who may still get it, only the latest message, and only once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from mailings import clock, seams
from mailings.consent.giving import give
from mailings.consent.standing import block_address, complain
from mailings.consent.withdrawing import withdraw
from mailings.db import Database
from mailings.model import Basis, Delivery, DeliveryStatus, Person, Recipient
from mailings.seams import Seam
from mailings.sending.doubt.deciding import POLICY
from tests.sending import world
from tests.sending.doubting import (
    DROP,
    LATER,
    RESEND,
    after,
    asked,
    decided,
    in_doubt,
    locked,
    settled,
    stands,
    status_of,
    told,
)


@pytest.mark.parametrize("how", ["erased", "blocked", "complained", "withdrew"])
@pytest.mark.parametrize("by", ["policy", "person"])
def test_who_may_not_get_it_any_more(any_db: Database, how: str, by: str) -> None:
    """Who was erased or blocked, complained or withdrew while the message was in doubt does not get it a second time (D10)."""
    ids = in_doubt(any_db, 2, in_doubt=RESEND)
    with any_db.writing() as session:
        recipient = session.get_one(Recipient, session.get_one(Delivery, ids[0]).recipient_id)
        person = Person(name="Åse Ødegård", created_at=clock.now())
        session.add(person)
        session.flush()
        recipient.person_id = person.id
        give(session, person.id, Basis.CONSENT, "User")
        if how == "erased":
            recipient.erased_at = clock.now()
        elif how == "blocked":
            block_address(session, str(recipient.address), "no such mailbox")
        elif how == "complained":
            complain(session, str(recipient.address))
        else:
            withdraw(session, person.id, "Unsubscribe page")
    found = after(any_db, LATER) if by == "policy" else asked(any_db, DeliveryStatus.QUEUED)
    assert stands(any_db) == ["cancelled", "queued"]
    assert found.queued == 1
    with any_db.reading() as session:
        assert session.get_one(Delivery, ids[0]).reason == "The person or the address said no while the message waited."


@pytest.mark.parametrize("status", ["sent", "queued", "failed"])
def test_a_person_decides(any_db: Database, status: str) -> None:
    """A person settles all that is in doubt at once, named in the history; what evidence tells goes before."""
    ids = in_doubt(any_db, 3, in_doubt=DROP)
    told(any_db, ids[1], "bounced")
    found = asked(any_db, DeliveryStatus(status))
    assert stands(any_db) == [status, "bounced", status]
    assert found.settled == {("kari", status): 2, ("postfix log", "bounced"): 1}
    assert decided(any_db) == [(ids[0], status, "kari"), (ids[1], "bounced", "postfix log"), (ids[2], status, "kari")]
    assert status_of(any_db) == ("sending" if status == "queued" else "sent")
    assert asked(any_db, DeliveryStatus(status)).settled == {}


def test_only_the_latest_message_is_sent_again(any_db: Database) -> None:
    """Where a recipient was sent to again already, the earlier message is settled by evidence, never by policy or a second sending."""
    one, other = in_doubt(any_db, 2, in_doubt=RESEND)
    with any_db.writing() as session:
        first = session.get_one(Delivery, one)
        session.add(Delivery(mailing_id=first.mailing_id, recipient_id=first.recipient_id, status=DeliveryStatus.SENT, again_of=one))
    assert after(any_db, LATER).left == 0
    assert stands(any_db) == ["in_doubt", "queued", "sent"]
    asked(any_db, DeliveryStatus.QUEUED)
    assert stands(any_db) == ["in_doubt", "queued", "sent"]
    told(any_db, one, "sent")
    settled(any_db)
    assert stands(any_db) == ["sent", "queued", "sent"]
    assert other


def test_two_at_once_are_one(any_db: Database) -> None:
    """Two that settle the same mailing in the same moment move each message once, with one line of history."""
    ids = in_doubt(any_db, 40, in_doubt=RESEND)
    for number in ids[:20]:
        told(any_db, number, "sent")
    with clock.standing_at(world.START + LATER), ThreadPoolExecutor(2) as threads:
        found = [done.result() for done in [threads.submit(locked, any_db) for _ in range(2)]]
    assert sum((one.settled for one in found), Counter()) == {("postfix log", "sent"): 20, (POLICY, "queued"): 20}
    assert len(decided(any_db)) == 40


def test_killed_in_between(any_db: Database) -> None:
    """Where the process dies before the commit nothing has moved, and settling again is as if for the first time."""
    ids = in_doubt(any_db, 2, in_doubt=RESEND)
    told(any_db, ids[0], "sent")

    def die(seam: Seam, side: str) -> None:
        if (seam, side) == (Seam.COMMIT, "before"):
            raise KeyboardInterrupt

    seams.watch(die)
    with pytest.raises(KeyboardInterrupt):
        after(any_db, LATER)
    seams.unwatch(die)
    assert stands(any_db) == ["in_doubt", "in_doubt"]
    assert decided(any_db) == []
    after(any_db, LATER)
    assert stands(any_db) == ["sent", "queued"]
    assert len(decided(any_db)) == 2


def test_tests_are_outside(any_db: Database) -> None:
    """Test messages are settled by nobody: they count nowhere (domain.md D11)."""
    (one,) = in_doubt(any_db, 1, in_doubt=DROP)
    with any_db.writing() as session:
        session.get_one(Delivery, one).test = True
    told(any_db, one, "sent")
    after(any_db, LATER)
    assert stands(any_db) == ["in_doubt"]
