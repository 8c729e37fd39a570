"""The law of absorbing: a day of reports leads to one state, however it is shuffled, doubled and cut into requests."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.channels.email.identity import mark_of
from mailings.db import Database
from mailings.model import Company, Delivery, DeliveryStatus, Person, Recipient
from mailings.reported import Report
from mailings.settings import Settings
from mailings.tracking.absorb import absorb
from tests.consent.waiting import a_mailing, a_person, a_topic, queue
from tests.examples import tried
from tests.sending.world import START
from tests.tracking.told import B, K, state

NAMES = ("ase", "desiree", "jorgen", "aurelie")
Day = list[tuple[int, str, str]]  #: (delivery, mark, address)
WHERE = [f"{name}@blåbær.test" for name in NAMES]


@pytest.fixture
def day(any_db: Database) -> Day:
    """Two mailings to four people, a company and somebody erased, in every status, and a test: (delivery, mark, address)."""
    with any_db.writing() as session, clock.standing_at(START):
        people = [a_person(session, f"{name}@xn--blbr-roah.test") for name in NAMES]
        company = Company(name="Ærø Færge A/S", created_at=START, email="post@ærø.test", email_normal="post@xn--r-5fa0h.test")
        session.add(company)
        session.flush()
        made: Day = []
        statuses = list(DeliveryStatus)
        everybody: list[Person | Company | str] = [*people, company, "bare@fjord.test"]
        for name, topic in (("høst", a_topic(session)), ("vår", None)):
            mailing = a_mailing(session, name, topic)
            for n, whom in enumerate(everybody):
                one = queue(session, mailing, whom, statuses[(n + 3 * len(made)) % len(statuses)])
                if one.status is not DeliveryStatus.QUEUED:
                    one.claimed_at = START
                made.append((one.id, mark_of(mailing), [*WHERE, "post@ærø.test", "bare@fjord.test"][n]))
        session.execute(text("UPDATE delivery SET test = true, address = 'test@fjord.test' WHERE id = :id"), {"id": made[3][0]})
        whose = session.scalars(select(Delivery.recipient_id).where(Delivery.id == made[7][0])).one()
        erased = update(Recipient).where(Recipient.id == whose)
        session.execute(erased.values(erased_at=START, person_id=None, address=None))
        return made


told = st.fixed_dictionaries(
    {
        "whose": st.integers(0, 2),  # of three that an example is about: else two would rarely speak of one message
        "kind": st.sampled_from([*(kind for kind in K if kind not in (K.PREFERENCES, K.ONLINE)), K.BOUNCED, K.DROPPED, K.DELIVERED]),
        "minute": st.integers(0, 6),
        "bounce": st.sampled_from(list(B)),
        "code": st.sampled_from([None, "550", "452 4.2.2"]),
        "everything": st.booleans(),
        "also": st.sampled_from([None, K.COMPLAINED, K.UNSUBSCRIBED]),
    }
)


def report(day: Day, number: int, said: dict[str, Any]) -> Report:
    """One thing told, of a delivery or, past the last, of none; its key is its own."""
    delivery, mark, address = [*day, (None, None, WHERE[1])][said["whose"]]
    return Report(
        said["kind"],
        START + timedelta(minutes=said["minute"]),
        delivery,
        mark,
        f"key {number}",
        {"n": number},
        f"id {number}",
        address,
        said["code"],
        f"reason {number}",
        said["bounce"] if said["kind"] in (K.BOUNCED, K.DROPPED) else None,
        also=said["also"] if said["kind"] is K.DROPPED else None,
        everything=said["everything"],
    )


def after(db: Database, *requests: list[Report]) -> dict[str, list[tuple[Any, ...]]]:
    """The state these requests lead to; then everything is as before."""
    with Session(db.engine.execution_options(immediate=True)) as session:
        for reports in requests:
            absorb(session, reports, "sendgrid", Settings(bounce_threshold=100))
        found = state(session)
        session.rollback()
    return found


@given(said=st.lists(told, min_size=6, max_size=14), about=st.lists(st.integers(0, 12), min_size=3, max_size=3), seed=st.integers(0, 2**32))
@hypothesis_settings(max_examples=tried(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_day_one_state(any_db: Database, day: Day, said: list[dict[str, Any]], about: list[int], seed: int) -> None:
    """In its order and at once, or shuffled, doubled under new ids and in any number of requests: the state is the same."""
    luck = Random(seed)
    reports = [report(day, number, one | {"whose": about[one["whose"]]}) for number, one in enumerate(said)]
    shuffled = [*reports, *(replace(one, provider_key=f"again {one.content_key}") for one in reports if luck.random() < 0.4)]
    luck.shuffle(shuffled)
    requests, left = [], shuffled
    while left:
        size = luck.randint(1, 4)
        requests.append(left[:size])
        left = left[size:]
    with clock.standing_at(START + timedelta(hours=1)):
        assert after(any_db, *requests) == after(any_db, reports)
        assert after(any_db, reports, reports) == after(any_db, reports)
