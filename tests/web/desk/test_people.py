"""People at the desk: found by the beginning of a name or an address, shown whole, changed in force at once, erased by administrators."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailings import clock
from mailings.consent.history import in_force
from mailings.consent.standing import block_address
from mailings.db import Database
from mailings.model import AuditEntry, Basis, DeliveryStatus, Event, Person, Role
from mailings.people.searching import people_found
from mailings.reported import EventKind
from tests.consent.waiting import a_mailing, a_person, a_topic, queue, statuses
from tests.people.returned import everything_back
from tests.web.desk.seated import seated


def test_found_by_how_it_begins(any_db: Database) -> None:
    """First, last or whole name and address, in capitals or not; not what is in the middle, and nobody who is deleted; page by page."""
    with any_db.writing() as session:
        told = [("Åse Ødegård", "ase@fjord.test"), ("Désirée van der IJssel", "desiree@ijssel.test"), ("100% Å_se", "x@fjord.test")]
        ase, desiree, odd = (a_person(session, address, name=name, last_name=name.split()[-1]).id for name, address in told)
        a_person(session, "ase2@fjord.test", name="Åse Borte", deleted_at=clock.now())

        def found(text: str, after: int = 0, limit: int = 51) -> list[int]:
            """Their numbers."""
            return [one.id for one in people_found(session, text, after, limit)]

        assert (found("åse"), found("ÅSE ø"), found(" øde"), found("Ijssel"), found("IJssel")) == ([ase], [ase], [ase], [], [desiree])
        assert (found("ASE@"), found("fjord"), found("100%"), found("1_0"), found("Å_")) == ([ase], [], [odd], [], [odd])
        there = a_person(session, "gro@xn--blbr-roah.test", name="Gro Høy").id
        assert (found("gro@blåbær.test"), found("Gro@BLÅBÆR.test"), found("gro@x")) == ([there], [there], [there])
        session.delete(session.get_one(Person, there))
        session.flush()
        assert (found(""), found("", limit=2), found("", after=desiree)) == ([ase, desiree, odd], [ase, desiree], [odd])


def test_a_list_of_people(any_db: Database) -> None:
    """The list names them with address and trouble; a text that finds nobody says what to do."""
    with any_db.writing() as session:
        number = a_person(session, "ase@fjord.test", name="Åse <Ødegård>").id
        block_address(session, "ase@fjord.test", "by hand")
        a_person(session, "bo@fjord.test", name="Bo")
    with seated(any_db, Role.READER) as seat:
        page = seat.look("/people?q=åse").text
        assert "Åse &lt;Ødegård&gt;" in page
        assert f"/desk/people/{number}" in page
        assert "address in trouble" in page
        assert seat.look("/people").text.count("address in trouble") == 1
        assert "Nobody found" in seat.look("/people?q=zz").text
        assert "Erasing and what is kept" not in page


def test_one_person_whole(any_db: Database) -> None:
    """Addresses with their standing, consents, topics, mailings, visits, follow-ups; a reader has no buttons that change anything."""
    with any_db.writing() as session:
        person, mailing = a_person(session, "ase@uniq.test", name="Åse Ødegård", custom={"sko": 38}), a_mailing(session, "høst-nytt")
        a_topic(session)
        everything_back(session, mailing, queue(session, mailing, person, DeliveryStatus.SENT), person)
        block_address(session, "ase@uniq.test", "no such mailbox")
        number = person.id
    with seated(any_db, Role.READER) as seat:
        page = seat.look(f"/people/{number}").text
        for words in (
            "ase@uniq.test",
            "no such mailbox",
            "consent",
            "News",
            "høst-nytt",
            "fjord.test/tilbud",
            "Ring Uniq",
            "Katalog til Uniq",
            "38",
        ):
            assert words in page, words
        assert "/erase" not in page
        assert f"/people/{number}/consent" not in page
        assert seat.look("/people/999").status_code == 404


def test_what_somebody_answered(any_db: Database) -> None:
    """Words that came back by text message stand on the page of whose number it is, unfolded; nobody else's, and none as markup."""
    with any_db.writing() as session:
        people = [a_person(session, f"{name.lower()}@fjord.test", name=name) for name in ("Ase", "Bo")]
        people[0].mobile_normal = "+4799887766"
        at = clock.now()
        words = "Takk, vi kommer på <b>lørdag</b>"
        session.add(Event(at=at, received_at=at, kind=EventKind.OTHER, source="twilio", address="+4799887766", reason=words))
        numbers = [person.id for person in people]
    with seated(any_db, Role.READER) as seat:
        hers, his = (seat.look(f"/people/{number}").text for number in numbers)
        shown = hers.split("Answered by text message")[1].split("<details>")[0]
        assert "Takk, vi kommer på &lt;b&gt;lørdag" in shown
        assert "Answered by text message" not in his


