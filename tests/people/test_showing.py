"""Everything held about a person is in one document."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
from sqlalchemy.orm import Session

from mailings import clock
from mailings.consent.giving import give
from mailings.consent.standing import block_address
from mailings.consent.withdrawing import opt_out, subscribe, withdraw
from mailings.db import Database
from mailings.model import (
    Basis,
    Company,
    Delivery,
    DeliveryNote,
    DeliveryStatus,
    Event,
    Evidence,
    ImportedRow,
    Interest,
    Person,
    PersonInterest,
    Project,
    ProjectMember,
    Recipient,
    Selection,
    SelectionKind,
    SelectionMember,
    Source,
    SourceKind,
    TextSlot,
)
from mailings.people.showing import show
from mailings.reported import EventKind
from tests.consent.waiting import a_mailing, a_person, a_topic, queue

AT = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)


def _held(session: Session) -> Person:
    """A person of whom every kind of thing is held."""
    person = a_person(session, "ase@x.test", "ase2@x.test", name="Åse Ødegård", basis=None, language="nb", custom={"sko": 38})
    company, interest = Company(name="Fjord AS", created_at=AT), Interest(name="Ski")
    selection = Selection(name="Kunder", kind=SelectionKind.STATIC, created_at=AT)
    project, news = Project(name="Messe", created_at=AT), a_topic(session)
    session.add_all([company, selection, project, interest])
    session.flush()
    person.company_id = company.id
    session.add(SelectionMember(selection_id=selection.id, person_id=person.id))
    session.add(ProjectMember(project_id=project.id, person_id=person.id))
    session.add(PersonInterest(person_id=person.id, interest_id=interest.id))
    give(session, person.id, Basis.CONSENT, "Import")
    mailing = a_mailing(session, "autumn-news", news)
    sent = queue(session, mailing, person, DeliveryStatus.SENT)
    sent.sent_at = AT
    withdraw(session, person.id, "User", "kari")
    opt_out(session, person.id, news.id, "User")
    subscribe(session, person.id, news.id)
    block_address(session, "ase2@x.test", "no such mailbox")
    source = Source(mailing_id=mailing.id, position=1, kind=SourceKind.IMPORT, label="people.xlsx")
    session.add(source)
    session.flush()
    session.add(ImportedRow(source_id=source.id, row=7, name="Åse", written="Ase@X.test", normal="ase@x.test"))
    session.flush()
    return person


def test_everything_held(any_db: Database) -> None:
    """Addresses with their standing, the whole consent history, opt-outs, memberships, copied lists, mailings and what became of each."""
    with clock.standing_at(AT), any_db.writing() as session:
        held = orjson.loads(orjson.dumps(show(session, _held(session))))

    moment = "2026-10-01T12:00:00.000+00:00"
    assert (held["name"], held["company"], held["language"], held["custom"], held["created_at"]) == (
        "Åse Ødegård", "Fjord AS", "nb", {"sko": 38}, moment,
    )  # fmt: skip
    assert held["addresses"][0] == {"address": "ase@x.test", "written": "ase@x.test", "rank": 1, "valid": True}
    assert held["addresses"][1]["standing"] == {"bounces": 0, "blocked_at": moment, "blocked_why": "no such mailbox", "changed_at": moment}
    assert [(row["basis"], row["source"], row["given_by"], row["in_force"]) for row in held["consents"]] == [
        ("consent", "Import", None, False),
        ("withdrawn", "User", "kari", True),
    ]
    assert held["opt_outs"] == [{"topic": "News", "since": moment, "source": "User", "ended_at": moment, "in_force": False}]
    assert (held["interests"], held["selections"], held["projects"]) == (["Ski"], ["Kunder"], ["Messe"])
    assert held["mailings"] == [
        {
            "mailing": "autumn-news", "status": "sending", "verdict": "eligible", "address": "ase@x.test", "overridden": False,
            "deliveries": [{"status": "sent", "test": False, "sent_at": moment, "attempts": 0}],
        }
    ]  # fmt: skip
    assert held["lists"] == [{"mailing": "autumn-news", "list": "people.xlsx", "row": 7, "name": "Åse", "written": "Ase@X.test"}]


def test_what_became_of_a_message_in_doubt(any_db: Database) -> None:
    """Every line of a message's history is told, and what others said of it, in their words and with who decided."""
    with clock.standing_at(AT), any_db.writing() as session:
        person = a_person(session, "ase@x.test", name="Åse")
        sent = queue(session, a_mailing(session, "autumn-news"), person, DeliveryStatus.IN_DOUBT)
        said = "status=sent <ase@x.test> blåbær"
        session.add(DeliveryNote(delivery_id=sent.id, at=AT, what="in_doubt", why="the sender died"))
        session.add(DeliveryNote(delivery_id=sent.id, at=AT, what="sent", why=said, by="postfix log"))
        session.add(Evidence(delivery_id=sent.id, at=AT, verdict=DeliveryStatus.SENT, source="postfix log", said=said))
        session.flush()
        (told,) = show(session, person)["mailings"][0]["deliveries"]
    moment = "2026-10-01T12:00:00.000+00:00"
    assert told["history"] == [
        {"at": moment, "what": "in_doubt", "why": "the sender died"},
        {"at": moment, "what": "sent", "why": said, "by": "postfix log"},
    ]
    assert told["evidence"] == [{"at": moment, "verdict": "sent", "source": "postfix log", "said": said}]


