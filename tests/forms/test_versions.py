"""What people saw is what they answered: each version of a form is kept, and a submission is read by its own (J.1, C.7)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from mailings.db import Database
from mailings.errors import Untrusted
from mailings.forms.keys import new_key, read_key
from mailings.forms.processing import process
from mailings.forms.pushing import delete, push
from mailings.forms.statistics import statistics
from mailings.forms.versions import latest, seen
from mailings.model import Consent, Form, FormVersion, OptOut, Submission, SubmissionStatus, Topic
from mailings.tokens import Tokens
from tests.consent.waiting import a_topic
from tests.forms.ready import only
from tests.forms.sent import ASE, SETTINGS, folder_of, part_of, people, pushed, send
from tests.meanwhile import meanwhile

ASKED = "[{kind: email}, {kind: consent, text: Bare nytt om havna}, {kind: topics, topics: [News], unticked: opt_out}]"
ASKS_NOW = "[{kind: email}, {kind: consent, text: Alt til alle partnere}, {kind: topics, topics: [News, Havna], unticked: opt_out}]"


def test_what_waits_is_processed_by_the_words_it_was_given_to(any_db: Database, tmp_path: Path) -> None:
    """A push between the sending and the processing changes neither the words of a consent nor the topics that were on the page."""
    with any_db.writing() as session:
        a_topic(session)
        session.add(Topic(name="Havna"))
    pushed(any_db, tmp_path, ASKED, mode="manual")
    send(any_db, ASE | {"consent": ["on"], "topics": []})
    pushed(any_db, tmp_path, ASKS_NOW, mode="manual")
    with any_db.writing() as session:
        assert process(session, only(session).id, "kari", SETTINGS)
    with any_db.reading() as session:
        assert session.scalars(select(Consent.comment)).all() == ["Bare nytt om havna"]
        opted = select(Topic.name).join(OptOut, OptOut.topic_id == Topic.id)
        assert session.scalars(opted).all() == ["News"]


def test_actions_are_those_of_today(any_db: Database, tmp_path: Path) -> None:
    """What the staff do with a submission is the form's as it is now: an action that failed is mended by a push, and done then."""
    pushed(any_db, tmp_path, "[{kind: email}, {kind: name}]", mode="manual")
    send(any_db)
    pushed(any_db, tmp_path, "[{kind: email}]", mode="manual", title="Høstfest", actions={"interests": ["Seiling"]})
    with any_db.reading() as session:
        form = session.scalars(select(Form)).one()
        part = seen(session, form, 1)
        assert ([field.kind for field in part.every], part.title, part.actions.interests) == (["email", "name"], "Påmelding", ["Seiling"])
        assert [len(one.every) for one in latest(session, form)] == [1, 2]
        assert seen(session, form, 2) == part_of(session)
    with any_db.writing() as session:
        assert process(session, only(session).id, None, SETTINGS)
        assert "Added to interests: Seiling." in (only(session).outcome or "")
        assert [person.name for person in people(session)] == ["Åse Ødegård"]


def test_every_push_that_changes_a_form_keeps_it(any_db: Database, tmp_path: Path) -> None:
    """One row a version, none for a push that changed nothing; a form that is deleted takes them along."""
    for text in (ASKED, ASKED, "[{kind: email}]"):
        with any_db.writing() as session:
            if not session.scalar(select(Topic.id).limit(1)):
                a_topic(session)
        pushed(any_db, tmp_path, text)
    with any_db.writing() as session:
        form = session.scalars(select(Form)).one()
        kept = session.execute(select(FormVersion.version, FormVersion.definition).order_by(FormVersion.version)).all()
        assert [number for number, _ in kept] == [1, 2]
        assert kept[1].definition == form.definition != kept[0].definition
        delete(session, form)
    with any_db.reading() as session:
        assert session.scalars(select(FormVersion.version)).all() == []


@pytest.mark.parametrize(("second", "version"), [("[{kind: email}]", 1), ("[{kind: email}, {kind: name}]", 2)])
def test_two_push_a_new_form_at_once(any_db: Database, tmp_path: Path, second: str, version: int) -> None:
    """Pushed twice in the same moment it is one form: of the same fields once, of others the later is its next version."""
    folder = folder_of(tmp_path / "ours", "[{kind: email}]")
    number = meanwhile(any_db, lambda session: push(session, folder, SETTINGS), lambda: pushed(any_db, tmp_path / "theirs", second))
    with any_db.reading() as session:
        form = session.scalars(select(Form)).one()
        assert (form.id, form.version) == (number, version)
        assert session.scalars(select(FormVersion.version).order_by(FormVersion.version)).all() == list(range(1, version + 1))


def test_a_version_that_is_not_kept_is_said(db: Database, tmp_path: Path) -> None:
    """A submission nobody can say the words of is failed with a sentence, and nothing is done with it."""
    pushed(db, tmp_path, "[{kind: email}]", mode="manual")
    send(db)
    with db.writing() as session:
        session.execute(update(Submission).values(version=7))
        assert not process(session, only(session).id, None, SETTINGS)
        assert "Version 7" in (only(session).problem or "")
        assert people(session) == []


def test_what_the_database_cannot_keep_is_failed(any_db: Database, tmp_path: Path) -> None:
    """A value no column takes does not leave a submission waiting for ever: it is failed, with a sentence, and nobody is made."""
    pushed(any_db, tmp_path, "[{kind: email}, {kind: position}]", mode="manual")
    send(any_db)
    with any_db.writing() as session:
        session.execute(update(Submission).values(values={"email": "ase@fjord.test", "position": {"a": "b"}}))
    with any_db.writing() as session:
        assert not process(session, only(session).id, "kari", SETTINGS)
    with any_db.reading() as session:
        assert only(session).status is SubmissionStatus.FAILED
        assert "cannot keep" in (only(session).problem or "")
        assert people(session) == []


def test_a_rating_that_became_another_is_counted_anew(any_db: Database, tmp_path: Path) -> None:
    """Five of five stars are no five of ten: what was answered to another scale is not counted with this one."""
    rated = "[{kind: email}, {kind: rating, identifier: r, look: %s}]"
    pushed(any_db, tmp_path, rated % "stars")
    send(any_db, ASE | {"r": ["5"]})
    pushed(any_db, tmp_path, rated % "nps")
    send(any_db, {"email": ["desiree@fjord.test"], "r": ["9"]})
    with any_db.reading() as session:
        (found,) = statistics(session, session.scalars(select(Form)).one(), part_of(session)).ratings
        assert (found.answers, found.nps) == (1, 100)


@pytest.mark.parametrize("changed", ["2-", "01-", "0-", "-", "x-", ""])
def test_a_key_says_its_version_and_no_other(changed: str) -> None:
    """Nobody makes the words another version's: the version is signed with the rest."""
    tokens = Tokens(SETTINGS.secret.get_secret_value())
    key = new_key(tokens, 3, 1)
    assert read_key(tokens, 3, key).version == 1
    with pytest.raises(Untrusted):
        read_key(tokens, 3, changed + key.removeprefix("1-"))
