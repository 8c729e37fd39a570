"""What is wrong with a mailing's folder is told at once, and nothing is stored."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from mailings.audience.drafts import mailing_named, push
from mailings.audience.sources import sources_of
from mailings.db import Database
from mailings.errors import NotAllowed, NotFound, Unreadable
from mailings.model import (
    Mailing,
    MailingStatus,
)
from tests.audience.people import folder, person, selection


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
    assert told[0] == "There is no topic named 'Nyheter'; add it with: mailings topics add 'Nyheter'"
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
