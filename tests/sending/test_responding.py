"""The loop's hands: whoever waits is served once and the mailing stays open; a block, another's work and trouble are heeded."""

from __future__ import annotations

import time
from datetime import timedelta

from sqlalchemy import func, insert, select, update

from mailings import clock
from mailings.db import Database
from mailings.errors import TryLater
from mailings.message import Outcome
from mailings.model import AddressStanding, Delivery, Lease, LeaseRole, MailingStatus
from mailings.sending import closing, leases, lifecycle, processes
from mailings.sending.due import due, due_responses
from mailings.sending.finding import mailing_named
from mailings.sending.form_responses.responding import Responder, Served, held
from mailings.transports.memory import Memory
from tests.sending import world
from tests.sending.asked import DANISH, DUTCH, SETTINGS, ask, books, mailing, messages, person


def look(db: Database) -> list[Served]:
    """One look of a loop."""
    return Responder(db, SETTINGS).look()


def test_who_waits_is_served(any_db: Database, memory: Memory) -> None:
    """A look sends what waits, says how much, and leaves the mailing open and balanced; the next look finds nothing."""
    for number in range(3):
        ask(any_db, person(any_db, f"ase-{number}@fjord.test"))
    ask(any_db, person(any_db, "desiree@ijssel.test", "nl"))
    assert [(one.mailing, dict(one.counts)) for one in look(any_db)] == [(DANISH, {Outcome.ACCEPTED: 3}), (DUTCH, {Outcome.ACCEPTED: 1})]
    assert {kept.address for kept in memory.kept} == {*(f"ase-{number}@fjord.test" for number in range(3)), "desiree@ijssel.test"}
    assert (mailing(any_db).status, books(any_db).deliveries["sent"]) == (MailingStatus.SENDING, 3)
    assert look(any_db) == []
    assert len(memory.kept) == 4


def test_a_block_that_nobody_cancelled_for(any_db: Database, memory: Memory) -> None:
    """As a message is claimed its address is looked at again: one blocked in the very moment of asking gets nothing."""
    ask(any_db, person(any_db))
    with any_db.writing() as session:
        session.execute(insert(AddressStanding).values(normal="ase@fjord.test", blocked_at=clock.now(), bounces=0))
    look(any_db)
    assert memory.kept == []
    assert messages(any_db) == [("cancelled", None)]


def test_another_is_at_it(any_db: Database, memory: Memory) -> None:
    """While a conductor lives, be it a loop or a run of Prefect's, the message is its to send."""
    ask(any_db, person(any_db))
    with any_db.writing() as session:
        lease = leases.take(session, mailing_named(session, DANISH), LeaseRole.CONDUCTOR).id
    assert look(any_db) == []
    with any_db.writing() as session:
        leases.end(session, lease)
    assert len(look(any_db)) == len(memory.kept) == 1


def test_a_dead_sender(any_db: Database, memory: Memory) -> None:
    """What a killed loop had in hand is in doubt at the next look, and not sent a second time."""
    ask(any_db, person(any_db))
    with any_db.writing() as session:
        session.execute(update(Delivery).values(status="sending", claimed_at=clock.now(), attempts=1, next_attempt_at=None))
    look(any_db)
    assert memory.kept == []
    assert books(any_db).deliveries["in_doubt"] == 1


def test_another_loop_dies(any_db: Database, memory: Memory) -> None:
    """A loop that looks already finds what another one left in its hands, by the lease that nobody ended."""
    loop = Responder(any_db, SETTINGS)
    loop.look()
    ask(any_db, person(any_db))
    gone = {"role": LeaseRole.CONDUCTOR, "host": processes.host(), "pid": 1, "process_started": -1}
    with any_db.writing() as session:
        held_by = Lease(mailing_id=mailing_named(session, DANISH).id, taken_at=clock.now(), renewed_at=clock.now(), **gone)
        session.add(held_by)
        session.flush()
        in_hand = {"status": "sending", "lease_id": held_by.id, "claimed_at": clock.now(), "attempts": 1, "next_attempt_at": None}
        session.execute(update(Delivery).values(in_hand))
    loop.look()
    assert (books(any_db).deliveries["in_doubt"], memory.kept) == (1, [])


def test_queued_by_a_decision(any_db: Database, memory: Memory) -> None:
    """What a person decided to send once more waits for no moment, and is found all the same."""
    ask(any_db, person(any_db))
    with any_db.writing() as session:
        session.execute(update(Delivery).values(next_attempt_at=None))
    assert look(any_db)[0].counts == {Outcome.ACCEPTED: 1}


def test_tried_later(any_db: Database, memory: Memory) -> None:
    """A temporary refusal does not hold up the loop: it is found again when it is due, and not before."""
    memory.stall("ase@fjord.test")
    ask(any_db, person(any_db))
    assert look(any_db)[0].counts == {Outcome.TRY_LATER: 1}
    assert look(any_db) == []
    memory.accept("ase@fjord.test")
    with clock.standing_at(clock.now() + timedelta(minutes=2)):
        assert look(any_db)[0].counts == {Outcome.ACCEPTED: 1}


