"""The log tells what was chosen, in words; a refusal leaves the form as it was filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields

import pytest
from sqlalchemy import select

from mailings.consent.topics import add_topic
from mailings.db import Database
from mailings.model import Address, AuditEntry, Delivery, MailingStatus, Person, Recipient, Role
from mailings.sending.limits.setting import Change
from mailings.staff import users
from mailings.transports.memory import Memory
from tests.cli.logged import CHAINS
from tests.consent.waiting import a_mailing, a_person, queue
from tests.sending.fit import written
from tests.web.desk.fitting import FIT
from tests.web.desk.listed import NAME, sent
from tests.web.desk.seated import Seat, seated
from tests.web.desk.test_importing import brought
from web.desk.details import in_words
from web.desk.words import texts

LIST = "navn;e-post\nDésirée van der IJssel;desiree@ijssel.test\n".encode()
BARE = {"unschedule", "delete"}  # nothing is chosen but the subject itself


@pytest.fixture
def memory() -> Iterator[Memory]:
    """The memory transport, empty."""
    Memory.configured.cache_clear()
    yield Memory.configured()
    Memory.configured.cache_clear()


def details(db: Database) -> dict[str, dict[str, object]]:
    """The latest details of each kind of change."""
    with db.reading() as session:
        return {line.what: line.details for line in session.scalars(select(AuditEntry).order_by(AuditEntry.id))}


def planning(seat: Seat) -> None:
    """A mailing checked, planned, moved, copied, stopped and deleted."""
    at = "/mailings/plan"
    seat.press(f"{at}/check")
    seat.press(f"{at}/schedule", at="2027-07-01T09:30", zone="Europe/Oslo")
    seat.press(f"{at}/unschedule")
    seat.press(f"{at}/move", new="2026/høst")
    seat.press(f"{at}/move", new="2027")
    seat.press(f"{at}/copy", new="kopi")
    seat.press(f"{at}/preview/list")
    seat.press(f"{at}/preview/test", to="bo@acme.test")
    seat.press("/mailings/kopi/delete")
    seat.press("/mailings/under-way/cancel")


def with_people(seat: Seat, number: int, address: int) -> None:
    """Groups, a list, one person's consent, topic, address; erased and taken back."""
    seat.press("/selections", name="Båtfolk")
    seat.press("/selections", name="Norge", condition='country = "NO"')
    seat.press("/projects", name="Ås")
    for _ in range(2):
        seat.press("/selections/1/add", addresses="ase@fjord.test")
    seat.press("/projects/1/add", addresses="ase@fjord.test")
    seat.press("/selections/1/remove", id=number)
    brought(seat, LIST, "Désirée.csv")
    seat.press("/import/take", basis="consent", held="yes", selection="Båtfolk")
    seat.press(f"/people/{number}/consent", basis="contract", source="Avtale")
    seat.press(f"/people/{number}/topics", topic=1)
    for what in ("no mailings", "former employee"):
        seat.press(f"/people/{number}/mark", what=what)
    seat.press(f"/people/{number}/correct", address=address, new="asa@fjord.test")
    seat.press(f"/people/{number}/erase")
    seat.press(f"/people/{number}/undo")


def following(seat: Seat, ids: list[int]) -> None:
    """Recipients exported, put somewhere, sent to again; bounces cleared; a link; roles."""
    at = f"/mailings/{NAME}"
    seat.press(f"{at}/recipients/export/csv", whom="all", show="sent")
    seat.press(f"{at}/recipients/put", whom="all", show="read", into="new_selection", new="Lezers")
    seat.press(f"{at}/recipients/send-again", whom="ticked", id=ids)
    seat.press(f"{at}/bounces/clear", whom="all", show="bounced")
    seat.press("/links", name="butikk", url="https://fjord.test/")
    seat.press("/links/butikk/edit", url="https://ijssel.test/")
    seat.press("/links/butikk/add", name="Klikkere")
    seat.press("/users/ole", full_name="Ole", email="", role=["sender", "reader"])


def filled(db: Database) -> tuple[int, int, list[int]]:
    """The database of the round: a person, the number of their address, the recipients who are sent to again."""
    written(db, name="plan")
    sent(db)
    with db.writing() as session:
        whom = a_person(session, "ase@fjord.test", name="Åse Ødegård")
        going = a_mailing(session, "under-way", status=MailingStatus.SENDING)
        queue(session, going, whom)
        add_topic(session, "Nyheter")
        users.add(session, "ole", ["reader"])
        stopped = session.scalars(select(Person).where(Person.name == "Åse failed")).one()
        stopped.no_mailings = True
        wanted = select(Recipient.id).join(Person, Person.id == Recipient.person_id).where(Person.name.in_(["Åse failed", "Åse read"]))
        address = session.scalars(select(Address.id).where(Address.person_id == whom.id)).one()
        return whom.id, address, list(session.scalars(wanted))


