"""A mailing's folder becomes its draft, whole; what is wrong with it is told at once, and nothing is stored."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.audience.copies import copy, delete_mailing
from mailings.audience.drafts import mailing_named, push
from mailings.audience.populate import populate
from mailings.audience.sources import sources_of
from mailings.clock import now
from mailings.db import Database
from mailings.errors import NotAllowed, NotFound, Unreadable
from mailings.model import (
    Basis,
    Delivery,
    DeliveryStatus,
    Folder,
    ImportedRow,
    Mailing,
    MailingFile,
    MailingStatus,
    MailingType,
    Recipient,
    Source,
    TrackedLink,
)
from tests.audience.people import company, folder, person, project, selection, topic

WHOLE = {
    "name": "høst-2026",
    "subject": "[[ customer.firstname or 'Kjære leser' ]], høsten er her",
    "from": {"name": "Vindheim", "address": "news@vindheim.test", "use": "our_contact"},
    "reply_to": {"use": "always", "name": "Svar", "address": "svar@vindheim.test"},
    "topic": "News",
    "archive": {"folder": "2026/høst"},
    "sources": [
        {"selection": "Kunder"},
        {"project": "Messe"},
        {"person": "ase@x.test"},
        {"company": "Fjord AS"},
        {"import": "liste.csv", "consent": "legitimate_interest", "unknown": "keep"},
    ],
    "options": {"override_consent": True, "one_per_address": False, "update_when_sending": False, "include_companies": True},
    "tracking": {"opens": False, "clicks": "registered", "utm": {"source": "nyhetsbrev"}},
    "attachments": ["prisliste.pdf"],
    "preheader": "Tre ting",
    "text": "body.txt",
    "images": {"logo": "logo.png"},
    "links": {"tilbud": {"url": "https://x.test/å", "actions": {"interest": {"set": "Ski"}}}, "andre": {"url": "https://x.test/2"}},
    "rate": 600,
    "in_doubt": {"policy": "resend", "after": "2d"},
    "approval": {"above": 5000},
    "template": True,
}


def whole_folder(path: Path) -> Path:
    """A folder that uses every key an e-mail has."""
    made = folder(path, **WHOLE)
    (made / "body.txt").write_bytes("Hei på deg\r\n".encode())
    (made / "prisliste.pdf").write_bytes(b"%PDF-1.7 pris")
    (made / "logo.png").write_bytes(b"\x89PNG logo")
    (made / "liste.csv").write_text("navn,e-post\nÅse,ASE@x.test\nÜnal,unal@blåbær.test\nFeil,ikke en adresse\n,,\n", encoding="utf-8")
    return made


def known(session: Session) -> None:
    """Everything the whole folder names."""
    topic(session, "News")
    ase = person(session, "Åse", "ase@x.test")
    company(session, "Fjord AS")
    selection(session, "Kunder", ase)
    project(session, "Messe", ase)


def test_everything_is_stored(any_db: Database, tmp_path: Path) -> None:
    """Every key of mailing.yaml and every byte of its files is in the database; rows that cannot be taken are told."""
    notes: list[str] = []
    with any_db.writing() as session:
        known(session)
        mailing = push(session, whole_folder(tmp_path), notes)
        session.expire_all()
        assert (mailing.name, mailing.type, mailing.status) == ("høst-2026", MailingType.EMAIL, MailingStatus.DRAFT)
        assert mailing.sender == {"name": "Vindheim", "address": "news@vindheim.test", "use": "our_contact"}
        assert mailing.reply_to == {"use": "always", "name": "Svar", "address": "svar@vindheim.test"}
        assert (mailing.html, mailing.text) == ("<p>Hei [[ customer.firstname ]]</p>", "Hei på deg\r\n")
        assert (mailing.override_consent, mailing.one_per_address, mailing.update_when_sending) == (True, False, False)
        assert (mailing.include_companies, mailing.prefer_company, mailing.template) == (True, False, True)
        assert mailing.tracking == {"opens": False, "clicks": "registered", "utm": {"source": "nyhetsbrev"}}
        assert (mailing.in_doubt, mailing.approval) == ({"policy": "resend", "after_s": 172800}, {"above": 5000})
        assert (mailing.rate, mailing.preheader) == (600, "Tre ting")
        kinds = [(source.kind.value, source.label, source.basis, source.keep_unknown) for source in sources_of(session, mailing)]
        assert kinds[:4] == [
            (k, label, None, False)
            for k, label in zip(("selection", "project", "person", "company"), ("Kunder", "Messe", "ase@x.test", "Fjord AS"), strict=True)
        ]
        assert kinds[4] == ("import", "liste.csv", Basis.LEGITIMATE_INTEREST, True)
        rows = session.execute(select(ImportedRow.row, ImportedRow.name, ImportedRow.normal).order_by(ImportedRow.row)).all()
        assert [tuple(row) for row in rows] == [(2, "Åse", "ase@x.test"), (3, "Ünal", "unal@xn--blbr-roah.test")]
        files = session.execute(select(MailingFile.inline, MailingFile.name, MailingFile.content_type, MailingFile.data)).all()
        assert sorted(tuple(row) for row in files) == [
            (False, "prisliste.pdf", "application/pdf", b"%PDF-1.7 pris"),
            (True, "logo", "image/png", b"\x89PNG logo"),
        ]
        links = session.execute(select(TrackedLink.number, TrackedLink.name, TrackedLink.url).order_by(TrackedLink.number)).all()
        assert [tuple(row) for row in links] == [(1, "tilbud", "https://x.test/å"), (2, "andre", "https://x.test/2")]
        home = session.get_one(Folder, mailing.folder_id)
        assert (home.name, session.get_one(Folder, home.parent_id).name) == ("høst", "2026")
    assert len(notes) == 1
    assert notes[0].startswith("liste.csv: row 4")


def test_pushing_again_updates_the_draft(any_db: Database, tmp_path: Path) -> None:
    """The same folder twice is one draft; what is gone from the folder is gone from the draft; unchanged sources keep their list."""
    with any_db.writing() as session:
        known(session)
        first = push(session, whole_folder(tmp_path / "a"))
        populate(session, first, launch=False)
        listed = session.scalars(select(Recipient.id).order_by(Recipient.id)).all()
        again = push(session, whole_folder(tmp_path / "a"))
        populate(session, again, launch=False)
        assert again.id == first.id
        assert session.scalars(select(Recipient.id).order_by(Recipient.id)).all() == listed
        assert session.scalar(select(func.count(ImportedRow.id))) == 2
        assert session.scalar(select(func.count(Folder.id))) == 2
        push(session, folder(tmp_path / "b", name="høst-2026", sources=[{"selection": "Kunder"}]))
        assert [source.label for source in sources_of(session, again)] == ["Kunder"]
        assert session.scalar(select(func.count(Recipient.id))) == 0
        for rows in (MailingFile, TrackedLink, ImportedRow):
            assert session.scalar(select(func.count(rows.id))) == 0


@pytest.mark.parametrize("status", [status for status in MailingStatus if status is not MailingStatus.DRAFT])
def test_only_a_draft_is_changed(db: Database, tmp_path: Path, status: MailingStatus) -> None:
    """A mailing that is no draft any more stays as it is."""
    with db.writing() as session:
        push(session, folder(tmp_path)).status = status
        session.flush()
        with pytest.raises(NotAllowed, match=f"autumn is {status}; only a draft can be changed"):
            push(session, folder(tmp_path, subject="Annet"))
        assert mailing_named(session, "autumn").subject == "Høst"


def test_a_type_is_fixed(db: Database, tmp_path: Path) -> None:
    """The type is chosen first, then fixed (domain.md A)."""
    with db.writing() as session:
        push(session, folder(tmp_path))
        with pytest.raises(NotAllowed, match="of type email, which is fixed"):
            push(session, folder(tmp_path, type="sms", sms={"sender": "Acme", "text": "Hei"}))


def test_what_only_other_types_know_is_kept(db: Database, tmp_path: Path) -> None:
    """SMS and document keys are taken into the draft; which types can be sent is for preflight to say."""
    with db.writing() as session:
        sms = push(session, folder(tmp_path / "s", name="sms", type="sms", sms={"sender": "Acme", "text": "Hei på deg"}))
        assert sms.more == {"sms": {"sender": "Acme", "text": "Hei på deg"}}
        letter = {"heading": "Høst", "attention": {"text": "Ledelsen", "use": "always"}, "duplex": True}
        document = push(session, folder(tmp_path / "d", name="brev", type="document", document=letter))
        assert document.more["document"]["attention"] == {"text": "Ledelsen", "use": "always"}
        assert document.more["document"]["duplex"] is True


def test_unknown_names_are_told_together(any_db: Database, tmp_path: Path) -> None:
    """Every name nothing has is told at once, with the nearest one; nothing is stored."""
    sources = [{"selection": "Kunder"}, {"project": "Messe"}, {"person": "ingen@x.test"}, {"person": "Åse"}, {"company": "Fjord"}]
    with any_db.writing() as session:
        selection(session, "Kundene")
    with pytest.raises(NotFound) as raised, any_db.writing() as session:
        push(session, folder(tmp_path, topic="Nyheter", sources=sources))
    told = str(raised.value).splitlines()
    assert told[0] == "There is no topic named 'Nyheter'."
    assert told[1] == "There is no selection named 'Kunder'; did you mean Kundene?"
    assert len(told) == 6
    with any_db.reading() as session:
        assert session.scalar(select(func.count(Mailing.id))) == 0


def test_a_name_two_people_have_is_no_source(db: Database, tmp_path: Path) -> None:
    """A person is named by an address where the name is not enough."""
    with db.writing() as session:
        person(session, "Åse Nordmann", "a@x.test")
        assert len(sources_of(session, push(session, folder(tmp_path, sources=[{"person": "Åse Nordmann"}])))) == 1
        person(session, "Åse Nordmann", "b@x.test")
        with pytest.raises(NotFound, match="several of person 'Åse Nordmann'; name the person by an e-mail address"):
            push(session, folder(tmp_path, sources=[{"person": "Åse Nordmann"}]))


FILES = [
    ({"html": "mangler.html"}, r"'mangler\.html' is named in mailing\.yaml but is not in"),
    ({"html": "../secret.html"}, r"'\.\./secret\.html' lies outside of the folder"),
    ({"attachments": ["/etc/passwd"]}, "'/etc/passwd' lies outside of the folder"),
    ({"images": {"logo": "link.png"}}, r"'link\.png' lies outside of the folder"),
    ({"html": "latin1.html"}, r"'latin1\.html' is not UTF-8 text \(byte 5\)"),
    ({"attachments": ["a/pris.pdf", "b/pris.pdf"]}, r"two attachments are called 'pris\.pdf'"),
    ({"sources": [{"import": "../ute.csv", "unknown": "skip"}]}, "lies outside of the folder"),
    ({"sources": [{"import": "tom.csv", "unknown": "skip"}]}, r"The import 'tom\.csv' cannot be taken: .*empty"),
    ({"sources": [{"import": "uten.csv", "unknown": "skip"}]}, r"The import 'uten\.csv'"),
    ({"html": "."}, "is not in"),
]


@pytest.mark.parametrize(("keys", "told"), FILES)
def test_files_that_cannot_be_taken(db: Database, tmp_path: Path, keys: dict[str, object], told: str) -> None:
    """A missing file, one outside of the folder (also by a link), and one in another encoding are one sentence each; nothing is stored."""
    (tmp_path / "secret.html").write_text("x")
    (tmp_path / "ute.csv").write_text("email\na@x.test\n")
    made = folder(tmp_path / "m", **keys)
    (made / "link.png").symlink_to(tmp_path / "secret.html")
    (made / "latin1.html").write_bytes("Bjørn".encode("latin-1")[:2] + b"<p\xf8>")
    (made / "tom.csv").write_text("")
    (made / "uten.csv").write_text("navn,by\nÅse,Ålesund\n", encoding="utf-8")
    with pytest.raises(Unreadable, match=told), db.writing() as session:
        push(session, made)
    with db.reading() as session:
        assert session.scalar(select(func.count(Mailing.id))) == 0


def test_a_copy_is_a_draft_of_its_own(any_db: Database, tmp_path: Path) -> None:
    """A copy has the content, files, sources and registered links, and nothing of what happened to the original."""
    with any_db.writing() as session:
        known(session)
        original = push(session, whole_folder(tmp_path))
        session.add(TrackedLink(mailing_id=original.id, number=3, url="https://x.test/innhold"))
        populate(session, original, launch=False)
        original.status, original.started_at = MailingStatus.SENT, now()
        made = copy(session, original, "vinter-2026")
        assert (made.status, made.started_at, made.populated_at, made.template) == (MailingStatus.DRAFT, None, None, False)
        assert (made.subject, made.html, made.sender) == (original.subject, original.html, original.sender)
        assert [s.label for s in sources_of(session, made)] == [s.label for s in sources_of(session, original)]
        assert session.scalar(select(func.count()).where(MailingFile.mailing_id == made.id)) == 2
        assert session.scalars(select(TrackedLink.name).where(TrackedLink.mailing_id == made.id)).all() == ["tilbud", "andre"]
        assert sum(populate(session, made, launch=False).values()) == sum(populate(session, original, launch=False).values()) > 0
        with pytest.raises(NotAllowed, match="named 'vinter-2026' already"):
            copy(session, original, "vinter-2026")
        with pytest.raises(NotAllowed, match="letters, digits and hyphens"):
            copy(session, original, "vinter 2026")


def test_deleting(any_db: Database, tmp_path: Path) -> None:
    """A draft goes with all its rows; what went out stays, for its links must keep working."""
    with any_db.writing() as session:
        known(session)
        mailing = push(session, whole_folder(tmp_path))
        populate(session, mailing, launch=False)
        delete_mailing(session, mailing)
        for rows in (Mailing, Source, ImportedRow, MailingFile, TrackedLink, Recipient):
            assert session.scalar(select(func.count(rows.id))) == 0
        sent = push(session, folder(tmp_path / "b"))
        sent.status = MailingStatus.CANCELLED
        session.add(Delivery(mailing_id=sent.id, status=DeliveryStatus.SENT, claimed_at=datetime(2026, 1, 1, tzinfo=UTC)))
        session.flush()
        with pytest.raises(NotAllowed, match="autumn was sent to some; it stays"):
            delete_mailing(session, sent)
        sent.status = MailingStatus.SENT
        with pytest.raises(NotAllowed, match="autumn is sent; only a draft"):
            delete_mailing(session, sent)
