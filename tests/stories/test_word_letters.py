"""A Word template in a folder becomes one PDF of everybody's letters, printed by LibreOffice itself."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path

import pikepdf
import pytest
import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.audience.drafts import push
from mailings.audience.populate import populate
from mailings.content.word.office import NAMES
from mailings.db import Database
from mailings.errors import NotFound, Unreadable
from mailings.model import Delivery, DeliveryStatus, MailingFile, MailingStatus
from mailings.people.projects import create_project, describe_project
from mailings.people.sales import import_sales
from mailings.sending import closing, lifecycle
from mailings.sending.deliver import deliver_portion
from mailings.sending.finding import mailing_named
from mailings.sending.preflight import check
from mailings.sending.preparing import prepare
from mailings.sending.printing import print_letters
from mailings.sending.run import conducting
from mailings.settings import Settings, settings
from tests.audience.people import company, person, selection
from tests.content.written import written

OFFICE = pytest.mark.skipif(
    not any(map(shutil.which, NAMES)) or not shutil.which("pdftotext"), reason="LibreOffice or poppler-utils is not installed"
)
TEMPLATE = written(
    ["{enve", "lope}"],
    "Vår ref. {oref}",
    ["Kjære [[ customer.first", "name or ’kunde’ ]],"],
    *("[% if company.name %]", "Til {name}.", "[% endif %]"),
    "Om {pnam} og {sati} til {saam} {sacu}.",
    header="{heading}",
    footer="Hilsen {onam}",
)


@pytest.fixture
def printing(configured: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """The installation, with a folder of its own for what is printed."""
    monkeypatch.setenv("MAILINGS_DOCUMENT_PATH", str(tmp_path / "trykk"))
    monkeypatch.setenv("MAILINGS_COMPANY_NAME", "Vårt Firma AS")
    settings.cache_clear()
    return settings()


def _people(session: Session, folder: Path) -> None:
    """Whom it is written to, and what it is about."""
    firm = company(session, "Ærlig & Sønner AS", street="Havnegate 2", zip="5004", city="Bergen", country="NO", number="K-7")
    selection(
        session,
        "Kunder",
        person(session, "Åse Ødegård", first_name="Åse", company_id=firm.id),
        person(session, "Désirée van der IJssel", first_name="Désirée", street="Gracht 7", zip="1012 AB", city="Amsterdam", country="NL"),
        person(session, "[[ config ]] <w:t>{{7*7}}", "hvem@fjord.test", street="Vei 1", zip="0184", city="Oslo"),
        person(session, "Uten Adresse"),
    )
    create_project(session, "Båtmesse")
    describe_project(session, "Båtmesse", {"number": "P-1"})
    (folder / "salg.csv").write_text("number,name,amount,currency\nS-7,Lenestol «Bjørn»,12500.50,NOK\n", encoding="utf-8")
    import_sales(session, folder / "salg.csv")


def _folder(place: Path, template: bytes = TEMPLATE, **document: str) -> Path:
    """A mailing's folder."""
    folder = place / "brev"
    folder.mkdir(exist_ok=True)
    said = {"template": "brev.docx", "heading": "Tilbud", "our_ref": "[[ numb or '-' ]]/[[ pnum ]]", "sale": "S-7"} | document
    told = {"name": "brev", "type": "document", "archive": {"project": "Båtmesse"}, "sources": [{"selection": "Kunder"}], "document": said}
    (folder / "mailing.yaml").write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")
    (folder / "brev.docx").write_bytes(template)
    return folder


def _printed(db: Database, chosen: Settings) -> Path:
    """Send it, and the PDF of it."""
    with db.writing() as session:
        mailing = mailing_named(session, "brev")
        mailing.move("begin")
        populate(session, mailing, launch=True)
        lifecycle.begin_sending(session, mailing)
    with conducting(db, "brev", chosen) as run:
        with db.writing() as session:
            prepare(session, run, mailing_named(session, "brev"), chosen)
        while deliver_portion(db, run, 100).more:
            pass
        with db.writing() as session:
            assert closing.close(session, mailing_named(session, "brev")).status is MailingStatus.SENT
    letters = print_letters(db, "brev", chosen)
    return letters.folder / letters.files[0].pdf


def _text(pdf: Path, page: int) -> list[str]:
    """The lines on a page."""
    command = ["pdftotext", "-f", str(page), "-l", str(page), str(pdf), "-"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line.strip() for line in shown.splitlines() if line.strip("\f ")]


