"""Errands: what a click sets going is done a little later, for people only, each once, and said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, select

from mailings.db import Database
from mailings.model import (
    Delivery,
    Errand,
    EventReading,
    FollowUp,
    Interest,
    Outbox,
    Person,
    PersonInterest,
    ProjectMember,
    RegisteredLink,
    Request,
    SelectionMember,
    TrackedLink,
)
from mailings.tracking.creating import starts_at
from tests.audience.people import project, selection
from tests.tracking.clicked import associate, click, delivered, later, linked, outcomes, reader, run, sent

RING: dict[str, Any] = {
    "follow_up": {"description": "Ring om høstmessen", "default_recipient": "sølvi", "in_days": 2, "zone": "Europe/Oslo"}
}


def test_every_action_is_done(any_db: Database) -> None:
    """One click sets a field, interests, memberships, and makes a follow-up and a request; the outbox names nobody."""
    with any_db.writing() as session:
        ours, desiree = associate(session), reader(session, custom={"by": "Ålesund"})
        desiree.our_contact_id = ours.id
        session.add(Interest(name="Sjakk"))
        session.flush()
        session.add(PersonInterest(person_id=desiree.id, interest_id=session.scalar(select(Interest.id)) or 0))
        selection(session, "Varme")
        selection(session, "Kalde", desiree)
        project(session, "Høstmesse")
        project(session, "Gammel", desiree)
        autumn = sent(session)
        linked(
            session,
            autumn,
            set_field={"name": "messe", "value": "ja"},
            interests={"add": ["Langrenn"], "remove": ["sjakk"]},
            selections={"add": ["Varme"], "remove": ["Kalde"]},
            projects={"add": ["Høstmesse"], "remove": ["Gammel"]},
            follow_up={"kind": "meeting", "description": "Kaffe", "project": "Høstmesse", "task_type": "besøk", "minutes": 30},
            request={"title": "Vil vite mer", "priority": "høy", "category": "salg"},
        )
        click(session, delivered(session, autumn, desiree))
        whose, who = ours.id, desiree.id
    assert run(any_db) == 1
    with any_db.reading() as session:
        after = session.get_one(Person, who)
        assert after.custom == {"by": "Ålesund", "messe": "ja"}
        held = select(Interest.name).join(PersonInterest, PersonInterest.interest_id == Interest.id)
        assert session.scalars(held).all() == ["Langrenn"]
        assert session.scalar(select(func.count(SelectionMember.id))) == 1
        assert session.scalar(select(func.count(ProjectMember.id))) == 1
        follow_up, request = session.scalars(select(FollowUp)).one(), session.scalars(select(Request)).one()
        assert (follow_up.kind, follow_up.minutes, follow_up.task_type, follow_up.created_by) == ("meeting", 30, "besøk", "solveig")
        assert (follow_up.assigned_to_id, follow_up.person_id, follow_up.starts_at.hour) == (whose, who, 9)
        assert (request.origin, request.owner_id, request.priority) == (9, whose, "høy")
        told = session.scalars(select(Outbox).order_by(Outbox.id)).all()
        assert [(row.what, row.subject_id, row.told_at) for row in told] == [
            ("follow_up", follow_up.id, None),
            ("request", request.id, None),
        ]
        assert not any(word in str(row.payload) for row in told for word in ("@", "Désirée"))
    (said,) = outcomes(any_db)
    assert said is not None
    assert "Added to selections: Varme. Removed from selections: Kalde." in said


def test_the_second_click(any_db: Database) -> None:
    """What is set is set again, what is created is created once (D14); a machine's click and a stranger's do nothing (D20)."""
    with any_db.writing() as session:
        associate(session)
        desiree, autumn, warm = reader(session), sent(session), selection(session, "Varme").id
        linked(session, autumn, selections={"add": ["Varme"]}, **RING)
        known, bare = delivered(session, autumn, desiree), delivered(session, autumn, None)
        click(session, known, machine="follows every link", after=1)
        click(session, known)
        click(session, bare)
        click(session, known, after=120)
    assert run(any_db, after=0) == 0, "nothing is done before a burst could be seen"
    assert run(any_db, after=60) == 3
    with any_db.writing() as session:
        session.execute(delete(SelectionMember))
    assert run(any_db, after=120) == 1
    with any_db.reading() as session:
        assert session.scalar(select(func.count(FollowUp.id))) == session.scalar(select(func.count(Outbox.id))) == 1
        assert session.scalars(select(SelectionMember.selection_id)).all() == [warm]
    machine, first, stranger, again = outcomes(any_db)
    assert machine == "A machine's click (follows every link): nothing was done."
    assert first == "Added to selections: Varme. Made a to-do."
    assert stranger == "The reader is no person in the database: nothing was done."
    assert again == "Added to selections: Varme. No further follow-up: it was not the first click."
    assert run(any_db) == 0


def test_read_again_makes_no_second(any_db: Database) -> None:
    """A first click that is later read as a machine's does not let the next one create a second follow-up."""
    with any_db.writing() as session:
        associate(session)
        autumn = sent(session)
        linked(session, autumn, **RING)
        delivery = delivered(session, autumn, reader(session))
        number, first = delivery.id, click(session, delivery)
    assert run(any_db, after=60) == 1
    with any_db.writing() as session:
        reading = session.get_one(EventReading, first)
        reading.machine, reading.first = "follows every link", False
        session.flush()
        click(session, session.get_one(Delivery, number), after=120)
    assert run(any_db) == 1
    with any_db.reading() as session:
        assert session.scalar(select(func.count(FollowUp.id))) == 1


