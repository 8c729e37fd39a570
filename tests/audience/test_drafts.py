"""A mailing's folder becomes its draft, whole, and again when it is pushed again."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select

from mailings.audience.drafts import push
from mailings.audience.populate import populate
from mailings.audience.sources import sources_of
from mailings.db import Database
from mailings.model import (
    Basis,
    Folder,
    ImportedRow,
    MailingFile,
    MailingStatus,
    MailingType,
    Recipient,
    TrackedLink,
)
from tests.audience.people import folder
from tests.audience.whole import known, whole_folder


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
        assert mailing.tracking == {"opens": False, "clicks": "registered", "utm": {"source": "nyhetsbrev"}, "trap": True}
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
        for rows in (MailingFile, ImportedRow):
            assert session.scalar(select(func.count(rows.id))) == 0
        assert session.scalar(select(func.count(TrackedLink.id)).where(TrackedLink.deleted_at.is_(None))) == 0
