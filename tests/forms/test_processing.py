"""What a form says is done with what was sent: for whoever has the address, whole or not at all, and exactly once (J.4, J.5)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.consent.withdrawing import opt_out, withdraw
from mailings.content import scripts
from mailings.db import Database
from mailings.errors import NotAllowed
from mailings.forms.processing import process
from mailings.forms.scripts import call_due
from mailings.model import (
    Basis,
    Company,
    Consent,
    Interest,
    OptOut,
    Outbox,
    Person,
    PersonInterest,
    Project,
    ProjectMember,
    Request,
    Selection,
    SelectionKind,
    SelectionMember,
    Submission,
    SubmissionStatus,
)
from mailings.people.deleting import delete
from mailings.people.erasing import erase
from tests.consent.waiting import a_person, a_topic
from tests.forms.sent import ASE, FIELDS, SETTINGS, people, pushed, send, submissions

WHOLE = ASE | {
    "mobile": ["998 87 766"], "position": ["Skipper"], "company_name": ["Fjord AS"], "shoe_size": ["38"], "dish": ["veg"],
    "days": ["tir", "man"], "nps": ["9"], "remark": ["Hei"], "consent": ["on"], "topics": ["News"],
}  # fmt: skip
ACTIONS = {"selections": ["Gjester"], "projects": ["Messe"], "interests": ["Seiling"], "request": {"title": "Ring", "priority": "high"}}


def _ready(db: Database) -> None:
    """What the form names is there."""
    with db.writing() as session:
        a_topic(session)
        session.add(Selection(name="Gjester", kind=SelectionKind.STATIC, created_at=clock.now()))
        session.add(Project(name="Messe", created_at=clock.now()))


def _one(session: Session) -> Submission:
    """The only submission."""
    (one,) = submissions(session)
    return one


def test_everything_at_once(any_db: Database, tmp_path: Path) -> None:
    """A stranger becomes a person with what was written, a company, consent with its words, memberships, and a request that is told of."""
    _ready(any_db)
    pushed(any_db, tmp_path, actions=ACTIONS | {"new": {"category": "Lead"}}, notify=True)
    send(any_db, WHOLE)
    with any_db.reading() as session:
        (person,), sent = people(session), _one(session)
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
    _ready(any_db)
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
        assert _one(session).person_id == key < other
        assert (known.name, known.position, known.mobile, known.custom) == ("Åse Ø.", "Skipper", "1", {"shoe_size": "40"})
        assert session.scalars(select(Consent).where(Consent.person_id == key)).all() == []
        assert [row.ended_at for row in session.scalars(select(OptOut))] == [None]


def test_a_consent_is_given_again_and_topics_follow_the_field(any_db: Database, tmp_path: Path) -> None:
    """Ticked, consent follows a withdrawal and a topic is taken again; not ticked, a topic is left only where the field says so."""
    _ready(any_db)
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
    _ready(db)
    pushed(db, tmp_path, mode=mode)
    if known:
        with db.writing() as session:
            a_person(session, "ase@fjord.test")
    send(db)
    with db.writing() as session:
        sent = _one(session)
        assert sent.status is (SubmissionStatus.PROCESSED if done else SubmissionStatus.SUBMITTED)
        assert process(session, sent.id, "kari", SETTINGS)
        assert (sent.status, sent.processed_by) == (SubmissionStatus.PROCESSED, None if done else "kari")


def test_what_fails_is_kept_and_tried_again(any_db: Database, tmp_path: Path) -> None:
    """A selection that is gone: nothing of the submission is done, its sentence is kept, and when it is mended it is processed once."""
    _ready(any_db)
    pushed(any_db, tmp_path, actions=ACTIONS)
    with any_db.writing() as session:
        session.execute(update(Selection).values(name="Andre"))
    send(any_db)
    with any_db.writing() as session:
        sent = _one(session)
        assert sent.status is SubmissionStatus.FAILED
        assert "'Gjester'" in str(sent.problem)
        assert (people(session), session.scalars(select(Request)).all()) == ([], [])
        session.execute(update(Selection).values(name="Gjester"))
        assert process(session, sent.id, "kari", SETTINGS)
        assert (sent.problem, len(people(session))) == (None, 1)


def test_two_processors_do_it_once(any_db: Database, tmp_path: Path) -> None:
    """Eight at the same moment, of two submissions with one new address: one person, one request each."""
    _ready(any_db)
    pushed(any_db, tmp_path, actions=ACTIONS, mode="manual")
    numbers = [send(any_db).submission or 0 for _ in range(2)]

    def at_once(number: int) -> bool:
        """One processor."""
        with any_db.writing() as session:
            return process(session, number, "kari", SETTINGS)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(at_once, numbers * 4))
    with any_db.reading() as session:
        assert len(people(session)) == 1
        assert sorted(row.submission_id or 0 for row in session.scalars(select(Request))) == sorted(numbers)


def test_whoever_is_being_erased_is_nobody(any_db: Database, tmp_path: Path) -> None:
    """They are not matched, and no second person with their address is made behind their back; it says so."""
    _ready(any_db)
    pushed(any_db, tmp_path)
    with any_db.writing() as session:
        delete(session, a_person(session, "ase@fjord.test"), 14)
    send(any_db)
    with any_db.reading() as session:
        assert (_one(session).status, len(people(session))) == (SubmissionStatus.FAILED, 1)
        assert "being erased" in str(_one(session).problem)


def test_for_the_person_chosen(db: Database, tmp_path: Path) -> None:
    """Linked to somebody else at the desk it is processed for them, who get the address as a further one."""
    _ready(db)
    pushed(db, tmp_path, mode="manual")
    send(db)
    with db.writing() as session:
        chosen = a_person(session, "bo@fjord.test")
        assert process(session, _one(session).id, "kari", SETTINGS, chosen)
        assert [address.normal for address in chosen.addresses] == ["bo@fjord.test", "ase@fjord.test"]


def test_unconfirmed_is_not_processed(db: Database, tmp_path: Path) -> None:
    """Nobody processes what still waits for its confirmation."""
    _ready(db)
    pushed(db, tmp_path, double_opt_in=True)
    send(db)
    with db.writing() as session, pytest.raises(NotAllowed, match="waits for its confirmation"):
        process(session, _one(session).id, "kari", SETTINGS)


def test_scripts_are_called_once(any_db: Database, tmp_path: Path) -> None:
    """After the submission is processed its script is called, once, and what it said is kept; one that fails says so."""
    called: list[tuple[str, int | None]] = []

    @scripts.script("ring-opp")
    def ring(click: scripts.Click) -> str:
        """Note who is called."""
        called.append((click.link, click.person))
        return "rang" if len(called) == 1 else str(1 // 0)

    _ready(any_db)
    pushed(any_db, tmp_path, actions={"script": "ring-opp"})
    send(any_db)
    send(any_db)
    assert (call_due(any_db, SETTINGS), call_due(any_db, SETTINGS)) == (2, 0)
    with any_db.reading() as session:
        assert called == [("pamelding", people(session)[0].id)] * 2
        first, second = submissions(session)
        assert str(first.outcome).endswith("Script ring-opp: rang")
        assert "failed: ZeroDivisionError" in str(second.outcome)


def test_erased(any_db: Database, tmp_path: Path) -> None:
    """Of what is processed only that it came stays; what waits is deleted, and no cell of it is left."""
    _ready(any_db)
    pushed(any_db, tmp_path, actions=ACTIONS)
    send(any_db, WHOLE)
    pushed(any_db, tmp_path, mode="manual")
    send(any_db, WHOLE)
    with any_db.writing() as session:
        session.add(Interest(name="other"))
        erase(session, people(session)[0].id)
        left = _one(session)
        assert (left.values, left.email, left.person_id, left.outcome) == ({}, None, None, None)
        assert session.scalars(select(Request)).all() == []
