"""Every variable of domain.md D.7 says what it should, on both databases; what nothing is known of is empty."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from mailings.channels.document.letter_rows import Asked, letter_row
from mailings.clock import now
from mailings.content.letter_variables import ALSO, NAMES, SENT_BY, is_letter_variable, letter_constants
from mailings.content.names import Used
from mailings.db import Database
from mailings.model import Associate, Mailing, MailingType, Person, Project, Recipient, Sale, Selection, Source, SourceKind
from mailings.settings import Settings
from tests.audience.people import company, person, selection

OURS = Settings(company_name="Vårt Firma", system_from="Post <post@firma.test>")
WRITTEN = {"oref": "", "our_ref": ""}


def _said(session: Session, whom: Person | None, mailing: Mailing, *names: str) -> dict[str, Any]:
    """What each variable says in the letter of somebody; None = in that of a bare name."""
    used = Used(alone=is_letter_variable, written=WRITTEN)
    for name in names or sorted(NAMES - {"oref", "our_ref"}):
        used.name(name)
    constants = letter_constants(session, mailing, OURS)
    row = letter_row(mailing, Asked(used, constants), OURS)
    made = Recipient(mailing_id=mailing.id, person_id=whom.id if whom else None, address="x", name=None if whom else "Ukjent")
    session.add(made)
    session.flush()
    values = row.values(session.execute(row.of_recipient(made.id)).one())
    return {name: constants[name] if name in constants else values[used.names[name]] for name in used.names}


def _mailing(session: Session, **facts: Any) -> Mailing:
    """A mailing of letters."""
    made = Mailing(**({"name": "brev", "type": MailingType.DOCUMENT, "created_at": now()} | facts))
    session.add(made)
    session.flush()
    return made


def _everything(session: Session) -> Person:
    """A person of whom everything is known."""
    ours = Associate(username="kåre", name="Kåre Vår", email="kare@firma.test", phone="22 33 44 55")
    session.add(ours)
    session.flush()
    firm = company(
        session, "IJssel & Zn", "post@ijssel.test", department="Afd. B", street="Kade 1\nHal 2", zip="8011", city="Zwolle", country="NL",
        postal_street="Postbus 9\nT.a.v. Å", postal_zip="8000", postal_city="Zwolle", phone="038-1", fax="038-2", category="Klant",
        business="Hout", number="K-7", url="https://ijssel.test", custom={"orgn": "NO 9", "code": "ij", "cs01": "eik"},
        our_sales_contact_id=ours.id,
    )  # fmt: skip
    return person(
        session, "Désirée van der IJssel", "desiree@ijssel.test", first_name="Désirée", middle_name="van der", last_name="IJssel",
        salutation="Mevrouw", title="drs.", position="Inkoop", mobile="0612", direct_phone="038-3", company_id=firm.id,
        custom={"as01": "38½", "birthday": "1980-02-03"},
    )  # fmt: skip


def test_of_person_and_company(any_db: Database) -> None:
    """The tags of person, company and our contact, with the fields of people's own."""
    with any_db.writing() as session:
        said = _said(
            session, _everything(session), _mailing(session), *(NAMES - {"oref", "our_ref"}), "as01", "cs01", "al60", "customer.name"
        )
        assert {
            "attn": "Désirée van der IJssel", "atfn": "Désirée", "atmn": "van der", "atln": "IJssel", "atmr": "Mevrouw", "asal": "Mevrouw",
            "atti": "drs.", "atpo": "Inkoop", "atem": "desiree@ijssel.test", "atpc": "0612", "abdt": "1980-02-03", "name": "IJssel & Zn",
            "dept": "Afd. B", "addr": "Postbus 9", "add2": "T.a.v. Å", "add3": "", "padr": "Postbus 9", "pad2": "T.a.v. Å", "pad3": "",
            "sadr": "Kade 1", "city": "Zwolle", "zipc": "8000", "zici": "8000 Zwolle", "cntr": "NL", "mail": "post@ijssel.test",
            "phon": "038-3", "faxn": "038-2", "orgn": "NO 9", "cont": "Kåre Vår", "cate": "Klant", "busi": "Hout", "numb": "K-7",
            "code": "ij",
            "cwww": "https://ijssel.test", "as01": "38½", "cs01": "eik", "al60": "", "onam": "Kåre Vår", "oema": "kare@firma.test",
            "opho": "22 33 44 55", "customer.name": "Désirée van der IJssel", "attention": "Désirée van der IJssel",
        }.items() <= said.items()  # fmt: skip


