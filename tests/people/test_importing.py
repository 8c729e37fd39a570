"""A list comes into the database as a whole, once, and recognises whom it knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from mailings.consent.topics import ensure_default_topics
from mailings.consent.withdrawing import withdraw
from mailings.db import Database
from mailings.model import (
    Address,
    Base,
    Basis,
    Company,
    Consent,
    Interest,
    OptOut,
    Person,
    SelectionMember,
    Topic,
)
from mailings.people.importing import ImportOptions, import_people
from mailings.people.lists import read_list
from tests.consent.waiting import a_mailing, a_person, queue, statuses
from tests.people.files import text as text_file
from tests.people.files import workbook

HEADS = ["Navn", "E-post", "Mobil", "Firma", "Språk", "Samtykke", "Reservasjoner", "Interesser", "Skostørrelse"]
ROWS = [
    HEADS,
    ["Åse Ødegård", "Ase@X.test; ase2@x.test", 99887766, "Fjord AS", "nb", "ja", "News, Promotions", "Ski", 38],
    ["Jürgen Groß", "juergen@x.test", None, "fjord as", "tysk", "nei", None, "ski; Tur", None],
    ["Bare Mobil", None, "911 22 333", "Ål Bygg", None, None, None, None, None],
    ["Feil", "feil(at)x.test", None, None, None, None, None, None, None],
    ["Åse Ø.", "ase2@x.test", None, None, "nl", None, None, None, 41],
]


def _import(session: Session, file: Path, *, basis: Basis | None = None, **options: Any) -> dict[str, Any]:
    return import_people(session, read_list(file, "NO"), ImportOptions(basis, **options)).document()


def _counts(session: Session) -> dict[str, int]:
    return {name: session.scalar(select(func.count()).select_from(table)) or 0 for name, table in Base.metadata.tables.items()}


def test_a_list_comes_in(any_db: Database, tmp_path: Path) -> None:
    """People, addresses in their order, companies, consent, opt-outs, interests and custom fields arrive; the wrong row is named."""
    with any_db.writing() as session:
        ensure_default_topics(session)
        said = _import(session, workbook(tmp_path / "people.xlsx", ROWS), basis=Basis.LEGITIMATE_INTEREST, selection="Kunder")
        assert {key: said[key] for key in ("rows", "created", "matched", "unknown_kept", "skipped", "consents")} == {
            "rows": 5, "created": 3, "matched": 1, "unknown_kept": 0, "skipped": 1, "consents": 3,
        }  # fmt: skip
        assert [(error["row"], error["column"]) for error in said["errors"]] == [(5, "email")]
        ase, jurgen, mobile = session.scalars(select(Person).order_by(Person.id))
        assert [(a.rank, a.normal, a.written, a.valid) for a in ase.addresses] == [
            (1, "ase@x.test", "Ase@X.test", True),
            (2, "ase2@x.test", "ase2@x.test", True),
        ]
        assert (ase.name, ase.first_name, ase.last_name, ase.mobile_normal) == ("Åse Ødegård", "Åse", "Ødegård", "+4799887766")
        assert (ase.language, ase.custom, jurgen.language, jurgen.custom) == ("nb", {"skostørrelse": 38}, "de", {})
        assert (mobile.addresses, mobile.mobile_normal) == ([], "+4791122333")


def test_what_a_list_says_of_people_beside_their_names(any_db: Database, tmp_path: Path) -> None:
    """Companies under one spelling, consent by row or else by option, opt-outs, interests and membership arrive with the people."""
    with any_db.writing() as session:
        ensure_default_topics(session)
        _import(session, workbook(tmp_path / "people.xlsx", ROWS), basis=Basis.LEGITIMATE_INTEREST, selection="Kunder")
        ase, jurgen, mobile = session.scalars(select(Person).order_by(Person.id))
        assert ase.company_id == jurgen.company_id
        assert session.scalars(select(Company.name).order_by(Company.id)).all() == ["Fjord AS", "Ål Bygg"]
        bases = session.execute(
            select(Consent.person_id, Consent.basis).where(Consent.source == "Import").order_by(Consent.person_id)
        ).all()
        assert bases == [(ase.id, Basis.CONSENT), (jurgen.id, Basis.WITHDRAWN), (mobile.id, Basis.LEGITIMATE_INTEREST)]
        out = session.scalars(select(Topic.name).join(OptOut).where(OptOut.person_id == ase.id).order_by(Topic.name))
        assert out.all() == ["News", "Promotions"]
        assert session.scalars(select(Interest.name).order_by(Interest.name)).all() == ["Ski", "Tur"]
        assert session.scalars(select(SelectionMember.person_id).order_by(SelectionMember.person_id)).all() == [
            ase.id,
            jurgen.id,
            mobile.id,
        ]


def test_numbers_alone(any_db: Database, tmp_path: Path) -> None:
    """A row with nothing but a number is whoever has it, in the list or the database, and the same person every time."""
    content = "Navn;E-post;Mobil;Samtykke\n;;911 22 333;ja\nÅse;ase@x.test;99887766;ja\n;;+47 998 87 766;nei\nBo;bo@x.test;91122333;\n"
    file = text_file(tmp_path / "people.csv", content)
    with any_db.writing() as session:
        first = _import(session, file, basis=Basis.CONTRACT)
        assert (first["created"], first["matched"]) == (3, 1)
        history = session.execute(select(Consent.person_id, Consent.basis).order_by(Consent.id)).all()
        assert [basis for _, basis in history] == [Basis.CONSENT, Basis.CONTRACT, Basis.WITHDRAWN]
        again = _import(session, file, basis=Basis.CONTRACT)
        assert (again["created"], again["matched"], again["consents"], again["filled"]) == (0, 4, 0, 0)
        assert session.execute(select(Consent.person_id, Consent.basis).order_by(Consent.id)).all() == history


def test_a_second_time_changes_nothing(any_db: Database, tmp_path: Path) -> None:
    """The same list again creates nobody and writes no row anywhere."""
    file = workbook(tmp_path / "people.xlsx", ROWS)
    with any_db.writing() as session:
        ensure_default_topics(session)
        _import(session, file, basis=Basis.CONSENT, selection="Kunder")
    with any_db.writing() as session:
        before = _counts(session)
        people = session.execute(text("SELECT * FROM person ORDER BY id")).all()
        said = _import(session, file, basis=Basis.CONSENT, selection="Kunder")
        assert (said["created"], said["matched"], said["skipped"], said["filled"], said["consents"]) == (0, 4, 1, 0, 0)
        assert _counts(session) == before
        assert session.execute(text("SELECT * FROM person ORDER BY id")).all() == people


def test_who_is_known_is_filled_in(any_db: Database, tmp_path: Path) -> None:
    """Somebody recognised by any of their addresses keeps what is known; what was empty is filled, further addresses come behind."""
    with any_db.writing() as session:
        person = a_person(session, "first@x.test", "ase@x.test", name="Åse Ødegård", language="nb", custom={"vip": True})
        said = _import(session, workbook(tmp_path / "people.xlsx", [*ROWS[:1], [*ROWS[1][:6], None, None, 38]]))
        assert (said["created"], said["matched"], said["filled"]) == (0, 1, 1)
        session.expire_all()
        assert [a.normal for a in person.addresses] == ["first@x.test", "ase@x.test", "ase2@x.test"]
        assert (person.language, person.first_name, person.mobile_normal) == ("nb", "Åse", "+4799887766")
        assert person.custom == {"vip": True, "skostørrelse": 38}


def test_an_address_stays_with_its_owner(any_db: Database, tmp_path: Path) -> None:
    """Of two addresses in a cell that belong to two people, the first says whose row it is; the second stays where it is and is named."""
    with any_db.writing() as session:
        one, two = a_person(session, "a@x.test"), a_person(session, "b@x.test")
        said = _import(session, text_file(tmp_path / "people.csv", 'name,email\nÅse,"b@x.test; a@x.test"\n'))
        assert (said["matched"], said["created"]) == (1, 0)
        assert "a@x.test belongs to somebody else already" in said["errors"][0]["why"]
        assert session.scalars(select(Address.person_id).order_by(Address.normal)).all() == [one.id, two.id]


def test_without_consent_none_is_recorded(any_db: Database, tmp_path: Path) -> None:
    """A list alone is no permission (D1)."""
    with any_db.writing() as session:
        said = _import(session, text_file(tmp_path / "people.csv", "email\na@x.test\n"))
        assert (said["created"], said["consents"]) == (1, 0)
        assert session.scalars(select(Consent)).all() == []


def test_unknown_people_may_be_left_out(any_db: Database, tmp_path: Path) -> None:
    """With `skip`, a row that matches nobody is skipped and counted (D1); rows = created + matched + skipped."""
    with any_db.writing() as session:
        a_person(session, "a@x.test")
        said = _import(session, text_file(tmp_path / "people.csv", "email\na@x.test\nb@x.test\nwrong\n"), keep_unknown=False)
        assert (said["rows"], said["created"], said["matched"], said["skipped"], len(said["errors"])) == (3, 0, 1, 2, 1)
        assert session.scalar(select(func.count()).select_from(Person)) == 1


def test_a_list_does_not_bring_back_who_withdrew(any_db: Database, tmp_path: Path) -> None:
    """People who unsubscribed since stay out when the same list comes again, and are counted."""
    file = text_file(tmp_path / "people.csv", "email\na@x.test\nb@x.test\n")
    with any_db.writing() as session:
        _import(session, file, basis=Basis.CONSENT)
        gone = session.scalars(select(Address.person_id).where(Address.normal == "a@x.test")).one()
        withdraw(session, gone, "Unsubscribe page")
        said = _import(session, file, basis=Basis.CONSENT)
        assert (said["consents"], said["withdrawn_kept"]) == (0, 1)
        newest = session.scalars(select(Consent.basis).where(Consent.person_id == gone).order_by(Consent.id.desc()).limit(1)).one()
        assert newest is Basis.WITHDRAWN


def test_a_no_in_a_list_holds_at_once(any_db: Database, tmp_path: Path) -> None:
    """Who is listed with `no`, or as opted out of a topic, gets nothing more of what is queued already."""
    with any_db.writing() as session:
        ensure_default_topics(session)
        news = session.scalars(select(Topic).where(Topic.name == "News")).one()
        refusing, choosy = a_person(session, "a@x.test"), a_person(session, "b@x.test")
        mailing = a_mailing(session, "news", news)
        waiting = [queue(session, mailing, person) for person in (refusing, choosy)]
        _import(session, text_file(tmp_path / "people.csv", "email;consent;opted out\na@x.test;nei;\nb@x.test;;news\n"))
        assert statuses(session, *waiting) == ["cancelled", "cancelled"]


def test_an_unknown_topic_skips_the_row(any_db: Database, tmp_path: Path) -> None:
    """Nobody is written to because the topic they refused is not known here: the row is skipped, with what to do."""
    with any_db.writing() as session:
        said = _import(session, text_file(tmp_path / "people.csv", "email;opted out\na@x.test;Nyheter\nb@x.test;\n"), basis=Basis.CONSENT)
        assert (said["created"], said["skipped"]) == (1, 1)
        assert said["errors"][0]["column"] == "opt_outs"
        assert "no topic named Nyheter; add it with: mailings topics add 'Nyheter'" in said["errors"][0]["why"]
