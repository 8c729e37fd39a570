"""Blocks and complaints are of an address, hold at once and are never overridden."""

from __future__ import annotations

from sqlalchemy import select

from mailings import clock
from mailings.consent.history import in_force
from mailings.consent.standing import block_address, complain, unblock_addresses
from mailings.db import Database
from mailings.model import AddressStanding, Basis, Company
from tests.consent.waiting import a_mailing, a_person, notes, queue, statuses


def test_a_blocked_address_gets_nothing(any_db: Database) -> None:
    """Whoever is written to there, person, company or bare address, also by a mailing that overrides consent, is cancelled."""
    with any_db.writing() as session:
        person, other = a_person(session, "post@x.test"), a_person(session, "bo@x.test")
        company = Company(name="Ål AS", email="post@x.test", email_normal="post@x.test", email_valid=True, created_at=clock.now())
        session.add(company)
        session.flush()
        plain, overriding = a_mailing(session, "a"), a_mailing(session, "b", override_consent=True)
        waiting = [queue(session, plain, whom) for whom in (person, company, "post@x.test", other)] + [queue(session, overriding, person)]
        assert block_address(session, "post@x.test", "mailbox does not exist") == 4
        assert statuses(session, *waiting) == ["cancelled"] * 3 + ["queued", "cancelled"]
        assert notes(session, waiting[0]) == [("cancelled", "The address was blocked: mailbox does not exist")]
        assert session.get_one(AddressStanding, "post@x.test").blocked_why == "mailbox does not exist"


def test_a_first_reason_is_kept(any_db: Database) -> None:
    """Blocking twice keeps the first moment and reason; unblocking clears block and bounces, not a complaint."""
    with any_db.writing() as session:
        block_address(session, "post@x.test", "first")
        block_address(session, "post@x.test", "second")
        standing = session.get_one(AddressStanding, "post@x.test")
        assert standing.blocked_why == "first"
        standing.bounces = 5
        complain(session, "post@x.test")
        assert unblock_addresses(session, ["post@x.test"]) == 1
        session.expire_all()
        assert (standing.blocked_at, standing.bounces, standing.complained_at is not None) == (None, 0, True)
        assert unblock_addresses(session, ["post@x.test"]) == 0
        assert unblock_addresses(session, ["nobody@x.test"]) == 0


def test_a_complaint_withdraws_consent(any_db: Database) -> None:
    """A spam report withdraws the consent of everyone at that address and cancels, also where consent is overridden."""
    with any_db.writing() as session:
        one, two, other = a_person(session, "post@x.test"), a_person(session, "to@x.test", "post@x.test"), a_person(session, "bo@x.test")
        waiting = [queue(session, a_mailing(session, "a", override_consent=True), one), queue(session, a_mailing(session, "b"), two)]
        complain(session, "post@x.test")
        assert statuses(session, *waiting) == ["cancelled", "cancelled"]
        assert in_force(session, [one.id, two.id, other.id]) == {
            one.id: (Basis.WITHDRAWN, "Complaint"),
            two.id: (Basis.WITHDRAWN, "Complaint"),
            other.id: (Basis.CONSENT, "Import"),
        }
        assert session.scalars(select(AddressStanding.normal).where(AddressStanding.complained_at.is_not(None))).all() == ["post@x.test"]
