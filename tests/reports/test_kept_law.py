"""The law of kept figures: whatever happens after a mailing, what was added up as it happened is what the rows say."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus, MailingStatus, Recipient, RegisteredLink, TrackedLink
from mailings.reports.anew import Figures
from mailings.reports.counting_anew import count_anew
from mailings.tracking.counts import LINK_FIGURES
from tests.consent.waiting import a_mailing, a_person, queue
from tests.examples import tried
from tests.reports.story import WHO, Story, rows_say, says
from tests.sending.world import START
from tests.tracking.told import B, K

LINKS = (1, 2, 3, 0, None)  # the last two: the trap, and an address without a number


@pytest.fixture
def mailing_id(any_db: Database) -> int:
    """A mailing sent to three people and a bare address, with three links, one of them registered; its figures are kept."""
    with any_db.writing() as session, clock.standing_at(START):
        mailing = a_mailing(session, "høst-nytt")
        for one in [a_person(session, where) for where in WHO[:3]] + [WHO[3]]:
            queue(session, mailing, one, DeliveryStatus.SENT)
        shared = RegisteredLink(name="messe", url="https://fjord.test/messe", created_at=START)
        session.add(shared)
        session.flush()
        for number in (1, 2, 3):
            link = TrackedLink(mailing_id=mailing.id, number=number, url=f"https://fjord.test/høst/{number}")
            link.registered_id = shared.id if number == 3 else None
            session.add(link)
        sent = update(Delivery).where(Delivery.mailing_id == mailing.id)
        session.execute(sent.values(sent_at=START, claimed_at=START, attempts=1))
        mailing.started_at, mailing.status = START, MailingStatus.SENT
        session.flush()
        count_anew(session, mailing.id)
        return mailing.id


happening = st.fixed_dictionaries(
    {
        "what": st.sampled_from(
            [
                *["visit"] * 8,
                *["report"] * 4,
                "leave",
                "erase",
                "resend",
                "finish",
                "reset",
                "reset all",
                "reread",
                "count",
                "fold",
                *["retain"] * 2,
            ]
        ),
        "who": st.integers(0, 3),
        "turn": st.integers(0, 1),  # which of their messages
        "minute": st.integers(-1, 40),
        "agent": st.integers(0, 3),
        "links": st.lists(st.sampled_from(LINKS), max_size=4),
        "kind": st.sampled_from([K.BOUNCED, K.DELIVERED, K.DROPPED, K.COMPLAINED, K.UNSUBSCRIBED, K.DEFERRED, K.PROCESSED]),
        "bounce": st.sampled_from([*B, None]),
    }
)


ONCE = {"who": 0, "turn": 0, "minute": 9, "agent": 0, "kind": K.DELIVERED, "bounce": None}
AGAIN = [ONCE | {"what": "visit", "links": [None]}, *[ONCE | {"what": "retain", "links": []}] * 2]
# their repetition is taken back before it went out
NOT_REPEATED = [ONCE | {"what": "visit", "links": [1]}, ONCE | {"what": "resend", "links": []}]


@given(story=st.lists(happening, min_size=3, max_size=14))
@example(story=AGAIN * 2)
@example(story=[ONCE | {"what": "resend", "links": []}, ONCE | {"what": "finish", "links": []}, *AGAIN * 2])
@example(story=[*NOT_REPEATED, ONCE | {"what": "leave", "links": []}, *AGAIN])
@example(story=[*NOT_REPEATED, ONCE | {"what": "erase", "links": []}, ONCE | {"what": "count", "links": []}])
@hypothesis_settings(max_examples=tried(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_kept_is_what_the_rows_say(any_db: Database, mailing_id: int, story: list[dict[str, Any]]) -> None:
    """Visits of people and machines, reports, leaving, erasing, resending, resets, rules applied again, in any order: the same figures.

    Old events deleted in between: all figures but those of links are still what the rows say, and nobody is counted twice as a clicker.
    """
    with Session(any_db.engine.execution_options(immediate=True)) as session, clock.standing_at(START + timedelta(hours=1)):
        recipients = list(session.scalars(select(Recipient.id).where(Recipient.mailing_id == mailing_id).order_by(Recipient.id)))
        told = Story(session, mailing_id, recipients)
        for one in story:
            told.tell(one)
            kept, counted = says(session, mailing_id), rows_say(session, mailing_id)
            if told.mailing.events_deleted_at is None:
                assert kept == counted
            else:
                assert without_clicks(kept) == without_clicks(counted)
                people = Counter(link for _, link in told.clicked)
                for link in ("", "1", "2", "3"):
                    assert 0 <= kept["clickers", link] <= people[link]
        session.rollback()


def without_clicks(figures: Figures) -> Figures:
    """The figures that need no events once they stand: all but those of links."""
    return Counter({key: n for key, n in figures.items() if key[0] not in LINK_FIGURES})


def test_the_law_can_be_broken(any_db: Database, mailing_id: int) -> None:
    """What changes rows behind the back of those that keep figures shows: the comparison sees what is kept, not the rows twice."""
    with any_db.writing() as session:
        session.execute(text("UPDATE delivery SET opened_at = 1"))
        assert says(session, mailing_id) != rows_say(session, mailing_id)
