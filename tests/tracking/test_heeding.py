"""What readers tell a provider is heeded at once: complaints withdraw consent, unsubscribing ends what it says (domain.md C.7)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text

from mailings.db import Database
from mailings.model import Basis, Company, Consent, DeliveryStatus, OptOut
from tests.consent.waiting import a_mailing, a_person, a_topic, queue
from tests.sending.world import START
from tests.tracking.told import K, delivery, heard, minutes, said, standing

DESIREE = "desiree@ijssel.test"


@pytest.fixture
def world(any_db: Database) -> dict[str, int]:
    """Désirée got `brev` on a topic; `neste`, of the same topic, `fest`, of none, and `krav`, which overrides consent, wait for her."""
    with any_db.writing() as session:
        person = a_person(session, DESIREE, name="Désirée van der IJssel")
        topic = a_topic(session)
        made = {
            "brev": queue(session, a_mailing(session, "brev", topic), person, DeliveryStatus.SENT),
            "neste": queue(session, a_mailing(session, "neste", topic), person),
            "fest": queue(session, a_mailing(session, "fest"), person),
            "krav": queue(session, a_mailing(session, "krav", override_consent=True), person),
        }
        return {"person": person.id, "topic": topic.id, **{name: one.id for name, one in made.items()}}


def stands(db: Database, world: dict[str, int]) -> dict[str, str]:
    """What became of each of the four messages."""
    return {name: delivery(db, world[name]).status.value for name in ("brev", "neste", "fest", "krav")}


def consents(db: Database) -> list[tuple[Any, ...]]:
    """The history of consent: basis, source."""
    with db.reading() as session:
        return [tuple(row) for row in session.execute(select(Consent.basis, Consent.source).order_by(Consent.id))]


def test_a_complaint(any_db: Database, world: dict[str, int]) -> None:
    """A complaint marks the message and the address, withdraws consent, and cancels all that waits, of mailings that override too."""
    for minute in (5, 3, 5):
        heard(any_db, said(any_db, world["brev"], K.COMPLAINED, minute))
    assert minutes(delivery(any_db, world["brev"]).complained_at) == 3
    found = standing(any_db, DESIREE)
    assert found is not None
    assert minutes(found.complained_at) == 3
    assert consents(any_db) == [(Basis.CONSENT, "Import"), (Basis.WITHDRAWN, "Complaint")]
    assert stands(any_db, world) == {"brev": "sent", "neste": "cancelled", "fest": "cancelled", "krav": "cancelled"}


def test_unsubscribed(any_db: Database, world: dict[str, int]) -> None:
    """Unsubscribing at the provider is from all mail: consent is withdrawn, and what overrides consent still goes."""
    heard(any_db, said(any_db, world["brev"], K.UNSUBSCRIBED, 4))
    assert minutes(delivery(any_db, world["brev"]).unsubscribed_at) == 4
    assert consents(any_db)[1:] == [(Basis.WITHDRAWN, "Report of sendgrid")]
    assert stands(any_db, world) == {"brev": "sent", "neste": "cancelled", "fest": "cancelled", "krav": "queued"}


def test_a_group(any_db: Database, world: dict[str, int]) -> None:
    """Leaving one of the provider's groups is leaving the mailing's topic, and no more."""
    heard(any_db, said(any_db, world["brev"], K.UNSUBSCRIBED, everything=False))
    with any_db.reading() as session:
        assert session.execute(select(OptOut.person_id, OptOut.topic_id)).all() == [(world["person"], world["topic"])]
    assert consents(any_db) == [(Basis.CONSENT, "Import")]
    assert stands(any_db, world) == {"brev": "sent", "neste": "cancelled", "fest": "queued", "krav": "queued"}


def test_subscribing_again_has_no_effect(any_db: Database, world: dict[str, int]) -> None:
    """Consent that was withdrawn is given to us, on a basis, and not by a provider's list: the report is kept, and that is all."""
    heard(any_db, said(any_db, world["brev"], K.UNSUBSCRIBED, 1), said(any_db, world["brev"], K.RESUBSCRIBED, 2))
    assert consents(any_db)[-1] == (Basis.WITHDRAWN, "Report of sendgrid")