def test_the_log_tells_what_was_chosen(any_db: Database, memory: Memory) -> None:
    """After a round of everything no line lacks what was chosen, none has an address or a file's name, and the page shows words alone."""
    number, address, ids = filled(any_db)
    with seated(any_db, Role.ADMIN, Role.SENDER, **FIT) as seat:
        planning(seat)
        with_people(seat, number, address)
        following(seat, ids)
        page = seat.look("/audit").text
        dutch = seat.look("/audit", **{"accept-language": "nl"}).text
    told = details(any_db)
    assert {what for what, said in told.items() if not said} == BARE
    assert told["schedule"] == {"at": "2027-07-01T07:30+00:00"}
    assert told["move"] == {"before": "2026/høst", "after": "2027"}
    assert (told["copy"], told["cancel"]) == ({"new_name": "kopi"}, {"cancelled": 1})
    assert told["create selection"]["name"] == "Norge"
    assert told["correct address"] == {"address": address, "shared": 0}
    assert told["change roles"] == {"before": ["reader"], "after": ["reader", "sender"]}
    assert told["send again"] == {"queued": 1, "left_out": {"stopped": 1}}
    assert "@" not in str(list(told.values()))
    assert "Désirée" not in str(list(told.values()))
    rows = "".join(re.findall(r"<tbody>.*</tbody>", page, re.DOTALL))
    assert not set("{}[]") & set(rows)
    for words in ("1 Jul 2027 07:30 UTC", "2026/høst", "No mailings: 1".lower(), "reader, sender", "fixed people", "address number"):
        assert words in rows, words
    assert "weggelaten" in dutch


def test_details_in_words() -> None:
    """Counts by reason, roles, a basis, yes, nothing: each as the reader's language says it, and what has no text as it stands."""
    left_out = {"queued": 1200, "left_out": {"no_consent": 1}}
    assert in_words(left_out, "en") == [("queued", "1,200"), ("left out", "no consent: 1")]
    assert in_words(left_out, "nl") == [("in de wachtrij", "1.200"), ("weggelaten", "geen toestemming: 1")]
    assert in_words({"basis": "law", "locked": True, "selection": None}, "en") == [
        ("basis", "required by law"),
        ("locked", "yes"),
        ("selection", "–"),
    ]
    assert in_words({"left_out": {}, "of_old": "x"}, "en") == [("left out", "–"), ("of old", "x")]


def test_what_the_terminal_keeps_is_said_in_words() -> None:
    """Every detail of a command's line has its text, and what a person decided of messages in doubt is said as everywhere."""
    kept = {key for chain in CHAINS.values() for _, line in chain if line for key in line[2]} | {one.name for one in fields(Change)}
    assert {key for key in kept | {"decided", "settled", "run"} if f"detail_{key}" not in texts()} == set()
    settled = {"decided": "queued", "settled": {"queued": 2, "sent": 1}}
    assert in_words(settled, "en") == [("decided as", "queued"), ("settled", "queued: 2, sent: 1")]
    assert in_words(settled, "nl") == [("beslist als", "in de wachtrij"), ("afgehandeld", "in de wachtrij: 2, verzonden: 1")]
    assert [in_words({"rate": rate}, "nl")[0][1] for rate in (500.0, 1200.0, 2.5)] == ["500", "1.200", "2,5"]


def test_an_import_that_is_refused_keeps_the_form(db: Database) -> None:
    """Without the confirmation: the sentence stands on the form, with basis, selection and choice as they were; nothing is taken in."""
    with seated(db) as seat:
        brought(seat, LIST, "liste.csv")
        answer = seat.press("/import/take", basis="contract", selection="Båtfolk", unknown="skip")
    assert answer.status_code == 400
    assert "Confirm that you hold the consent" in answer.text
    for kept in ('value="contract" selected', 'value="Båtfolk"', 'value="skip" checked', "Désirée van der IJssel"):
        assert kept in answer.text, kept
    assert set(details(db)) == {"look over a list"}


@pytest.mark.parametrize("to", ["bo@acme", "ikke en adresse"])
def test_a_test_that_is_refused_keeps_the_form(db: Database, memory: Memory, to: str) -> None:
    """To what is no address nothing goes; the sentence stands on the form, which still has what was typed."""
    written(db)
    with seated(db, **FIT) as seat:
        seat.press("/mailings/høst-nytt/preview/list")
        answer = seat.press("/mailings/høst-nytt/preview/test", to=to)
    assert (answer.status_code, f'value="{to}"' in answer.text, 'id="refused"' in answer.text) == (400, True, True)
    assert memory.kept == []


def test_no_server_said_what_we_did(db: Database) -> None:
    """A cancelled message's reason is ours, and stands under no heading of a server's answer; one that came back has it."""
    sent(db)
    with db.reading() as session:
        by_state = dict(session.execute(select(Delivery.status, Delivery.recipient_id)).all())
    with seated(db) as seat:
        cancelled, bounced = (seat.look(f"/mailings/{NAME}/recipients/{by_state[state]}").text for state in ("cancelled", "bounced"))
    assert ("withdrawn" in cancelled, "What the server said" in cancelled) == (True, False)
    assert "What the server said" in bounced
