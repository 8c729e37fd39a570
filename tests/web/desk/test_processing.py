"""Submissions processed at the desk: whom they may be of, one and several, tried again, deleted; by whom, and what the log says."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from mailings.db import Database
from mailings.model import Address, Interest, Person, Request, Role, Submission, SubmissionStatus, SubmittedFile
from tests.audience.people import person
from tests.web.desk.fitting import logged
from tests.web.desk.seated import seated
from tests.web.desk.sent_in import NAME, a_form, in_every_state, one_of, sent_in
from tests.web.desk.test_forms import text_of

CHOICE = re.compile(r'name="person" value="(\d*)"( checked)?')


def test_a_new_person_is_made_of_what_was_written(any_db: Database) -> None:
    """Nobody has the address: the page offers a new person, and the button makes them, does the form's actions and says who did it."""
    with any_db.writing() as session:
        number = sent_in(session, a_form(session)).id
    with seated(any_db) as seat:
        assert CHOICE.findall(seat.look(f"/submissions/{number}").text) == [("", " checked")]
        assert seat.press(f"/submissions/{number}/process", person="").status_code == 303
        page = seat.look(f"/submissions/{number}").text
    assert "Made a new person." in page
    assert 'name="person"' not in page
    done = one_of(any_db, number)
    assert (done.status, done.processed_by) == (SubmissionStatus.PROCESSED, "åse")
    with any_db.reading() as session:
        made = session.scalars(select(Person)).one()
        assert (made.name, made.addresses[0].normal, done.person_id) == ("Åse Ødegård", "ase@fjord.test", made.id)
        assert session.scalars(select(Request.title)).all() == ["Ring tilbake"]
        assert session.scalars(select(Interest.name)).all() == ["Seiling"]
    assert logged(any_db) == [("åse", "process submission", f"submission {number}")]


def test_the_address_comes_first_and_names_are_hints(any_db: Database) -> None:
    """Who has the address is chosen; who is only called so, or works there, may be chosen instead; whoever is searched comes between."""
    with any_db.writing() as session:
        number = sent_in(session, a_form(session)).id
        alike = person(session, "Åse Ødegård", "annen@fjord.test").id
        theirs = person(session, "Åse", "ase@fjord.test").id
        other = person(session, "Désirée van der IJssel", "desiree@ijssel.test").id
    with seated(any_db) as seat:
        assert CHOICE.findall(seat.look(f"/submissions/{number}").text) == [(str(theirs), " checked"), (str(alike), "")]
        found = CHOICE.findall(seat.look(f"/submissions/{number}?who=Désirée").text)
        assert found == [(str(theirs), ""), (str(other), " checked"), (str(alike), "")]
        seat.press(f"/submissions/{number}/process", person=str(other))
    assert one_of(any_db, number).person_id == other
    with any_db.reading() as session:
        owner = session.scalars(select(Address.person_id).where(Address.normal == "ase@fjord.test")).all()
        assert owner == [theirs]


def test_what_fails_says_why_and_is_tried_again(db: Database) -> None:
    """A person who is being erased cannot be given anything: nothing is done, the sentence stands there, and another try succeeds."""
    with db.writing() as session:
        number = sent_in(session, a_form(session, actions={"selections": ["Gjester"]})).id
    with seated(db) as seat:
        seat.press(f"/submissions/{number}/process")
        page = text_of(seat.look(f"/submissions/{number}").text)
        assert "It could not be processed" in page
        assert "Gjester" in page.split("What was written")[0]
        assert "Process again" in page
        assert one_of(db, number).status is SubmissionStatus.FAILED
        with db.writing() as session:
            assert session.scalars(select(Person)).all() == []
            a_form(session)
        seat.press(f"/submissions/{number}/process")
        assert "The submission is processed." in seat.look(f"/submissions/{number}").text
    done = one_of(db, number)
    assert (done.status, done.problem) == (SubmissionStatus.PROCESSED, None)


