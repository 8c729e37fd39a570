"""Behind a link stands one reader, or nobody."""

from __future__ import annotations

import pytest

from mailings import clock
from mailings.db import Database
from mailings.errors import Untrusted
from mailings.model import Company, Delivery, DeliveryStatus
from mailings.people.erasing import erase
from mailings.tracking.readers import reader_of
from tests.consent.waiting import a_mailing, a_person, queue


def test_people_companies_and_bare_addresses_are_readers(any_db: Database) -> None:
    """A delivery leads to its mailing, its recipient and the person; companies and bare addresses have an address and no person."""
    with any_db.writing() as session:
        news, person = a_mailing(session, "news"), a_person(session, "aase@fjord.test")
        company = Company(name="Søn", email="post@son.test", email_normal="post@son.test", email_valid=True, created_at=clock.now())
        session.add(company)
        session.flush()
        deliveries = [queue(session, news, whom) for whom in (person, company, "los@fugl.test")]
        readers = [reader_of(session, delivery.id) for delivery in deliveries]
        assert [reader.person for reader in readers] == [person, None, None]
        assert [reader.address for reader in readers] == [person.addresses[0].normal, "post@son.test", "los@fugl.test"]
        assert all(reader.mailing is news and reader.counts for reader in readers)


def test_nobody_stands_behind_what_is_gone(any_db: Database) -> None:
    """No such delivery and an erased person: both are the same Untrusted."""
    with any_db.writing() as session:
        news, erased = a_mailing(session, "news"), a_person(session, "ida@fjord.test")
        number = queue(session, news, erased, DeliveryStatus.SENT).id
        erase(session, erased.id)
        for nobodys in (number, 10**12):
            with pytest.raises(Untrusted, match=r"This link does not hold\."):
                reader_of(session, nobodys)


def test_whoever_is_being_erased_can_still_say_no(any_db: Database) -> None:
    """The links of somebody deleted hold until they are erased for good."""
    with any_db.writing() as session:
        deleted = a_person(session, "bo@fjord.test")
        sent = queue(session, a_mailing(session, "news"), deleted, DeliveryStatus.SENT)
        deleted.deleted_at = clock.now()
        session.flush()
        assert reader_of(session, sent.id).person is deleted


def test_a_test_has_a_reader_who_does_not_count(any_db: Database) -> None:
    """A test message's links open like any other, also of a mailing without recipients; what is done there does not count."""
    with any_db.writing() as session:
        news = a_mailing(session, "news")
        test = Delivery(mailing_id=news.id, status=DeliveryStatus.SENT, test=True, address="me@acme.test")
        session.add(test)
        session.flush()
        reader = reader_of(session, test.id)
        assert (reader.address, reader.person, reader.counts) == ("me@acme.test", None, False)