def test_links_without_errands_and_tests(any_db: Database) -> None:
    """Links that only answer, links without actions and clicks in tests leave no errand (D22); deleted links still do theirs."""
    with any_db.writing() as session:
        autumn, desiree = sent(session), reader(session)
        linked(session, autumn, 1)
        linked(session, autumn, 2, response={"text": "Takk"})
        linked(session, autumn, 3, set_field={"name": "sett", "value": "1"}).deleted_at = later()
        delivery = delivered(session, autumn, desiree)
        for number in (1, 2, 3, 4):
            click(session, delivery, number)
        click(session, delivered(session, sent(session, "prøve"), desiree, test=True), 3)
        assert session.scalars(select(Errand.link)).all() == [3]
    assert run(any_db) == 1
    assert outcomes(any_db) == ["Set sett to 1."]


def test_one_action_that_fails(any_db: Database) -> None:
    """A selection that is gone and an associate who left are said; the other actions are done."""
    with any_db.writing() as session:
        autumn, desiree = sent(session), reader(session)
        linked(
            session, autumn, selections={"add": ["Borte"]}, set_field={"name": "x", "value": "y"}, request={"title": "Å", "owner": "ukjent"}
        )
        click(session, delivered(session, autumn, desiree))
    run(any_db)
    (said,) = outcomes(any_db)
    assert said is not None
    assert said.startswith("Set x to y. selections failed: There is no selection named 'Borte'")
    assert said.endswith("request failed: There is no associate named 'ukjent'.")
    with any_db.reading() as session:
        assert session.scalars(select(Person.custom)).one() == {"x": "y"}
        assert session.scalar(select(func.count(Outbox.id))) == 0


def test_registered_links_actions_hold(any_db: Database) -> None:
    """A link that is a registered one does what the registered one does now: editing affects all mail that is out (E.3)."""
    with any_db.writing() as session:
        autumn = sent(session)
        shared = RegisteredLink(
            name="messe", url="https://fjord.test/m", actions={"set_field": {"name": "m", "value": "nå"}}, created_at=later()
        )
        session.add(shared)
        session.flush()
        session.add(TrackedLink(mailing_id=autumn.id, number=1, name="messe", url="https://fjord.test/m", registered_id=shared.id))
        session.flush()
        click(session, delivered(session, autumn, reader(session)))
    run(any_db)
    assert outcomes(any_db) == ["Set m to nå."]


def test_nine_in_the_morning() -> None:
    """A follow-up begins at nine by the clock of its zone, over the change of summer time too, and never before the click."""
    click_at = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # the 25th in Oslo, the night the clocks change
    assert starts_at(click_at, 0, "UTC") == click_at
    assert starts_at(click_at, 1, "UTC") == datetime(2026, 10, 25, 9, tzinfo=UTC)
    assert starts_at(click_at, 0, "Europe/Oslo") == datetime(2026, 10, 25, 8, tzinfo=UTC)
    assert starts_at(datetime(2026, 10, 23, 10, tzinfo=UTC), 1, "Europe/Oslo") == datetime(2026, 10, 24, 7, tzinfo=UTC)