def test_what_falls_back(any_db: Database) -> None:
    """E-mail to the company's, telephone to the company's, postal line to the street, our contact to the installation."""
    with any_db.writing() as session:
        firm = company(session, "Ærlig AS", "post@fjord.test", phone="22", street="Vei 1", city="Oslo", zip="0184")
        somebody = person(session, "Åse", "", company_id=firm.id)
        said = _said(session, somebody, _mailing(session), "atem", "phon", "addr", "onam", "oema", "opho", "cont")
        assert said == {
            "atem": "post@fjord.test", "phon": "22", "addr": "Vei 1", "onam": "Vårt Firma", "oema": "post@firma.test", "opho": "",
            "cont": "",
        }  # fmt: skip


def test_what_is_not_known_is_empty(any_db: Database) -> None:
    """For a bare name nothing else is said, and no value is ever missing; project, sale and selection are empty until linked (V13)."""
    with any_db.writing() as session:
        said = _said(session, None, _mailing(session))
        assert said.keys() == NAMES - {"oref", "our_ref"}
        given = {"attn", "attention", "envelope", "date", *SENT_BY}
        assert {value for name, value in said.items() if name not in given} == {""}
        assert said["envelope"] == said["attn"] == "Ukjent"


def test_what_the_mailing_is_linked_to(any_db: Database) -> None:
    """Heading, project, sale and selection of the mailing stand in every letter; people of the selection are counted on its list."""
    with any_db.writing() as session:
        somebody = person(session, "Åse")
        chosen: Selection = selection(session, "Kunder på Vestlandet", somebody)
        project = Project(
            name="Båtmesse", number="P-1", kind="Messe", status="Åpen", leader="Kåre", ends_on=date(2026, 12, 31), created_at=now()
        )
        sale = Sale(
            number="S-7",
            name="Lenestol",
            amount="12500.50",
            currency="NOK",
            day=date(2026, 11, 1),
            status="Tilbud",
            probability=0,
            created_at=now(),
        )
        session.add_all([project, sale])
        session.flush()
        mailing = _mailing(
            session, archive_project_id=project.id, archive_selection_id=chosen.id, more={"document": {"heading": "Tilbud", "sale": "S-7"}}
        )
        source = Source(mailing_id=mailing.id, position=1, kind=SourceKind.SELECTION, label="x", selection_id=chosen.id)
        session.add(source)
        session.flush()
        session.add(Recipient(mailing_id=mailing.id, person_id=somebody.id, source_id=source.id, address="x"))
        session.flush()
        assert {
            "head": "Tilbud", "heading": "Tilbud", "pnam": "Båtmesse", "pnum": "P-1", "ptyp": "Messe", "psta": "Åpen", "plea": "Kåre",
            "pend": "2026-12-31", "popa": "0", "sati": "Lenestol", "said": str(sale.id), "sanu": "S-7", "saam": "12500.50", "sacu": "NOK",
            "sada": "2026-11-01", "sast": "Tilbud", "sapr": "0", "snam": "Kunder på Vestlandet", "slid": str(chosen.id), "mbrs": "1",
        }.items() <= letter_constants(session, mailing, OURS).items()  # fmt: skip


def test_longer_words_say_the_same(db: Database) -> None:
    """`attention` and `heading` are `attn` and `head`."""
    with db.writing() as session:
        said = _said(session, _everything(session), _mailing(session))
        assert all(said[long] == said[short] for long, short in ALSO.items() if short in said)


def test_letters_alone_know_these_names() -> None:
    """In an e-mail the same names are no variables: whoever mistypes there is told."""
    assert not Used().alone("attn")
    assert not any(is_letter_variable(name) for name in ("as1", "bs01", "customer", "link", "x"))
