"""Deleting is in force at once, hides the person, and can be taken back until the days are over (domain.md F.4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from mailings import clock
from mailings.addresses import read_address
from mailings.audience.populate import populate
from mailings.consent.topics import topics
from mailings.db import Database
from mailings.errors import NotAllowed, NotFound
from mailings.model import DeliveryStatus, ImportedRow, Mailing, MailingStatus, Source, SourceKind, Verdict
from mailings.people.deleting import delete, deleted_by_address, deleted_people, overdue, take_back
from mailings.people.finding import person_by_address
from mailings.people.importing import ImportOptions, import_people
from mailings.people.listed import ListedPerson, ReadList
from mailings.people.selection_members import create_selection, how_many, listed
from mailings.people.selections import people_of
from mailings.sending.books import books_of
from mailings.sending.rechecking import cancel_forbidden, judge_again
from mailings.settings import Settings
from tests.consent.waiting import a_mailing, a_person, notes, queue, statuses

AT = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def _source(session: Session, mailing: Mailing, **names: object) -> Source:
    made = Source(mailing_id=mailing.id, position=1, label="x", **names)
    session.add(made)
    session.flush()
    return made


def test_in_force_at_once(any_db: Database) -> None:
    """What is queued is cancelled with the reason, also to a bare address of theirs; what is sent stays, and the books balance."""
    with any_db.writing() as session:
        person, other = a_person(session, "ase@fjørd.test", name="Åse Ødegård"), a_person(session, "bo@fjord.test")
        news = a_mailing(session, "news")
        waits, bare, stays = (
            queue(session, news, person),
            queue(session, a_mailing(session, "list"), person.addresses[0].normal),
            queue(session, news, other),
        )
        sent = queue(session, a_mailing(session, "old"), person, DeliveryStatus.SENT)
        done = delete(session, person, 14, "kari")
        assert done.cancelled == 2
        assert statuses(session, waits, bare, stays, sent) == ["cancelled", "cancelled", "queued", "sent"]
        assert notes(session, waits) == [("cancelled", "The person is being erased.")]
        assert books_of(session, news.id).balanced


def test_found_by_nobody_and_taken_back(any_db: Database) -> None:
    """No search and no selection knows them, only the pages of erasing; taken back they are there; a second time is refused."""
    with clock.standing_at(AT), any_db.writing() as session:
        person = a_person(session, "ase@fjørd.test", name="Åse Ødegård")
        everybody = create_selection(session, "alle", "name is not empty")
        done = delete(session, person, 14)
        assert done.until == AT + timedelta(days=14)
        with pytest.raises(NotFound):
            person_by_address(session, "ase@fjørd.test")
        assert (how_many(session, people_of(session, everybody)), list(listed(session, people_of(session, everybody)))) == (0, [])
        assert deleted_by_address(session, "Ase@Fjørd.test") is person
        assert deleted_people(session, 10) == [person]
        take_back(session, person)
        assert person_by_address(session, "ase@fjørd.test") is person
        with pytest.raises(NotAllowed, match="nothing to take back"):
            take_back(session, person)
        with pytest.raises(NotFound, match="is being erased"):
            deleted_by_address(session, "ase@fjørd.test")


def test_due_when_the_days_are_over(any_db: Database) -> None:
    """On the last day somebody can still be taken back; a moment later they are due, and deleting again does not begin the days anew."""
    with any_db.writing() as session:
        with clock.standing_at(AT):
            person = a_person(session, "ase@fjørd.test")
            delete(session, person, 14)
        with clock.standing_at(AT + timedelta(days=13, hours=23)):
            delete(session, person, 14)
            assert overdue(session, 14, 10) == []
        with clock.standing_at(AT + timedelta(days=14)):
            assert overdue(session, 14, 10) == [person.id]


@pytest.mark.parametrize("status", [MailingStatus.DRAFT, MailingStatus.SCHEDULED])
def test_no_list_names_them(any_db: Database, status: MailingStatus) -> None:
    """Neither their own source nor a row of an imported list puts somebody deleted on a mailing."""
    with any_db.writing() as session:
        person = a_person(session, "ase@fjørd.test")
        news = a_mailing(session, "news", status=status)
        _source(session, news, kind=SourceKind.PERSON, person_id=person.id)
        listed_in = Source(mailing_id=news.id, position=2, kind=SourceKind.IMPORT, label="l", keep_unknown=True)
        session.add(listed_in)
        session.flush()
        session.add(ImportedRow(source_id=listed_in.id, row=1, name="Å", written="ase@fjørd.test", normal=person.addresses[0].normal))
        delete(session, person, 14)
        assert populate(session, news, launch=True) == {}


def test_deleted_after_the_list_was_made(any_db: Database) -> None:
    """A list that was made before is judged again before it is queued, and has them no more as somebody to send to."""
    with any_db.writing() as session:
        with clock.standing_at(AT):
            person = a_person(session, "ase@fjørd.test")
            news = a_mailing(session, "news", status=MailingStatus.POPULATING, update_when_sending=False)
            _source(session, news, kind=SourceKind.PERSON, person_id=person.id)
        with clock.standing_at(AT + timedelta(hours=1)):
            assert populate(session, news, launch=True) == {Verdict.ELIGIBLE: 1}
            assert not judge_again(session, news)
        with clock.standing_at(AT + timedelta(hours=2)):
            delete(session, person, 14)
            assert judge_again(session, news)
        assert Verdict.ELIGIBLE not in populate(session, news, launch=False)


def test_deleted_while_a_message_was_in_hand(any_db: Database) -> None:
    """What was being handed over and waits for another try is cancelled then, to the person or to their bare address."""
    with any_db.writing() as session:
        person, other = a_person(session, "ase@fjørd.test"), a_person(session, "bo@fjord.test")
        news = a_mailing(session, "news")
        rows = [queue(session, news, whom, DeliveryStatus.SENDING) for whom in (person, person.addresses[0].normal, other)]
        assert delete(session, person, 14).cancelled == 0
        for row in rows:
            row.status, row.next_attempt_at = DeliveryStatus.QUEUED, AT
        session.flush()
        assert cancel_forbidden(session, news.id, clock.milliseconds(), Settings(_env_file=None)) == 2
        assert statuses(session, *rows) == ["cancelled", "cancelled", "queued"]


def test_nobody_comes_back_by_an_import(any_db: Database) -> None:
    """A row that names somebody deleted, by address or number, is left out and says why; others are taken."""
    with any_db.writing() as session:
        delete(session, a_person(session, "ase@fjørd.test", mobile="99887766", mobile_normal="+4799887766"), 14)
        rows = [
            ListedPerson(2, "Åse", addresses=[read_address("Ase@fjørd.test")]),
            ListedPerson(3, "Åse", mobile="99887766", mobile_normal="+4799887766"),
            ListedPerson(4, "Désirée van der IJssel", addresses=[read_address("desiree@ijssel.test")]),
        ]
        read = ReadList("liste.csv", {}, iter(rows), total=3)
        outcome = import_people(session, read, ImportOptions())
        assert (outcome.created, outcome.matched, outcome.skipped) == (1, 0, 2)
        assert [(problem.row, problem.column) for problem in outcome.errors] == [(2, "email"), (3, "mobile")]
        assert "being erased" in outcome.errors[0].why
        assert list(topics(session)) == []
