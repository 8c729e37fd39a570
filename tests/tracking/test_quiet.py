"""A message that was taken and stayed quiet for five days is a success, also where only our own books know of it (domain.md D6)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from mailings import clock
from mailings.db import Database
from mailings.model import Company, Delivery, Recipient
from mailings.tracking.bouncing import COUNT, recount
from tests.audience.people import person
from tests.sending import world
from tests.tracking.test_bouncing import bounce
from tests.tracking.told import address, heard, out, standing


@pytest.mark.parametrize("whose", ["bare", "person", "company"])
def test_quiet_for_five_days(any_db: Database, whose: str) -> None:
    """Where nobody reports a delivery our own books tell: a message taken after the bounces that stayed quiet for five days clears them."""
    numbers = [out(any_db, name=f"brev-{n}")[0] for n in range(4)]
    belongs(any_db, whose, numbers)
    with any_db.writing() as session:
        for n, one in enumerate(numbers):
            session.execute(update(Delivery).where(Delivery.id == one).values(sent_at=world.START + timedelta(minutes=10 * n)))
    normal = address(any_db, numbers[0])
    assert normal is not None
    heard(any_db, bounce(any_db, numbers[0], 1), bounce(any_db, numbers[1], 11), source="mailbox")
    with clock.standing_at(world.START + timedelta(minutes=20, days=5, seconds=-1)):
        heard(any_db, bounce(any_db, numbers[3], 31), source="mailbox")
        assert in_a_row(any_db, normal) == 3
    with clock.standing_at(world.START + timedelta(minutes=20, days=5)), any_db.writing() as session:
        recount(session, [normal], 5)
    assert in_a_row(any_db, normal) == 1  # the third was taken at minute 20; what bounced at 31 came after it
    with clock.standing_at(world.START + timedelta(days=6)), any_db.writing() as session:
        session.execute(update(Delivery).where(Delivery.id == numbers[2]).values(test=True))
        recount(session, [normal], 5)
    assert in_a_row(any_db, normal) == 3  # what went out as a test tells nothing


def belongs(db: Database, whose: str, numbers: list[int]) -> None:
    """The deliveries went to a person, a company or a bare address."""
    if whose == "bare":
        return
    with db.writing() as session:
        theirs = Recipient.id.in_(select(Delivery.recipient_id).where(Delivery.id.in_(numbers)))
        if whose == "person":
            owner = {"person_id": person(session, "Désirée van der IJssel", "desiree@fjord.test").id, "address": "desiree@fjord.test"}
        else:
            firm = Company(name="Øst AS", email="post@fjord.test", email_normal="post@fjord.test", email_valid=True, created_at=world.START)
            session.add(firm)
            session.flush()
            owner = {"company_id": firm.id, "address": "post@fjord.test"}
        session.execute(update(Recipient).where(theirs).values(name=None, **owner))


def in_a_row(db: Database, normal: str) -> int:
    """How many bounces in a row the address has."""
    found = standing(db, normal)
    assert found is not None
    return found.bounces


def test_its_plan(db: Database) -> None:
    """Counting the bounces of an address walks none of the tables that grow with every mailing: each row is found by what it has."""
    asked = COUNT.replace("{listed}", "IN (SELECT value FROM json_each(:addresses))").replace(
        "{bare}", "INDEXED BY uq_recipient_bare_address"
    )
    with db.reading() as session:
        plan = session.execute(text(f"EXPLAIN QUERY PLAN {asked}"), {"addresses": '["a@fjord.test"]', "now": 1}).all()
    steps = [row.detail for row in plan if row.detail.split()[1] in ("delivery", "recipient", "event", "address", "company")]
    assert len(steps) > 5
    assert [step for step in steps if not step.startswith("SEARCH")] == []
    assert [step for step in steps if "uq_recipient_person_id" in step and "person_id=? AND mailing_id=?" in step] == []
