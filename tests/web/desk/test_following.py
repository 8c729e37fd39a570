"""What is done with chosen recipients: nobody is lost, passed over without a word, or sent to against a rule."""

from __future__ import annotations

import csv
import io

import pytest
from openpyxl import load_workbook
from sqlalchemy import event, func, select

from mailings.consent.standing import block_address, complain
from mailings.consent.withdrawing import withdraw
from mailings.db import Database
from mailings.model import AuditEntry, Delivery, DeliveryStatus, Mailing, MailingStatus, Person, Recipient, Role, User
from mailings.people.projects import create_project, project_named
from mailings.people.selection_members import create_selection, how_many
from mailings.people.selections import people_of, selection_named
from tests.audience.people import selection
from tests.web.desk.listed import NAME, message, more, sent
from tests.web.desk.seated import seated

AT = f"/mailings/{NAME}/recipients"


def ids(db: Database, *names: str) -> list[int]:
    """The recipients who are the people of these names."""
    rows = select(Recipient.id).join(Person, Person.id == Recipient.person_id).where(Person.name.in_(names))
    with db.reading() as session:
        return list(session.scalars(rows))


def logged(db: Database, what: str) -> list[dict[str, object]]:
    """What the log of changes has of one kind."""
    with db.reading() as session:
        return list(session.scalars(select(AuditEntry.details).where(AuditEntry.what == what)))


def test_all_that_the_filters_show(any_db: Database) -> None:
    """Bounced and read ones into a new selection: people of the database each once, others said; nothing but the filter was posted."""
    more(any_db, sent(any_db))
    fields = {"whom": "all", "show": ["read", "sent"], "into": "new_selection", "new": "Lezers", "q": ""}
    with seated(any_db) as seat:
        assert "4 of them are people in the database and can be added; 2 are" in seat.press(f"{AT}/add", **fields).text
        seat.press(f"{AT}/put", **fields)
        said = seat.look(AT).text
    assert "4 added to Lezers. 0 were in it already, 2 are no people in the database" in said
    with any_db.reading() as session:
        assert how_many(session, people_of(session, selection_named(session, "Lezers"))) == 4
    assert logged(any_db, "add recipients") == [{"into": "Lezers", "new": 4, "there": 0, "strangers": 2}]


def test_the_ticked_into_what_there_is(any_db: Database) -> None:
    """Two ticked into a project one of them is in: one is new, one was there; numbers of another mailing add nobody."""
    sent(any_db)
    with any_db.writing() as session:
        create_project(session, "Ås")
    one, two = sorted(ids(any_db, "Åse read", "Åse bounced"))
    with seated(any_db) as seat:
        for ticked in ([one], [one, two], [999_999]):
            seat.press(f"{AT}/put", whom="ticked", id=ticked, into="project", project="Ås")
    assert [(row["new"], row["there"]) for row in logged(any_db, "add recipients")] == [(1, 0), (1, 1), (0, 0)]
    with any_db.reading() as session:
        assert project_named(session, "Ås")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"whom": "ticked"}, 409),  # nobody is ticked
        ({"whom": "all", "into": "new_selection", "new": " "}, 409),
        ({"whom": "all", "into": "new_selection", "new": "Kunder"}, 409),  # the name is taken
        ({"whom": "all", "into": "selection", "old": "Norge"}, 409),  # it has a condition
        ({"whom": "all", "into": "selection", "old": "ingen"}, 404),
        ({"whom": "all", "into": "project", "project": "ingen"}, 404),
        ({"whom": "all", "into": "anything"}, 409),
    ],
)
def test_what_cannot_be_is_said(db: Database, fields: dict[str, str], status: int) -> None:
    """A refusal is a sentence, and nothing is half done."""
    sent(db)
    with db.writing() as session:
        create_selection(session, "Kunder")
        selection(session, "Norge", where='country = "NO"')
    with seated(db) as seat:
        assert seat.press(f"{AT}/put", show="sent", **fields).status_code == status
    assert logged(db, "add recipients") == []


def test_a_reader_changes_nothing(db: Database) -> None:
    """Readers may take the list along, and neither add nor send; without our token nobody may anything."""
    sent(db)
    with seated(db, Role.READER) as seat:
        assert seat.press(f"{AT}/export/csv", whom="all", show="sent").status_code == 200
        assert [seat.press(f"{AT}/{do}", whom="all").status_code for do in ("add", "put", "again", "send-again")] == [403] * 4
        assert seat.client.post(f"/desk{AT}/export/csv", data={"whom": "all"}).status_code == 403


