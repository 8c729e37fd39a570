"""The list of mailings: searched, narrowed, sorted by what they are and by what they came to, a page at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from mailings import clock
from mailings.audience.folders import move, tree, within
from mailings.db import Database
from mailings.model import DeliveryStatus, Mailing, MailingStatus, Topic
from mailings.reports.listed import PAGE, Asked, mailings_listed
from mailings.sending.form_responses.system_mailings import system_mailing
from tests.consent.waiting import a_mailing, a_topic, queue
from tests.sending.fit import chosen
from web.desk.heads import head_of


def names(db: Database, **asked: Any) -> list[str]:
    """The names on the page that is asked for."""
    with db.reading() as session:
        return [row.name for row in mailings_listed(session, Asked(**asked))[0]]


def sent(session: Session, name: str, opened: int, of: int, topic: Topic | None = None) -> Mailing:
    """A mailing that went to `of`, of whom `opened` read it."""
    mailing = a_mailing(session, name, topic, status=MailingStatus.SENT, finished_at=clock.now())
    for number in range(of):
        delivery = queue(session, mailing, f"å{number}@{name}.test", DeliveryStatus.SENT)
        delivery.opened_at = clock.now() if number < opened else None
    return mailing


def test_sorted_by_rates_with_those_without_last(any_db: Database) -> None:
    """The highest first or the lowest first; a mailing of which nothing was sent has no rate, and comes after all that have one."""
    with any_db.writing() as session:
        for name, opened, of in (("halv", 2, 4), ("alle", 3, 3), ("ingen", 0, 2)):
            sent(session, name, opened, of)
        a_mailing(session, "kladd", status=MailingStatus.DRAFT, started_at=None)
    assert names(any_db, sort="open_rate") == ["alle", "halv", "ingen", "kladd"]
    assert names(any_db, sort="open_rate", down=False) == ["ingen", "halv", "alle", "kladd"]
    assert names(any_db, sort="sent") == ["halv", "alle", "ingen", "kladd"]


def test_a_message_sent_again_moves_no_date(any_db: Database) -> None:
    """The list and a mailing's head say when it was first sent, though a resend ended only now."""
    first = clock.now().replace(microsecond=0) - timedelta(days=30)
    with any_db.writing() as session:
        for name, begun in (("gammel", first), ("ny", first + timedelta(days=1))):
            a_mailing(session, name, status=MailingStatus.SENT, started_at=begun, finished_at=clock.now() - (begun - first))
        assert head_of(session, "gammel")[1].when == first
    assert names(any_db) == ["ny", "gammel"]
    with any_db.reading() as session:
        assert mailings_listed(session, Asked())[0][1].when == first


def test_found_by_name_and_subject_in_any_case(any_db: Database) -> None:
    """ÅPENT finds åpent, in a name or a subject; what means something to LIKE is only itself."""
    with any_db.writing() as session:
        a_mailing(session, "åpent-hus", subject="Velkommen")
        a_mailing(session, "jul", subject="Åpent til 20, spar 50 % _nå_")
        a_mailing(session, "påske", subject="Egg")
    assert sorted(names(any_db, words="ÅPENT")) == ["jul", "åpent-hus"]
    assert names(any_db, words="50 %") == ["jul"]
    assert names(any_db, words="_nå_") == ["jul"]
    assert names(any_db, words="5_ %") == []


def test_narrowed_by_what_they_are(any_db: Database) -> None:
    """By status, topic and folder with all below it; mine are those I made, scheduled those that wait for their time."""
    with any_db.writing() as session:
        news = a_topic(session, "Nyheter")
        move(session, a_mailing(session, "a", news, created_by="åse"), "2026/høst")
        move(session, a_mailing(session, "b", status=MailingStatus.SCHEDULED, scheduled_at=clock.now(), started_at=None), "2026")
        a_mailing(session, "c", status=MailingStatus.PAUSED)
    assert names(any_db, topic="Nyheter") == ["a"]
    assert names(any_db, status="paused") == ["c"]
    assert names(any_db, view="mine", by="åse") == ["a"]
    assert names(any_db, view="scheduled") == ["b"]
    assert sorted(names(any_db, type="email", status="no such status")) == ["a", "b", "c"]
    with any_db.reading() as session:
        folders = within(tree(session), "2026")
    assert sorted(names(any_db, folders=folders)) == ["a", "b"]
    assert names(any_db, folders=()) == []


def test_newest_first_by_pages(any_db: Database) -> None:
    """By the moment that says most of each, fifty a page, nobody twice and nobody left out; the total is of all."""
    with any_db.writing() as session:
        for number in range(PAGE + 3):
            at = clock.now() - timedelta(hours=number)
            a_mailing(session, f"m-{number}", started_at=at, created_at=at)
    assert names(any_db) == [f"m-{number}" for number in range(PAGE)]
    assert names(any_db, page=2) == [f"m-{number}" for number in range(PAGE, PAGE + 3)]
    assert names(any_db, page=3) == []
    assert names(any_db, sort="name", down=False)[:3] == ["m-0", "m-1", "m-10"]
    with any_db.reading() as session:
        assert mailings_listed(session, Asked(page=2))[1] == PAGE + 3


def test_the_installations_own_messages_are_found_by_searching_only(db: Database) -> None:
    """What the pages send by themselves is no mailing of anybody's; who looks for one by its name finds it."""
    with db.writing() as session:
        system_mailing(session, "preferences-link", "da", chosen(system_from="Fjord <post@fjord.test>"))
        a_mailing(session, "system-nytt")
    assert names(db) == ["system-nytt"]
    assert sorted(names(db, words="system")) == ["system-nytt", "system-preferences-link-da"]
