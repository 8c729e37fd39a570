"""What visits leave behind: events, readings, stamps, forgiven bounces; of tests and of erased people as little as promised."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from mailings.db import Database
from mailings.model import AddressStanding, Delivery
from mailings.reported import EventKind
from tests.tracking.visiting import FIREFOX, LATER, OFFICE, SENT, click, raw, readings, record, sent_mailing, stamps, visit

HOURS = 2 * 3600


def test_a_visit_is_kept_as_it_came_and_stamped_once(any_db: Database) -> None:
    """An open and two clicks are three events with all that was said; the first of each is first, and stamps the message."""
    mailing_id, (delivery, *_) = sent_mailing(any_db)
    record(any_db, visit(delivery), click(delivery, 2, LATER + timedelta(seconds=30)))
    record(any_db, click(delivery, 2, LATER + timedelta(seconds=90)), visit(delivery, at=LATER + timedelta(days=1)))
    kept = [(row[3], row[5], row[6], row[7], row[10], row[11]) for row in raw(any_db)]
    assert kept[:2] == [("opened", mailing_id, delivery, None, FIREFOX, OFFICE), ("clicked", mailing_id, delivery, 2, FIREFOX, OFFICE)]
    assert readings(any_db) == [(None, True), (None, True), (None, False), (None, False)]
    assert stamps(any_db, delivery) == (HOURS, HOURS + 30, None, None)


def test_a_burst_found_late_is_read_anew(any_db: Database) -> None:
    """The first click of a scanner looks like a person's until the others follow: then all of them are the machine's."""
    _, (delivery, other, *_) = sent_mailing(any_db)
    record(any_db, click(delivery, 1), click(other, 1))
    assert readings(any_db) == [(None, True), (None, True)]
    record(any_db, *(click(delivery, n, LATER + timedelta(milliseconds=300 * n)) for n in (2, 3, 4)))
    assert readings(any_db) == [("burst", False), (None, True), *[("burst", False)] * 3]
    assert stamps(any_db, delivery) == (None, None, None, HOURS)
    assert stamps(any_db, other) == (None, HOURS, None, None)


def test_tests_are_kept_and_not_counted(any_db: Database) -> None:
    """What the reader of a test does is an event, and neither read nor stamped (D11, D22); what nobody sent is not even that."""
    _, (delivery, *_) = sent_mailing(any_db)
    with any_db.writing() as session:
        session.get_one(Delivery, delivery).test = True
    record(any_db, visit(delivery), click(delivery), click(987654))
    assert [row[6] for row in raw(any_db)] == [delivery, delivery]
    assert readings(any_db) == []
    assert stamps(any_db, delivery) == (None, None, None, None)


def test_nothing_of_an_erased_visitor_is_kept(any_db: Database) -> None:
    """Somebody who was erased still counts; neither agent nor network are kept, and a machine is still told from a person (D30)."""
    _, (delivery, other, *_) = sent_mailing(any_db)
    with any_db.writing() as session:
        blank = text(
            "UPDATE recipient SET erased_at = 1, address = NULL, name = NULL WHERE id IN (SELECT recipient_id FROM delivery WHERE id = :id)"
        )
        for one in (delivery, other):
            session.execute(blank, {"id": one})
    record(any_db, click(delivery), click(other, agent="Barracuda Sentinel (EE)"))
    assert [row[10:12] for row in raw(any_db)] == [(None, None), (None, None)]
    assert readings(any_db) == [(None, True), ("scanner", False)]
    record(any_db, click(other, None, url="https://fjord.test/hils/Åse"))
    assert raw(any_db)[-1][7:12] == (None, None, None, None, None)
    assert readings(any_db)[1:] == [("scanner", False), (None, True)]


def test_a_person_forgives_bounces_and_a_machine_does_not(any_db: Database) -> None:
    """Consecutive bounces begin anew with a person's open after the last of them (D6); a scanner's open proves no mailbox."""
    _, deliveries = sent_mailing(any_db)
    with any_db.writing() as session:
        for n in range(3):
            session.add(AddressStanding(normal=f"åse-{n:04}@fjord.test", bounces=4, last_bounce_at=SENT + timedelta(hours=3 * (n == 2))))
    record(any_db, visit(deliveries[0]), visit(deliveries[1], agent="Mozilla/5.0"), visit(deliveries[2]))
    with any_db.reading() as session:
        found = session.execute(text("SELECT bounces, cleared_at FROM address_standing ORDER BY normal"))
        assert [tuple(row) for row in found] == [(0, int(LATER.timestamp() * 1000)), (4, None), (4, None)]


def test_who_hammers_a_link_stays_first_once(any_db: Database) -> None:
    """However often one link is followed, its first click stays the only first one, and the stamp does not move."""
    _, (delivery, *_) = sent_mailing(any_db)
    record(any_db, click(delivery, 1, LATER - timedelta(minutes=1)))
    for round_ in range(3):
        record(any_db, *(click(delivery, 1, LATER + timedelta(seconds=round_ * 200 + n)) for n in range(200)))
    record(any_db, click(delivery, 2, LATER + timedelta(hours=1)))
    found = readings(any_db)
    assert found[0] == found[-1] == (None, True)
    assert len(found) == 602
    assert not any(first for _, first in found[1:-1])
    assert stamps(any_db, delivery) == (None, HOURS - 60, None, None)


def test_reading_online_is_opening(any_db: Database) -> None:
    """Who reads the message as a web page has opened it."""
    _, (delivery, *_) = sent_mailing(any_db)
    record(any_db, visit(delivery, EventKind.ONLINE))
    assert stamps(any_db, delivery) == (HOURS, None, None, None)


def test_an_agent_without_end_is_cut(any_db: Database) -> None:
    """What a program says of itself is kept whole up to 1,024 characters, and cut there (domain.md E.2)."""
    _, (delivery, other, *_) = sent_mailing(any_db)
    whole = FIREFOX + " " + "ø" * (1_023 - len(FIREFOX))
    record(any_db, click(delivery, agent=whole), click(other, agent=whole + "æ\0"))
    assert [row[10] for row in raw(any_db)] == [whole, whole]
    assert len(whole) == 1_024