def test_exports_say_the_same(db: Database) -> None:
    """CSV, Excel and HTML hold the same people in the list's order; what a spreadsheet would reckon with is text."""
    mailing_id = sent(db)
    with db.writing() as session:
        evil = session.scalars(select(Person).where(Person.name == "Åse read")).one()
        evil.name = '=HYPERLINK("http://evil.test";"<b>Åse</b>")'
        message(session, session.get_one(Mailing, mailing_id), "+1@fjord.test", status=DeliveryStatus.SENT)
    fields = {"whom": "all", "show": ["read", "sent"]}
    with seated(db) as seat:
        files = {kind: seat.press(f"{AT}/export/{kind}", **fields) for kind in ("csv", "xlsx", "html")}
    told = list(csv.reader(io.StringIO(files["csv"].content.decode("utf-8-sig")), delimiter=";"))
    sheet = load_workbook(io.BytesIO(files["xlsx"].content)).active
    assert sheet is not None
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert files["csv"].content.startswith(b"\xef\xbb\xbf")
    assert [row[2] for row in told[1:]] == [
        "sent@fjord.test",
        "delivered@fjord.test",
        "read@fjord.test",
        "clicked@fjord.test",
        "'+1@fjord.test",
    ]
    assert [row[1] for row in told[1:]][2].startswith("'=HYPERLINK")
    assert [row[2] for row in cells[1:]] == [row[2].removeprefix("'") for row in told[1:]]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} <= {"s", "d"}
    assert "&lt;b&gt;Åse" in files["html"].text
    assert {row["n"] for row in logged(db, "export recipients")} == {5}


def test_an_export_is_counted_while_others_write(db: Database) -> None:
    """How many are taken along is counted before the transaction that writes it into the log: a count of a million holds up nobody."""
    sent(db)
    told: list[str] = []
    with seated(db) as seat:
        event.listen(db.engine, "before_cursor_execute", lambda *asked: told.append(asked[2]))
        seat.press(f"{AT}/export/csv", whom="all", show="sent")
    transactions = "\n".join(told).split("BEGIN")
    writing = [one for one in transactions if one.startswith(" IMMEDIATE")]
    assert any("INSERT INTO audit_entry" in one for one in writing)
    assert [one for one in writing if "count(" in one] == []
    assert any("count(" in one for one in transactions)
    assert [row["n"] for row in logged(db, "export recipients")] == [2]


def test_who_will_get_it_is_said_before(any_db: Database) -> None:
    """Before anything is sent the page says how many will get it and who not and why, and that is what then happens (D10)."""
    mailing_id = sent(any_db)
    with any_db.writing() as session:
        block_address(session, "bounced@fjord.test", "a person did")
        complain(session, "soft@fjord.test")
        complain(session, "complained@fjord.test")
        withdraw(session, session.scalars(select(Person.id).where(Person.name == "Åse failed")).one(), "User")
    fields = {"whom": "all", "show": ["bounced", "other", "ready", "complained"]}
    with seated(any_db) as seat:
        before = seat.press(f"{AT}/again", **fields).text
        with any_db.reading() as session:
            assert session.get_one(Mailing, mailing_id).status is MailingStatus.SENT
            assert session.scalar(select(func.count()).select_from(Delivery)) == 12
        seat.press(f"{AT}/send-again", **fields)
        said = seat.look(AT).text
    for words in ("Send again to 2", "Blocked", "Complained", "No consent", "on its way already"):
        assert words.lower() in before.lower()
    assert "2 messages are queued" in said
    with any_db.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        again = session.scalars(select(Recipient.address).join(Delivery).where(Delivery.again_of.is_not(None))).all()
        assert (mailing.status, mailing.finished_at) == (MailingStatus.SENDING, None)
    assert set(again) == {"in_doubt@fjord.test", "cancelled@fjord.test"}


def test_sent_again_to_whoever_is_ticked(any_db: Database) -> None:
    """Ticked ones get one more message whatever became of the first, once, however often the button is pressed (domain.md C.11)."""
    sent(any_db)
    ticked = ids(any_db, "Åse read", "Åse delivered")
    with seated(any_db) as seat:
        for _ in range(2):
            seat.press(f"{AT}/send-again", whom="ticked", id=ticked)
        assert "Nobody is sent to again" in seat.look(AT).text
    with any_db.reading() as session:
        assert sorted(session.scalars(select(Delivery.recipient_id).where(Delivery.again_of.is_not(None)))) == sorted(ticked)


def test_consent_is_overridden_by_its_role_alone(db: Database) -> None:
    """A mailing that overrides consent is sent again by who may override it; the other's page says so and sends nothing."""
    mailing_id = sent(db)
    with db.writing() as session:
        session.get_one(Mailing, mailing_id).override_consent = True
    ticked = ids(db, "Åse failed")
    with seated(db) as seat:
        assert "override consent" in seat.press(f"{AT}/again", whom="ticked", id=ticked).text
        refused = seat.press(f"{AT}/send-again", whom="ticked", id=ticked)
        assert (refused.status_code, "only somebody with the role" in refused.text) == (409, True)
    with db.writing() as session:
        session.scalars(select(User)).one().roles = [Role.SENDER, Role.OVERRIDE_CONSENT]
    with seated(db) as seat:
        assert seat.press(f"{AT}/send-again", whom="ticked", id=ticked).status_code == 303
