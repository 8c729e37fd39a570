"""A list by upload: looked over without changing anybody, consent asked, taken in once; hostile files cost a sentence."""

from __future__ import annotations

from pathlib import Path

from httpx import Response
from sqlalchemy import func, select

from mailings.consent.history import in_force
from mailings.db import Database
from mailings.model import AuditEntry, Basis, Person, Role, SelectionMember, Upload
from tests.consent.waiting import a_person
from tests.people.files import workbook
from tests.web.desk.seated import Seat, seated, user

ROWS = [
    ["Navn", "E-post", "Firma"],
    ["Åse Ødegård", "ase@fjord.test", "Fjord AS"],
    ["Désirée van der IJssel", "desiree@ijssel.test", ""],
    ["Feil", "ikke en adresse", ""],
]
LOGGED = ["look over a list", "begin to import a list", "import a list"]


def brought(seat: Seat, content: bytes, name: str = "liste.xlsx") -> Response:
    """A file uploaded."""
    files = {"file": (name, content)}
    return seat.client.post("/desk/import", data={"csrf": seat.csrf}, files=files, follow_redirects=False)


def people(db: Database) -> int:
    """How many there are."""
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Person)) or 0


def test_looked_over_then_taken_in(any_db: Database, tmp_path: Path) -> None:
    """Rows, errors and counts come first and change nobody; taking in comes to just that, and a second time there is none."""
    content = workbook(tmp_path / "x.xlsx", ROWS).read_bytes()
    with any_db.writing() as session:
        a_person(session, "ase@fjord.test", name="Åse", basis=None)
    with seated(any_db) as seat:
        assert brought(seat, content, "C:\\Åses\\liste <1>.xlsx").headers["location"] == "/desk/import"
        page = seat.look("/import").text
        assert "liste &lt;1&gt;.xlsx: what would happen" in page
        for words in ("Désirée van der IJssel", "ikke en adresse", "Fjord AS", "E-post"):
            assert words in page, words
        assert people(any_db) == 1
        assert seat.press("/import/take", basis="consent").status_code == 400
        assert seat.press("/import/take", basis="ja", held="yes").status_code == 400
        assert people(any_db) == 1
        seat.press("/import/take", basis="consent", held="yes", selection="Båtfolk")
        page = seat.look("/import").text
        assert ("2 people are taken in." in page, "what happened" in page, "Båtfolk has 2 people now." in page) == (True, True, True)
        assert seat.press("/import/take", basis="consent", held="yes").status_code == 404
    with any_db.reading() as session:
        ids = session.scalars(select(Person.id).order_by(Person.id)).all()
        assert {person: said[0] for person, said in in_force(session, ids).items()} == dict.fromkeys(ids, Basis.CONSENT)
        assert session.scalar(select(func.count()).select_from(SelectionMember)) == len(ids) == 2
        kept = session.scalars(select(Upload)).one()
        assert (kept.told["created"], kept.told["matched"], kept.told["skipped"], kept.data) == (1, 1, 1, b"")
        assert (kept.name, kept.told["errors"], kept.told["wrong"]) == ("", [], 1)
        assert session.scalars(select(AuditEntry.what).order_by(AuditEntry.id)).all() == LOGGED


def test_only_those_known(any_db: Database, tmp_path: Path) -> None:
    """Without a basis nobody's consent is recorded, and who is not known can be left out."""
    content = workbook(tmp_path / "x.xlsx", ROWS).read_bytes()
    with any_db.writing() as session:
        number = a_person(session, "ase@fjord.test", basis=None).id
    with seated(any_db) as seat:
        brought(seat, content)
        seat.press("/import/take", unknown="skip")
    with any_db.reading() as session:
        assert (people(any_db), in_force(session, [number])) == (1, {})


def test_hostile_files(db: Database) -> None:
    """Whatever is no list is refused with a sentence, and nothing of it is kept; a name is a name and leads nowhere."""
    with seated(db) as seat:
        for content in (b"", b"\0" * 1000, b"PK\x03\x04" + b"\xff" * 500, b"\xd0\xcf\x11\xe0junk", b"a;b\n1;2\n"):
            refused = brought(seat, content)
            assert (refused.status_code, "<h1>" in refused.text) == (400, True)
        assert brought(seat, b"name,email\nBo,bo@fjord.test\n", "../../../etc/passwd").status_code == 303
        assert "passwd: what would happen" in seat.look("/import").text
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Upload)) == 1


def test_a_list_is_its_users(db: Database) -> None:
    """One user's list is nobody else's; a reader brings none; a new one takes the place of the last."""
    with seated(db) as seat:
        brought(seat, b"name,email\nBo,bo@fjord.test\n", "en.csv")
        brought(seat, b"name,email\nBo,bo@fjord.test\n", "to.csv")
        page = seat.look("/import").text
        assert ("en.csv" in page, "to.csv" in page) == (False, True)
    secret, csrf = user(db, Role.READER, name="leser")
    with seated(db) as seat:
        name = next(iter(seat.client.cookies.keys()))
        seat.client.cookies.clear()
        seat.client.cookies.set(name, secret)
        seat.csrf = csrf
        assert "to.csv" not in seat.look("/import").text
        assert brought(seat, b"name,email\nBo,bo@fjord.test\n").status_code == 403