@pytest.mark.parametrize(("also", "source"), [(K.COMPLAINED, "Complaint"), (K.UNSUBSCRIBED, "Report of sendgrid")], ids=str)
def test_dropped_for_what_was_told_earlier(any_db: Database, world: dict[str, int], also: K, source: str) -> None:
    """A message dropped because its reader complained or left earlier withdraws consent; this message was complained of by nobody."""
    heard(any_db, said(any_db, world["brev"], K.DROPPED, also=also, reason="Spam Reporting Address"))
    assert consents(any_db)[1:] == [(Basis.WITHDRAWN, source)]
    found = delivery(any_db, world["brev"])
    assert (found.status, found.complained_at, found.unsubscribed_at) == (DeliveryStatus.FAILED, None, None)


def test_of_no_message_of_ours(any_db: Database, world: dict[str, int]) -> None:
    """Who left or complained on another occasion wants no mail of ours either; leaving a group of somebody else's means nothing to us."""
    heard(any_db, said(any_db, None, K.UNSUBSCRIBED, address=DESIREE, everything=False))
    assert len(consents(any_db)) == 1
    heard(any_db, said(any_db, None, K.UNSUBSCRIBED, 2, address="Désirée <DESIREE@ijssel.test>"))
    assert consents(any_db)[1:] == [(Basis.WITHDRAWN, "Report of sendgrid")]
    assert stands(any_db, world) == {"brev": "sent", "neste": "cancelled", "fest": "cancelled", "krav": "queued"}


def test_a_person_with_another_address_by_now(any_db: Database, world: dict[str, int]) -> None:
    """A complaint about a message is its recipient's, whatever address they have today."""
    report = said(any_db, world["brev"], K.COMPLAINED)
    with any_db.writing() as session:
        session.execute(text("UPDATE address SET normal = 'ny@ijssel.test', written = 'ny@ijssel.test'"))
    heard(any_db, report)
    assert consents(any_db)[1:] == [(Basis.WITHDRAWN, "Complaint")]


def test_a_company_leaves(any_db: Database) -> None:
    """Where no person stands behind an address, the address itself gets no more."""
    with any_db.writing() as session:
        company = Company(name="Ålesund Sjø AS", created_at=START, email="post@sjø.test", email_normal="post@xn--sj-lka.test")
        session.add(company)
        session.flush()
        sent, waits = (
            queue(session, a_mailing(session, "brev"), company, DeliveryStatus.SENT),
            queue(session, a_mailing(session, "neste"), company),
        )
        numbers = sent.id, waits.id
    heard(any_db, said(any_db, numbers[0], K.UNSUBSCRIBED, 2))
    found = standing(any_db, "post@xn--sj-lka.test")
    assert found is not None
    assert minutes(found.unsubscribed_at) == 2
    assert delivery(any_db, numbers[1]).status is DeliveryStatus.CANCELLED


def test_a_complaint_of_a_test(any_db: Database, world: dict[str, int]) -> None:
    """Whoever complains of a test means it: the tester's address is never written to again; whose data filled the test is not touched."""
    report = said(any_db, world["brev"], K.COMPLAINED, address="prover@acme.test")
    with any_db.writing() as session:
        session.execute(text("UPDATE delivery SET test = true WHERE id = :id"), {"id": world["brev"]})
    heard(any_db, report, said(any_db, world["brev"], K.UNSUBSCRIBED, address="prover@acme.test"))
    found = standing(any_db, "prover@acme.test")
    assert found is not None
    assert (found.complained_at is not None, found.unsubscribed_at) == (True, None)
    assert consents(any_db) == [(Basis.CONSENT, "Import")]
    assert delivery(any_db, world["brev"]).complained_at is None
