"""One recipient's message at the desk, in a frame nothing gets out of; and tests that say what each address answered."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from mailings.db import Database
from mailings.model import AuditEntry, Delivery, Mailing, MailingStatus, Recipient, Role, Source, SourceKind
from mailings.transports.memory import Memory
from tests.consent.waiting import a_mailing, a_person
from tests.sending import world
from tests.web.desk.seated import seated

HTML = "<p>Kjære [[ customer.name ]] i [[ customer.position ]]</p>"
TOLD = {
    "sender": {"name": "Åse", "address": "news@acme.test", "use": "always"},
    "reply_to": {"use": "from"},
    "html": HTML,
    "subject": "Høst",
}


@pytest.fixture
def memory() -> Iterator[Memory]:
    """The memory transport, empty."""
    Memory.configured.cache_clear()
    yield Memory.configured()
    Memory.configured.cache_clear()


def test_one_after_another(any_db: Database) -> None:
    """The first recipient's, then the next; the message stands in a sandboxed frame, and what is empty for them is named."""
    mailing_id = world.mailing(any_db, recipients=3, status=MailingStatus.SCHEDULED, **TOLD)
    with any_db.reading() as session:
        ids = session.scalars(select(Recipient.id).where(Recipient.mailing_id == mailing_id).order_by(Recipient.id)).all()
    with seated(any_db, Role.READER) as seat:
        first = seat.look("/mailings/høst-nytt/preview").text
        assert ("customer.position" in first, "sandbox" in first, "åse-0000@fjord.test" in first) == (True, True, True)
        assert re.findall(r'rel="(\w+)" href="[^"]+recipient=(\d+)"', first) == [("next", str(ids[1]))]
        second = seat.look(f"/mailings/høst-nytt/preview?recipient={ids[1]}").text
        assert re.findall(r'rel="(\w+)" href="[^"]+recipient=(\d+)"', second) == [("prev", str(ids[0])), ("next", str(ids[2]))]
        framed = seat.look(f"/mailings/høst-nytt/preview/message?recipient={ids[1]}")
        assert "Kjære Åse Ødegård 1" in framed.text
        assert "sandbox" in framed.headers["content-security-policy"]
        assert "/preview/test" not in first
        for wrong in ("999", "x", ""):
            assert seat.look(f"/mailings/høst-nytt/preview?recipient={wrong}").status_code == 404


def test_a_draft_without_a_list(any_db: Database) -> None:
    """There is nobody to look at until the list is made, which a sender may do; a look alone writes nothing."""
    with any_db.writing() as session:
        draft, person = a_mailing(session, "utkast", status=MailingStatus.DRAFT, **TOLD), a_person(session, "ase@fjord.test", name="Åse")
        session.add(Source(mailing_id=draft.id, position=1, kind=SourceKind.PERSON, label="Åse", person_id=person.id))
    with seated(any_db) as seat:
        assert "There is nobody on the list yet" in seat.look("/mailings/utkast/preview").text
        with any_db.reading() as session:
            assert session.scalars(select(Recipient.id)).all() == []
        assert seat.press("/mailings/utkast/preview/list").status_code == 303
        assert "ase@fjord.test" in seat.look("/mailings/utkast/preview").text


def test_a_test_is_sent(any_db: Database, memory: Memory) -> None:
    """Each address is told of; the deliveries are tests; the log says how many, and to nobody by name."""
    mailing_id = world.mailing(any_db, recipients=1, status=MailingStatus.SCHEDULED, **TOLD)
    with seated(any_db, email_transport="memory") as seat:
        assert seat.press("/mailings/høst-nytt/preview/test", to=" ; ").status_code == 400
        assert seat.press("/mailings/høst-nytt/preview/test", to=" ".join(f"a{n}@acme.test" for n in range(11))).status_code == 400
        answer = seat.press("/mailings/høst-nytt/preview/test", to="anna@acme.test; bo@acme.test")
        assert (answer.status_code, "anna@acme.test" in answer.text, answer.text.count(">sent<")) == (200, True, 2)
    assert [kept.address for kept in memory.kept] == ["anna@acme.test", "bo@acme.test"]
    with any_db.reading() as session:
        assert session.scalars(select(Delivery.test)).all() == [True, True]
        assert session.scalars(select(AuditEntry.details)).all() == [{"addresses": 2}]
        assert session.get_one(Mailing, mailing_id).status is MailingStatus.SCHEDULED


@pytest.mark.parametrize("trouble", ["[[ customer.nothing ]]", "[[ customer.name "])
def test_a_broken_template(db: Database, trouble: str) -> None:
    """What cannot be compiled is said with its place, on the page."""
    world.mailing(db, recipients=1, status=MailingStatus.SCHEDULED, **TOLD | {"html": f"<p>{trouble}</p>"})
    with seated(db, Role.READER) as seat:
        page = seat.look("/mailings/høst-nytt/preview")
        assert (page.status_code, 'class="trouble"' in page.text) == (200, True)
