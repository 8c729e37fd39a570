"""What a form says is done with what was sent: for whoever has the address, whole or not at all, and exactly once (J.4, J.5)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from mailings.consent.withdrawing import opt_out, withdraw
from mailings.db import Database
from mailings.errors import NotAllowed
from mailings.forms.processing import process
from mailings.model import (
    Basis,
    Company,
    Consent,
    OptOut,
    Outbox,
    Person,
    PersonInterest,
    ProjectMember,
    Request,
    SelectionMember,
    SubmissionStatus,
)
from tests.consent.waiting import a_person, a_topic
from tests.forms.ready import ACTIONS, WHOLE, only, ready
from tests.forms.sent import FIELDS, SETTINGS, people, pushed, send


def test_everything_at_once(any_db: Database, tmp_path: Path) -> None:
    """A stranger becomes a person with what was written, a company, consent with its words, memberships, and a request that is told of."""
    ready(any_db)
    pushed(any_db, tmp_path, actions=ACTIONS | {"new": {"category": "Lead"}}, notify=True)
    send(any_db, WHOLE)
    with any_db.reading() as session:
        (person,), sent = people(session), only(session)
        assert (sent.status, sent.person_id, sent.problem) == (SubmissionStatus.PROCESSED, person.id, None)
        assert (person.name, person.first_name, person.mobile_normal) == ("Åse Ødegård", "Åse", "+4799887766")
        assert (person.position, person.custom, person.category, person.language) == ("Skipper", {"shoe_size": "38"}, "Lead", "no")
        assert [address.normal for address in person.addresses] == ["ase@fjord.test"]
        assert session.get_one(Company, person.company_id).name == "Fjord AS"
        consent = session.scalars(select(Consent)).one()
        assert (consent.basis, consent.source, consent.comment) == (Basis.CONSENT, "Web form", "Ja takk til nyheter")
        for member in (SelectionMember, ProjectMember, PersonInterest):
            assert session.scalars(select(member)).one().person_id == person.id
        notice, request = session.scalars(select(Request).order_by(Request.id))
        assert (notice.person_id, notice.message, notice.origin) == (None, "", 12)
        assert (request.title, request.priority, request.origin, request.submission_id) == ("Ring", "high", 12, sent.id)
        assert "dish: Grønnsaker" in request.message
        assert "days: man, tir" in request.message
        assert "fjord" not in repr([row.payload for row in session.scalars(select(Outbox))]).lower()


def test_only_what_is_empty_is_filled(any_db: Database, tmp_path: Path) -> None:
    """Of somebody known by address only what is empty is filled in, and what may be overwritten; nothing that was said is taken away."""
    ready(any_db)
    pushed(any_db, tmp_path)
    with any_db.writing() as session:
        known = a_person(session, "ase@fjord.test", name="Åse Ø.", position="Styrmann", mobile="1", custom={"shoe_size": "40"}, basis=None)
        twin = a_person(session, "ase@fjord.test", name="Tvilling")
        news = a_topic(session, "Promotions")
        opt_out(session, known.id, news.id, "User")
        key, other = known.id, twin.id
    send(any_db, WHOLE | {"consent": [], "topics": []})
    with any_db.reading() as session:
        known = session.get_one(Person, key)
        assert only(session).person_id == key < other
        assert (known.name, known.position, known.mobile, known.custom) == ("Åse Ø.", "Skipper", "1", {"shoe_size": "40"})
        assert session.scalars(select(Consent).where(Consent.person_id == key)).all() == []
        assert [row.ended_at for row in session.scalars(select(OptOut))] == [None]


def test_a_consent_is_given_again_and_topics_follow_the_field(any_db: Database, tmp_path: Path) -> None:
    """Ticked, consent follows a withdrawal and a topic is taken again; not ticked, a topic is left only where the field says so."""
    ready(any_db)
    fields = FIELDS.replace("topics: [News]", "topics: [News, Promotions], unticked: opt_out")
    with any_db.writing() as session:
        promotions, person = a_topic(session, "Promotions"), a_person(session, "ase@fjord.test")
        withdraw(session, person.id, "User")
        opt_out(session, person.id, 1, "User")
        left = promotions.id
    pushed(any_db, tmp_path, fields)
    send(any_db, WHOLE)
    with any_db.reading() as session:
        assert session.scalars(select(Consent.basis).order_by(Consent.id.desc())).first() is Basis.CONSENT
        assert [(row.topic_id, row.source) for row in session.scalars(select(OptOut).where(OptOut.ended_at.is_(None)))] == [
            (left, "Web form")
        ]


@pytest.mark.parametrize(("mode", "known", "done"), [("known", True, True), ("known", False, False), ("manual", True, False)])
def test_modes(db: Database, tmp_path: Path, mode: str, known: bool, done: bool) -> None:
    """Known people at once and everybody else by a person; or everybody by a person."""
    ready(db)
    pushed(db, tmp_path, mode=mode)
    if known:
        with db.writing() as session:
            a_person(session, "ase@fjord.test")
    send(db)
    with db.writing() as session:
        sent = only(session)
        assert sent.status is (SubmissionStatus.PROCESSED if done else SubmissionStatus.SUBMITTED)
        assert process(session, sent.id, "kari", SETTINGS)
        assert (sent.status, sent.processed_by) == (SubmissionStatus.PROCESSED, None if done else "kari")


def test_for_the_person_chosen(db: Database, tmp_path: Path) -> None:
    """Linked to somebody else at the desk it is processed for them, who get the address as a further one."""
    ready(db)
    pushed(db, tmp_path, mode="manual")
    send(db)
    with db.writing() as session:
        chosen = a_person(session, "bo@fjord.test")
        assert process(session, only(session).id, "kari", SETTINGS, chosen)
        assert [address.normal for address in chosen.addresses] == ["bo@fjord.test", "ase@fjord.test"]


def test_unconfirmed_is_not_processed(db: Database, tmp_path: Path) -> None:
    """Nobody processes what still waits for its confirmation."""
    ready(db)
    pushed(db, tmp_path, double_opt_in=True)
    send(db)
    with db.writing() as session, pytest.raises(NotAllowed, match="waits for its confirmation"):
        process(session, only(session).id, "kari", SETTINGS)
