"""Text messages in doubt: a message of Twilio's settles one delivery, for ever, whichever mailing another one is of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from threading import Barrier, Thread

import pytest
from sqlalchemy import select, update

from mailings import clock
from mailings.db import Database
from mailings.message import Offer, Word
from mailings.model import Delivery, DeliveryStatus, Evidence, Mailing, MailingStatus, MailingType, Recipient, Verdict
from mailings.sending import lifecycle
from mailings.sending.doubt.gathering import keep
from mailings.sending.doubt.seeking import Doubtful, sought
from mailings.sending.doubt.settling import settle
from mailings.sending.doubt.texts import free
from mailings.settings import settings
from mailings.transports.twilio import Twilio
from mailings.transports.twilio.records import words_of
from tests.audience.people import person
from tests.doubles.twilio import SENDER, Double, twilio
from tests.transports.letters import answers
from tests.transports.test_twilio_answers import Words

NUMBER, SAID = "+4799887766", "Hei, blåbærene er modne."


@pytest.fixture
def side() -> Iterator[Double]:
    """Twilio's stand-in."""
    with twilio() as running:
        yield running


def texting(db: Database, name: str, people: int = 1) -> list[int]:
    """A mailing of one text to so many people who share a number; its deliveries, all in doubt since now."""
    with db.writing() as session:
        now, facts = clock.now(), {"type": MailingType.SMS, "one_per_address": False, "more": {"sms": {"sender": "Acme", "text": SAID}}}
        mailing = Mailing(name=name, status=MailingStatus.POPULATING, created_at=now, populated_at=now, **facts)
        session.add(mailing)
        for nth in range(people):
            whom = person(session, f"Åse {nth}", f"åse{nth}.{name}@fjord.test", mobile=NUMBER, mobile_normal=NUMBER)
            session.flush()
            session.add(Recipient(mailing_id=mailing.id, person_id=whom.id, address=NUMBER, verdict=Verdict.ELIGIBLE))
        session.flush()
        lifecycle.begin_sending(session, mailing)
        ids = list(session.scalars(select(Delivery.id).where(Delivery.mailing_id == mailing.id).order_by(Delivery.id)))
        session.execute(update(Delivery).values(status="in_doubt", claimed_at=now, attempts=1).where(Delivery.id.in_(ids)))
        return ids


def taken(side: Double) -> str:
    """Twilio takes one message of ours to the number; its name for it."""
    transport = Twilio(side.settings(timeout=60))
    told = answers(transport, [Offer(1, NUMBER, SENDER, Words(SAID, SENDER))])
    transport.close()
    return str(told[1].provider_id)


def reconciled(db: Database, side: Double, name: str) -> list[tuple[str, str | None]]:
    """Ask Twilio and settle; where the mailing's deliveries stand, and the names of their messages."""
    with db.writing() as session:
        mailing = session.scalars(select(Mailing).where(Mailing.name == name)).one()
        keep(session, list(words_of(side.settings(timeout=60), sought(session, [Doubtful(mailing.id, name)]).texted)))
        settle(session, mailing, settings(), policy=False)
        session.expire_all()
        theirs = session.scalars(select(Delivery).where(Delivery.mailing_id == mailing.id).order_by(Delivery.id))
        return [(one.status.value, one.provider_id) for one in theirs]


def test_a_message_settles_one_for_ever(any_db: Database, side: Double) -> None:
    """Of two with the same number and words Twilio took one: it settles one, names it, and asked again settles no other."""
    texting(any_db, "høst", people=2)
    name = taken(side)
    for _ in range(2):
        assert reconciled(any_db, side, "høst") == [("sent", name), ("in_doubt", None)]
    second = taken(side)
    assert reconciled(any_db, side, "høst") == [("sent", name), ("sent", second)]


def test_a_message_of_another_mailing(any_db: Database, side: Double) -> None:
    """What a delivery of another mailing is known by settles nothing here, whether Twilio answered or it was settled."""
    (first,), _ = texting(any_db, "høst"), texting(any_db, "vår")
    name = taken(side)
    with any_db.writing() as session:
        session.execute(update(Delivery).where(Delivery.id == first).values(status="sent", provider_id=name))
    assert reconciled(any_db, side, "vår") == [("in_doubt", None)]
    with any_db.writing() as session:
        session.execute(update(Delivery).where(Delivery.id == first).values(status="in_doubt", provider_id=None))
    assert reconciled(any_db, side, "høst") == [("sent", name)]
    assert reconciled(any_db, side, "vår") == [("in_doubt", None)]


def test_evidence_that_waits_counts(any_db: Database, side: Double) -> None:
    """What is kept as evidence, and not yet settled by, is another's already; of the one it is kept for nothing else is asked."""
    (first,), (second,) = texting(any_db, "høst"), texting(any_db, "vår")
    name = taken(side)
    with any_db.writing() as session:
        keep(session, [Word(first, "sent", "twilio", "queued", name)])
        asked = [sought(session, [Doubtful(session.get_one(Delivery, one).mailing_id, "")]).texted for one in (first, second)]
        assert asked[0] == []
        assert [one.known for one in asked[1]] == [{name}]
        keep(session, [Word(second, "delivered", "twilio", "delivered", name), Word(first, "delivered", "twilio", "delivered", name)])
        kept = session.execute(select(Evidence.delivery_id, Evidence.name).order_by(Evidence.id)).all()
        assert [tuple(row) for row in kept] == [(first, name), (first, None)]


def test_while_another_is_handed_over(any_db: Database) -> None:
    """The message that is found may be the one just being handed over to the same number: nothing is kept until its name is told."""
    (first,), (second,) = texting(any_db, "høst"), texting(any_db, "vår")
    word = Word(second, "sent", "twilio", "queued", "SM1")
    with any_db.writing() as session:
        assert free(session, [word]) == [word]
        session.get_one(Delivery, first).status = DeliveryStatus.SENDING
        session.flush()
        assert free(session, [word]) == []
        assert free(session, [word._replace(name=None)]) == [word._replace(name=None)]


def test_two_settle_at_once(any_db: Database) -> None:
    """Two who found the same message at the same moment keep it for one delivery."""
    ids, both = texting(any_db, "høst", people=2), Barrier(2)

    def found(delivery: int) -> None:
        """One of them; on SQLite they wait for each other before either writes."""
        with any_db.writing() as session:
            with suppress(Exception):
                both.wait(2)
            keep(session, [Word(delivery, "sent" if delivery == ids[0] else "delivered", "twilio", "queued", "SM1")])

    threads = [Thread(target=found, args=(one,)) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with any_db.reading() as session:
        assert list(session.scalars(select(Evidence.name))) == ["SM1"]