def test_trouble_of_one_leaves_the_others_alone(any_db: Database, memory: Memory) -> None:
    """A mailing that cannot be made says why, each time it is looked at; the others are served."""
    ask(any_db, person(any_db))
    ask(any_db, person(any_db, "desiree@ijssel.test", "nl"))
    with any_db.writing() as session:
        mailing_named(session, DANISH).html = "<p>[[ customer.skostørrelse ]]</p>"
    for served in (2, 1):
        found = {one.mailing: one.trouble for one in look(any_db)}
        assert "skostørrelse" in str(found.pop(DANISH))
        assert found == ({DUTCH: None} if served == 2 else {})
    assert [kept.address for kept in memory.kept] == ["desiree@ijssel.test"]
    assert messages(any_db) == [("queued", None)]


def test_the_transport_is_down(any_db: Database, memory: Memory) -> None:
    """A transport that cannot begin pauses the mailing with its reason; resumed, the message goes out."""
    memory.go_down(TryLater("The server does not answer."))
    ask(any_db, person(any_db))
    (one,) = look(any_db)
    assert one.trouble == "The server does not answer."
    with any_db.reading() as session:
        assert "The server does not answer." in held(session)[DANISH]
    memory.go_down(None)
    with any_db.writing() as session:
        lifecycle.resume(session, mailing_named(session, DANISH))
    assert look(any_db)[0].counts == {Outcome.ACCEPTED: 1}


def test_the_other_side_wants_to_be_left_alone(any_db: Database, memory: Memory) -> None:
    """Told when to come back, the loop does not knock every second: nothing is tried until then, and nothing is paused."""
    memory.go_down(TryLater("Too many requests.", after=30))
    ask(any_db, person(any_db))
    loop = Responder(any_db, SETTINGS)
    loop.look()
    memory.go_down(None)
    assert (loop.look(), memory.kept, mailing(any_db).status) == ([], [], MailingStatus.SENDING)
    with clock.standing_at(clock.now() + timedelta(seconds=31)):
        assert loop.look()[0].counts == {Outcome.ACCEPTED: 1}


def test_picked_up_by_prefect_too(any_db: Database, memory: Memory) -> None:
    """A loop finds what waits at once; where none runs, start-due-mailings does after fifteen seconds. One nobody waits for is nobody's."""
    ask(any_db, person(any_db))
    with any_db.reading() as session:
        assert (due(session), [one.name for one in due_responses(session, thorough=True)]) == ([], [DANISH])
        with clock.standing_at(clock.now() + timedelta(seconds=16)):
            assert [(one.name, one.why) for one in due(session)] == [(DANISH, "somebody waits for it")]
    look(any_db)
    with any_db.reading() as session, clock.standing_at(clock.now() + timedelta(hours=1)):
        assert due(session) == due_responses(session, thorough=True) == []


def test_never_called_sent(any_db: Database, memory: Memory) -> None:
    """Closing leaves it open: somebody may ask tomorrow."""
    ask(any_db, person(any_db))
    look(any_db)
    with any_db.writing() as session:
        outcome = closing.close(session, mailing_named(session, DANISH))
    assert (outcome.status, mailing(any_db).finished_at) == (MailingStatus.SENDING, None)
    assert "stays open" in outcome.sentence


def test_what_it_leaves_behind(any_db: Database, memory: Memory) -> None:
    """An open mailing does not gather leases for ever: those that ended more than an hour ago go with the next look that serves."""
    for hours in range(3):
        with clock.standing_at(world.START + timedelta(hours=hours * 2)):
            ask(any_db, person(any_db, f"ase-{hours}@fjord.test"))
            look(any_db)
    with any_db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Lease)) == 2
    assert len(memory.kept) == 3


def test_an_ordinary_mailing_is_left_to_its_run(any_db: Database, memory: Memory) -> None:
    """The loop serves form responses alone; what waits of other mailings still waits."""
    mailing_id = world.sending(any_db, recipients=2)
    assert look(any_db) == []
    assert world.statuses(any_db, mailing_id) == {"queued": 2}


def test_a_limit(any_db: Database, memory: Memory) -> None:
    """Under a limit a look hands over what may leave and does not wait; the looks after it serve the rest, in order."""
    slow = SETTINGS.model_copy(update={"rate": 60.0})
    for number in range(3):
        ask(any_db, person(any_db, f"ase-{number}@fjord.test"))
    loop, begun = Responder(any_db, slow), time.monotonic()
    while len(memory.kept) < 3 and time.monotonic() - begun < 120:
        loop.look()
        time.sleep(0.2)
    assert [kept.address for kept in memory.kept] == [f"ase-{number}@fjord.test" for number in range(3)]
    assert books(any_db).deliveries["sent"] == 3