def test_consent_and_topics(any_db: Database) -> None:
    """Consent needs a source and is recorded with who did it; withdrawing cancels what waits; a topic is left and taken again."""
    with any_db.writing() as session:
        person, news = a_person(session, "ase@fjord.test", basis=None), a_topic(session)
        waits = queue(session, a_mailing(session, "a", news), person)
        number, topic = person.id, news.id
        session.expunge(waits)
    with seated(any_db) as seat:
        assert seat.press(f"/people/{number}/consent", basis="consent").status_code == 400
        assert seat.press(f"/people/{number}/consent", basis="maybe", source="x").status_code == 400
        assert (
            seat.press(f"/people/{number}/consent", basis="consent", source="Møte 3. mars").headers["location"] == f"/desk/people/{number}"
        )
        page = seat.look(f"/people/{number}").text
        assert "Recorded, and in force as of now." in page
        assert "Møte 3. mars" in page
        seat.press(f"/people/{number}/topics", topic=topic, take="no")
        assert ">opted out<" in seat.look(f"/people/{number}").text
        seat.press(f"/people/{number}/topics", topic=topic, take="yes")
        assert ">opted out<" not in seat.look(f"/people/{number}").text
        assert seat.press(f"/people/{number}/topics", topic=topic + 7, take="no").status_code == 400
        seat.press(f"/people/{number}/consent", basis="withdrawn")
    with any_db.writing() as session:
        assert in_force(session, [number])[number] == (Basis.WITHDRAWN, "User")
        assert statuses(session, session.merge(waits)) == ["cancelled"]
        log = session.execute(select(AuditEntry.what, AuditEntry.subject, AuditEntry.by).order_by(AuditEntry.id)).all()
        assert [tuple(row) for row in log] == [
            (what, f"person {number}", "åse") for what in ("consent", "topic out", "topic in", "consent")
        ]


@pytest.mark.parametrize(
    ("does", "undoes", "column"), [("no mailings", "mailings again", "no_mailings"), ("former employee", "employee again", "retired")]
)
def test_marks(any_db: Database, does: str, undoes: str, column: str) -> None:
    """Set, what is queued is cancelled at once; taken off, the person may be on lists again; another word is refused."""
    with any_db.writing() as session:
        person = a_person(session, "ase@fjord.test")
        waits = queue(session, a_mailing(session, "a"), person)
        number = person.id
        session.expunge(waits)
    with seated(any_db) as seat:
        assert seat.press(f"/people/{number}/mark", what="all of it").status_code == 400
        seat.press(f"/people/{number}/mark", what=does)
        with any_db.writing() as session:
            assert getattr(session.get_one(Person, number), column)
            assert statuses(session, session.merge(waits)) == ["cancelled"]
        seat.press(f"/people/{number}/mark", what=undoes)
        with any_db.reading() as session:
            assert not getattr(session.get_one(Person, number), column)


def test_erasing_is_for_administrators(any_db: Database) -> None:
    """A sender neither erases nor finds who is being erased."""
    with any_db.writing() as session:
        number = a_person(session, "ase@fjord.test", name="Åse Ødegård").id
    with seated(any_db) as seat:
        assert seat.press(f"/people/{number}/erase").status_code == 403
        assert seat.look("/erasing").status_code == 403
    with any_db.writing() as session:
        session.get_one(Person, number).deleted_at = clock.now()
    with seated(any_db) as seat:
        assert seat.look(f"/people/{number}").status_code == 404
        assert seat.look(f"/people/{number}/report.html").status_code == 404


def test_erasing_by_an_administrator(any_db: Database) -> None:
    """Off every list at once, shown on the page of erasing with what is kept, taken back with everything."""
    with any_db.writing() as session:
        number = a_person(session, "ase@fjord.test", name="Åse Ødegård").id
    with seated(any_db, Role.ADMIN, events_kept_days=90, keep_network=False) as seat:
        seat.press(f"/people/{number}/erase")
        page = seat.look(f"/people/{number}").text
        assert "This person is being erased" in page
        assert "Åse Ødegård" not in seat.look("/people?q=åse").text
        page = seat.look("/erasing").text
        assert ("Åse Ødegård" in page, "90 days." in page, "Neither address nor network." in page) == (True, True, True)
        seat.press(f"/people/{number}/undo")
        assert "Åse Ødegård" in seat.look("/people?q=åse").text
    with any_db.reading() as session:
        erased, undone = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        assert (erased.what, set(erased.details), erased.details["cancelled"]) == ("erase", {"cancelled", "until"}, 0)
        assert (undone.what, set(undone.details)) == ("take back erasing", {"since"})
        assert undone.details["since"] < erased.details["until"]


def test_the_report_as_a_file(db: Database) -> None:
    """Downloaded as a page or as JSON, in the person's language; another kind is refused."""
    with db.writing() as session:
        number = a_person(session, "ase@fjord.test", name="Åse Ødegård", language="sv").id
    with seated(db, Role.READER) as seat:
        page = seat.look(f"/people/{number}/report.html")
        assert "attachment" in page.headers["content-disposition"]
        assert "Det här har vi om dig" in page.text
        assert seat.look(f"/people/{number}/report.json").json()["name"] == "Åse Ødegård"
        assert seat.look(f"/people/{number}/report.exe").status_code == 400
