"""Caps of text messages: no number, and not the installation, has more than so many in any 24 hours (domain.md G.3)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from mailings.clock import standing_at
from mailings.db import Database
from mailings.model import Base, Delivery, DeliveryStatus, LeaseRole, Mailing, MailingStatus, MailingType, Recipient, Verdict
from mailings.sending import leases, lifecycle
from mailings.sending.claims import Claimed, Claimer, claim_due, claim_fresh
from mailings.sending.deliver import deliver_portion
from mailings.sending.limits.caps import Caps
from mailings.sending.run import conducting
from mailings.sending.soonest import waits
from mailings.settings import Settings
from mailings.transports.memory import Memory
from tests.examples import tried
from tests.sending.world import START, statuses

DAY = timedelta(hours=24)
SAYS = {"sms": {"sender": "Acme", "text": "Hei, blåbærene er modne."}}


def texts(db: Database, name: str, numbers: list[str]) -> int:
    """A text message to these numbers, its deliveries queued; its id."""
    with db.writing() as session:
        facts = {"status": MailingStatus.POPULATING, "created_at": START, "populated_at": START, "more": SAYS}
        made = Mailing(name=name, type=MailingType.SMS, one_per_address=False, **facts)
        session.add(made)
        session.flush()
        session.execute(insert(Recipient), [{"mailing_id": made.id, "address": n, "verdict": Verdict.ELIGIBLE} for n in numbers])
        lifecycle.begin_sending(session, made)
        return made.id


def claimed(db: Database, by: Claimer, caps: Caps, now: datetime, most: int = 3) -> list[str]:
    """One claim of one sender under the caps: the numbers it may send to. They are recorded as sent."""
    moment = round(now.timestamp() * 1000)
    with db.connection() as connection:
        found = claim_due(connection, by, most, moment)
        found += claim_fresh(connection, by, 0, most - len(found), moment) if len(found) < most else []
        rows = {one.id: (one.id, number) for one, number in zip(found, _numbers(connection, found), strict=True)}
        admitted = caps.admit(connection, by, found, rows)
        sent = update(Delivery).where(Delivery.id.in_([one.id for one in admitted])).values(status=DeliveryStatus.SENT)
        connection.execute(sent)
    return [rows[one.id][1] for one in admitted]


def _numbers(connection: object, found: list[Claimed]) -> list[str]:
    """The number each delivery goes to, in the order of the claim."""
    asked = select(Delivery.id, Recipient.address).join(Recipient, Recipient.id == Delivery.recipient_id)
    told = dict(connection.execute(asked.where(Delivery.id.in_([one.id for one in found]))).all())  # type: ignore[attr-defined]
    return [told[one.id] for one in found]


@hypothesis(max_examples=tried(25), deadline=None)
@given(data=st.data(), caps=st.builds(Caps, st.none() | st.integers(1, 4), st.none() | st.integers(1, 2)))
def test_no_window_holds_more(data: st.DataObject, caps: Caps, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever eight senders of four mailings do, and when: in any 24 hours no number gets more than its cap, nor all of them together."""
    db = Database(f"sqlite:///{tmp_path_factory.mktemp('caps') / 'mailings.db'}")
    Base.metadata.create_all(db.engine)
    now, went, senders = START, list[tuple[datetime, str]](), []
    numbers = st.lists(st.sampled_from(["+4799887766", "+4799887767", "+31612345678"]), min_size=1, unique=True)
    with standing_at(START):
        for name in ("høst", "vinter", "vår", "sommer"):
            mailing_id = texts(db, name, data.draw(numbers))
            with db.writing() as session:
                made = session.get_one(Mailing, mailing_id)
                senders += [Claimer(mailing_id, leases.take(session, made, LeaseRole.SENDER).id) for _ in range(2)]
    for sender, hours in data.draw(st.lists(st.tuples(st.integers(0, 7), st.sampled_from([0, 0, 1, 11, 23, 24, 25])), max_size=20)):
        now += timedelta(hours=hours)
        with standing_at(now):
            went += [(now, number) for number in claimed(db, senders[sender], caps, now, data.draw(st.integers(1, 3)))]
    for end, _ in went:
        window = Counter(number for at, number in went if end - DAY < at <= end)
        assert caps.per_number is None or not window or max(window.values()) <= caps.per_number
        assert caps.per_day is None or window.total() <= caps.per_day
    db.engine.dispose()


def test_who_has_had_enough_waits(any_db: Database, configured_texts: Settings) -> None:
    """A number that has had its message of the day gets the next one when the day is over, and the row says so; others get it now."""
    Memory.configured().kept.clear()
    with standing_at(START):
        first = texts(any_db, "høst", ["+4799887766"])
        assert sent(any_db, "høst", configured_texts) == 1
        second = texts(any_db, "vinter", ["+4799887766", "+4799887767"])
        assert sent(any_db, "vinter", configured_texts) == 1
    assert statuses(any_db, first) == {"sent": 1}
    assert statuses(any_db, second) == {"sent": 1, "queued": 1}
    with any_db.reading() as session:
        waiting = session.scalars(select(Delivery).where(Delivery.status == DeliveryStatus.QUEUED)).one()
        assert waiting.reason is not None
        assert waiting.reason.startswith(
            "the number has had 1 text message in 24 hours (MAILINGS_SMS_PER_RECIPIENT); again from 2026-11-22 09:1"
        )
        assert waiting.attempts == 0
    with standing_at(START + DAY + timedelta(minutes=11)):
        assert sent(any_db, "vinter", configured_texts) == 1
    assert statuses(any_db, second) == {"sent": 2}


def test_the_day_is_full(any_db: Database, configured_texts: Settings) -> None:
    """When the installation's messages of the day are used up nothing more is claimed, and the status says until when."""
    full = configured_texts.model_copy(update={"sms_per_day": 2, "sms_per_recipient": None})
    with standing_at(START):
        made = texts(any_db, "høst", [f"+479988776{n}" for n in range(5)])
        assert sent(any_db, "høst", full) == 2
        assert statuses(any_db, made) == {"sent": 2, "queued": 3}
    with standing_at(START + DAY + timedelta(minutes=11)):
        assert sent(any_db, "høst", full) == 2


def test_it_is_said_what_is_waited_for(any_db: Database, configured_texts: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The status of a mailing that waits for the day's cap names the setting."""
    monkeypatch.setenv("MAILINGS_SMS_PER_DAY", "1")
    from mailings.settings import settings  # noqa: PLC0415  read anew below

    settings.cache_clear()
    with standing_at(START):
        made = texts(any_db, "høst", ["+4799887766", "+4799887767"])
        assert sent(any_db, "høst", settings()) == 1
        with any_db.reading() as session:
            assert "MAILINGS_SMS_PER_DAY" in str(waits(session, session.get_one(Mailing, made)))


def sent(db: Database, name: str, settings: Settings) -> int:
    """Run the mailing until nothing more can leave now; how many messages left."""
    before = len(Memory.configured().kept)
    with conducting(db, name, settings) as run:
        from mailings.sending.preparing import prepare  # noqa: PLC0415  reads better here

        with db.writing() as session:
            prepare(session, run, session.scalars(select(Mailing).where(Mailing.name == name)).one(), settings)
        run.patience = timedelta(0)
        while deliver_portion(db, run, 1000).more:
            pass
    return len(Memory.configured().kept) - before


@pytest.fixture
def configured_texts(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation that sends text messages into memory, one to a number in a day."""
    monkeypatch.setenv("MAILINGS_SMS_TRANSPORT", "memory")
    return Settings(sms_transport="memory", sms_per_recipient=1)
