"""A link to the preferences page holds for three weeks, then it leads to a fresh one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from mailings import clock
from mailings.db import Database
from mailings.model import AddressStanding, Basis, Consent, Delivery, DeliveryStatus, Mailing, MailingType
from mailings.tokens import Kind
from tests.web.readers import Readers, post, readers


@pytest.fixture
def there(any_db: Database) -> Readers:
    """Readers of a mailing that went out."""
    return readers(any_db)


@pytest.mark.parametrize(("days", "holds"), [(0, True), (21, True), (22, False)])
def test_the_link_holds_for_21_days(there: Readers, days: int, holds: bool) -> None:
    """Test vector (h): on day 21 it still holds; after that nothing personal is shown and nothing can be changed."""
    with clock.standing_at(clock.now()):  # midnight between the two would be a day more
        link = there.link(Kind.PREFERENCES, there.person, days_ago=days)
        page = there.client.get(link).text
        post(there, link, [("was_consent", "on")])
    assert ("What may we send you?" in page) is holds
    assert ("Désirée" in page) is holds
    assert ("This link has become too old" in page) is not holds
    with there.db.reading() as session:
        newest = session.scalars(select(Consent.basis).order_by(Consent.id.desc())).first()
        assert newest is (Basis.WITHDRAWN if holds else Basis.CONSENT)


def test_an_old_link_sends_a_fresh_one(any_db: Database) -> None:
    """A button queues a message with a fresh link; who may not be written to gets the same answer and no message."""
    there = readers(any_db, system_from="Fjord <post@acme.test>")
    link = there.link(Kind.PREFERENCES, there.person, days_ago=30)
    answers = [there.client.post(link, data={"fresh": "yes"}).text]
    with there.db.writing() as session:
        session.add(AddressStanding(normal="desiree@ijssel.test", blocked_at=clock.now(), blocked_why="User"))
    with clock.standing_at(clock.now() + timedelta(hours=1)):
        answers.append(there.client.post(link, data={"fresh": "yes"}).text)
    assert answers[0] == answers[1]
    assert "If we may write to you, a fresh link is on its way." in answers[0]
    with there.db.reading() as session:
        queued = select(Delivery.status).join(Mailing, Mailing.id == Delivery.mailing_id).where(Mailing.type == MailingType.FORM_RESPONSE)
        assert session.scalars(queued).all() == [DeliveryStatus.QUEUED]