@OFFICE
def test_letters_from_word(db: Database, printing: Settings, tmp_path: Path) -> None:
    """Everybody with an address has one letter that says what it should, in order, with a bookmark; what a name holds stays text."""
    with db.writing() as session:
        _people(session, tmp_path)
        mailing = push(session, _folder(tmp_path, sort="last_name"))
        session.flush()
        assert check(session, mailing, printing, []).problems == []
    pdf = _printed(db, printing)
    with pikepdf.open(pdf) as found:
        assert len(found.pages) == 3
        titles = [str(item.title) for item in found.open_outline().root]
    assert sorted(titles) == sorted(["Åse Ødegård", "Désirée van der IJssel", "[[ config ]] <w:t>{{7*7}}"])
    about = ["Om Båtmesse og Lenestol «Bjørn» til 12500.50 NOK.", "Hilsen Vårt Firma AS"]
    assert _text(pdf, titles.index("Åse Ødegård") + 1) == [
        "Tilbud", "Åse Ødegård", "Ærlig & Sønner AS", "Havnegate 2", "5004 Bergen", "Vår ref. K-7/P-1", "Kjære Åse,",
        "Til Ærlig & Sønner AS.", *about,
    ]  # fmt: skip
    assert _text(pdf, titles.index("Désirée van der IJssel") + 1) == [
        "Tilbud", "Désirée van der IJssel", "Gracht 7", "1012 AB Amsterdam", "NETHERLANDS", "Vår ref. -/P-1", "Kjære Désirée,", *about,
    ]  # fmt: skip
    assert _text(pdf, titles.index("[[ config ]] <w:t>{{7*7}}") + 1)[1:5] == [
        "[[ config ]] <w:t>{{7*7}}", "Vei 1", "0184 Oslo", "Vår ref. -/P-1",
    ]  # fmt: skip
    with pdf.with_suffix(".csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row[1] for row in csv.reader(file)][1:] == titles
    with db.reading() as session:
        assert list(session.scalars(select(Delivery.status))) == [DeliveryStatus.SENT] * 3


def _problems(db: Database, chosen: Settings, tmp_path: Path, template: bytes) -> list[str]:
    """What preflight says of a template."""
    with db.writing() as session:
        _people(session, tmp_path)
        return check(session, push(session, _folder(tmp_path, template)), chosen, []).problems


def test_unknown_tags_are_problems(db: Database, printing: Settings, tmp_path: Path) -> None:
    """A tag nothing is known of, and a link, keep the letters from being printed, named with their place."""
    problems = _problems(db, printing, tmp_path, written("Hei {attn} {zzzz}", "[[ link.unsubscribe ]]"))
    assert "brev.docx paragraph 1: zzzz is not a variable." in problems
    assert any("link.unsubscribe" in problem for problem in problems)


def test_what_is_no_word_document(db: Database, printing: Settings, tmp_path: Path) -> None:
    """A file that only is called .docx is a problem, with what to do."""
    assert any("save it in Word as .docx" in problem for problem in _problems(db, printing, tmp_path, b"Hei {attn}"))


def test_without_libreoffice(db: Database, printing: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where LibreOffice is not installed preflight says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    problems = _problems(db, printing, tmp_path, written("Hei {attn}"))
    assert [problem for problem in problems if "LibreOffice" in problem] == [
        "Letters written in Word are printed by LibreOffice, and it is not installed: install libreoffice-writer-nogui (Debian, Ubuntu) "
        "or LibreOffice, or set MAILINGS_LIBREOFFICE to where its soffice is."
    ]


def test_a_sale_there_is_not(db: Database, printing: Settings, tmp_path: Path) -> None:
    """A number no sale has is refused with what to do, where the letters would say nothing of it without a word."""
    with db.writing() as session:
        _people(session, tmp_path)
        with pytest.raises(NotFound, match="no sale numbered 'S-9'; see them all: mailings sales list"):
            push(session, _folder(tmp_path, sale="S-9"))


def test_a_template_in_several_languages(db: Database, printing: Settings, tmp_path: Path) -> None:
    """The mailing chooses the language of its template; one there is none in is refused with those there are (domain.md B.5)."""
    with db.writing() as session:
        _people(session, tmp_path)
        folder = _folder(tmp_path, language="da")
        (folder / "brev.nl.docx").write_bytes(TEMPLATE)
        with pytest.raises(Unreadable, match=r"brev.da.docx.*languages there are: nl"):
            push(session, folder)
        (folder / "brev.da.docx").write_bytes(TEMPLATE)
        push(session, folder)
        assert list(session.scalars(select(MailingFile.name))) == ["brev.da.docx"]