def test_several_at_once(any_db: Database) -> None:
    """Each by itself: what waits for its confirmation and what is gone are passed over, and stop no other."""
    with any_db.writing() as session:
        waits, unconfirmed, _, _, failed = in_every_state(session)
    with seated(any_db) as seat:
        to = seat.press("/submissions/process", id=[waits, unconfirmed, failed, 9999], form=NAME, only="waiting").headers["location"]
        assert to == f"/desk/forms/{NAME}/submissions?only=waiting"
        assert "Processed: 2. Failed: 0. Passed over: 2." in seat.look(to.removeprefix("/desk")).text
        assert seat.press("/submissions/process").status_code == 409
    assert one_of(any_db, unconfirmed).status is SubmissionStatus.UNCONFIRMED
    assert {one_of(any_db, n).status for n in (waits, failed)} == {SubmissionStatus.PROCESSED}


def test_processed_twice_is_done_once(db: Database) -> None:
    """Two press the same button: one person, one request."""
    with db.writing() as session:
        number = sent_in(session, a_form(session)).id
    with seated(db) as seat:
        for _ in range(2):
            assert seat.press(f"/submissions/{number}/process").status_code == 303
    with db.reading() as session:
        assert len(session.scalars(select(Person)).all()) == len(session.scalars(select(Request)).all()) == 1


@pytest.mark.parametrize("do", ["submissions/1/process", "submissions/1/delete", "submissions/process"])
def test_readers_look_and_change_nothing(db: Database, do: str) -> None:
    """A reader sees a submission, without any button that changes it, and is refused where they press one."""
    with db.writing() as session:
        in_every_state(session)
    with seated(db, Role.READER) as seat:
        page = seat.look("/submissions/1")
        assert page.status_code == 200
        assert "/process" not in page.text
        assert "/delete" not in page.text
        assert seat.press(f"/{do}", id=["1"]).status_code == 403
    assert one_of(db, 1).status is SubmissionStatus.SUBMITTED
    assert logged(db) == []


def test_a_deleted_submission_is_gone_with_its_files(any_db: Database) -> None:
    """For good; the log says of which form, and nothing of who sent it."""
    with any_db.writing() as session:
        number = in_every_state(session)[0]
    with seated(any_db) as seat:
        assert seat.press(f"/submissions/{number}/delete").status_code == 303
        assert seat.look(f"/submissions/{number}").status_code == 404
    with any_db.reading() as session:
        assert session.get(Submission, number) is None
        assert session.scalars(select(SubmittedFile)).all() == []
    assert logged(any_db) == [("åse", "delete submission", f"submission {number}")]


def test_a_strangers_file_is_saved_and_never_shown(db: Database) -> None:
    """Whatever it says it is, it comes as bytes to be saved; by another submission's address it is not there."""
    with db.writing() as session:
        number = in_every_state(session)[0]
    with seated(db, Role.READER) as seat:
        answer = seat.look(f"/submissions/{number}/files/1")
        assert answer.content == b"<script>alert(1)</script>"
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''tegning%20%C3%B8.html"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert seat.look(f"/submissions/{number + 1}/files/1").status_code == 404


def test_what_was_written_is_text(db: Database) -> None:
    """Values stand there as they were written, never as part of the page."""
    with db.writing() as session:
        number = sent_in(session, a_form(session)).id
    with seated(db, Role.READER) as seat:
        page = seat.look(f"/submissions/{number}").text
    assert "Hei &lt;b&gt;alle&lt;/b&gt;" in page
    assert "Grønnsaker" in page


def test_lists_by_status_by_me_and_by_address(any_db: Database) -> None:
    """Each filter shows its own and nothing else, a page at a time."""
    with any_db.writing() as session:
        first, unconfirmed, mine, itself, failed = in_every_state(session)
    shows = {
        "": [failed, itself, mine, unconfirmed, first],
        "?only=waiting": [failed, first],
        "?only=processed": [itself, mine],
        "?only=mine": [mine],
        "?q=BJORN@": [mine],
        "?only=failed&q=ase": [],
        f"?before={mine}": [unconfirmed, first],
    }
    with seated(any_db, Role.READER) as seat:
        for query, numbers in shows.items():
            page = seat.look(f"/forms/{NAME}/submissions{query}").text
            assert re.findall(r'href="/desk/submissions/(\d+)"', page) == [str(n) for n in numbers], query
        assert re.findall(r'href="/desk/submissions/(\d+)"', seat.look("/submissions").text) == [str(failed), str(first)]