def test_somebody_of_whom_little_is_held(any_db: Database) -> None:
    """Empty columns are left out, every kind of list is there though empty."""
    with any_db.writing() as session:
        held = show(session, a_person(session, name="", basis=None))
    assert "name" not in held
    lists = ("addresses", "consents", "opt_outs", "interests", "selections", "projects", "mailings", "lists")
    back = ("visits", "reports", "errands", "follow_ups", "requests")
    assert [held[kind] for kind in lists + back] == [[]] * 13


def test_what_somebody_answered(any_db: Database) -> None:
    """A text message that came back is shown with its words and moment to whose number it is from, and to nobody else."""
    with any_db.writing() as session:
        ase = Person(name="Åse", mobile="998 87 766", mobile_normal="+4799887766", created_at=AT)
        others = [Person(name="Désirée", mobile_normal="+31612345678", created_at=AT), Person(name="Bjørn", created_at=AT)]
        session.add_all([ase, *others])
        for number, words in (("+4799887766", "Takk, vi kommer på lørdag"), (None, "ingens")):
            session.add(Event(at=AT, received_at=AT, kind=EventKind.OTHER, source="twilio", address=number, reason=words))
        session.flush()
        (answer,) = show(session, ase)["reports"]
        assert (answer["address"], answer["reason"]) == ("+4799887766", "Takk, vi kommer på lørdag")
        assert answer["at"] == AT.isoformat(timespec="milliseconds")
        assert [show(session, other)["reports"] for other in others] == [[], []]


def test_what_went_to_a_number(any_db: Database) -> None:
    """A text message to the bare number of somebody we know is told as theirs, and when it left while that is counted under a cap."""
    with any_db.writing() as session:
        ase = Person(name="Åse", mobile="998 87 766", mobile_normal="+4799887766", created_at=AT)
        bare = Recipient(mailing_id=a_mailing(session, "høst-sms").id, address="+4799887766")
        session.add_all([ase, Person(name="Désirée", created_at=AT), bare])
        session.flush()
        sent = Delivery(mailing_id=bare.mailing_id, recipient_id=bare.id, status=DeliveryStatus.SENT, address="+4799887766")
        session.add(sent)
        session.flush()
        session.add_all(
            [TextSlot(delivery_id=sent.id, number="+4799887766", at=AT), TextSlot(delivery_id=99, number="+31612345678", at=AT)]
        )
        held = show(session, ase)
        assert [(one["mailing"], one["address"], len(one["deliveries"])) for one in held["mailings"]] == [("høst-sms", "+4799887766", 1)]
        assert held["texts"] == [{"at": AT.isoformat(timespec="milliseconds"), "number": "+4799887766"}]
