"""Letters at the desk: the PDF and the addresses are fetched by who is signed in, and nothing else of the folder is."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import select

from mailings.db import Database
from mailings.model import Mailing, Role
from mailings.sending import lifecycle
from mailings.settings import Settings
from tests.stories.lettered import NAME, PEOPLE, furnish, into_word, printed
from tests.transports.pdf_stage import must_print
from tests.web.desk.seated import seated

HERE = f"/mailings/{quote(NAME)}"


@pytest.fixture
def place(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of documents, and the draft of letters; skips, saying why, where nothing can be printed."""
    must_print()
    monkeypatch.setenv("MAILINGS_DOCUMENT_PATH", str(tmp_path / "documents"))
    furnish(db)
    return tmp_path / "documents"


def test_the_pdf_and_the_addresses_are_fetched(db: Database, place: Path) -> None:
    """The Summary leads to both; they come whole, as files to be saved under their names; no tile speaks of opens and clicks."""
    printed(db, Settings(document_path=place))
    with seated(db, Role.READER, document_path=place) as seat:
        page = seat.look(HERE).text
        assert f"{len(PEOPLE)} letters on {2 * len(PEOPLE)} pages" in page
        assert "opened" not in page.split("letters on")[0]
        for file, kind in ((f"{NAME}.pdf", "application/pdf"), (f"{NAME}.csv", "text/csv; charset=utf-8")):
            assert f'href="/desk/mailings/{NAME}/letters/{quote(file)}"' in page
            answer = seat.look(f"{HERE}/letters/{quote(file)}")
            assert answer.status_code == 200
            assert answer.headers["content-type"] == kind
            assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{quote(file)}"
            assert answer.content == (place / NAME / file).read_bytes()


@pytest.mark.parametrize("file", ["printed.json", "owner", "lock", "..%2F..%2Fmailings.db", "brev.pdf", "%2Fetc%2Fpasswd"])
def test_nothing_else_of_the_folder_is_shown(db: Database, place: Path, file: str) -> None:
    """Only names of files that were made for the mailing; whoever is not signed in gets none of them."""
    printed(db, Settings(document_path=place))
    with seated(db, Role.READER, document_path=place) as seat:
        assert seat.look(f"{HERE}/letters/{file}").status_code == 404
        seat.client.cookies.clear()
        assert seat.look(f"{HERE}/letters/{quote(NAME)}.pdf").status_code in (303, 401)


def test_a_pdf_that_was_taken_away(db: Database, place: Path) -> None:
    """It is said on the page, and asked for it is not there; the page stands."""
    printed(db, Settings(document_path=place))
    (place / NAME / f"{NAME}.pdf").unlink()
    with seated(db, Role.READER, document_path=place) as seat:
        assert "is not in the folder of documents any more" in seat.look(HERE).text
        assert seat.look(f"{HERE}/letters/{quote(NAME)}.pdf").status_code == 404


def test_a_cancelled_one_may_be_bound(db: Database, place: Path) -> None:
    """Of a mailing that was cancelled, a sender may ask for a PDF of what is printed; where that is nothing, it says so."""
    with db.writing() as session:
        lifecycle.cancel(session, session.scalars(select(Mailing)).one())
    with seated(db, Role.SENDER, document_path=place) as seat:
        assert "Make a PDF of what is printed so far" in seat.look(HERE).text
        assert seat.press(f"{HERE}/letters").status_code == 303
        assert "Everything that is printed is in a PDF already." in seat.look(HERE).text


def test_a_reader_binds_nothing(db: Database, place: Path) -> None:
    """The button is not theirs, and neither is what it does."""
    with db.writing() as session:
        lifecycle.cancel(session, session.scalars(select(Mailing)).one())
    with seated(db, Role.READER, document_path=place) as seat:
        assert "Make a PDF of what is printed so far" not in seat.look(HERE).text
        assert seat.press(f"{HERE}/letters").status_code == 403


def test_the_letter_is_shown(db: Database, place: Path) -> None:
    """Content shows the letter for an invented recipient, in a frame that fetches nothing; nothing speaks of e-mail or of bounces."""
    with seated(db, Role.READER, document_path=place) as seat:
        page = seat.look(f"{HERE}/content")
        assert page.status_code == 200
        for told in ("<h2>Årsmøte</h2>", "brev.html", "country and postal code", "each letter begins on a sheet of its own"):
            assert told in page.text
        for other in ("Text part", *(f"{NAME}/{tab}" for tab in ("preview", "bounces", "links"))):
            assert other not in page.text
        letter = seat.look(f"{HERE}/content/message")
        for told in ("Åse Ødegård\nBlåbær &amp; Sønner AS\nBjørkeveien 7\n5004 Bergen", "<h1>Årsmøte</h1>", "Kjære Åse Ødegård,"):
            assert told in letter.text
        policy = letter.headers["content-security-policy"]
        assert "default-src 'none'; img-src data:;" in policy
        assert policy.endswith("sandbox")
        assert seat.look(f"{HERE}/content/template").status_code == 404


def test_a_template_that_cannot_be_filled(db: Database, place: Path) -> None:
    """Its trouble is said above it, and the page and the frame stand."""
    with db.writing() as session:
        session.scalars(select(Mailing)).one().html = "<p>Kjære [[ zzzz ]]</p>"
    with seated(db, Role.READER, document_path=place) as seat:
        assert "zzzz is not a variable" in seat.look(f"{HERE}/content").text
        assert "[[ zzzz ]]" in seat.look(f"{HERE}/content/message").text


def test_a_word_template_is_fetched(db: Database, place: Path) -> None:
    """Content names the Word document, and offers it under its name, as it was pushed."""
    into_word(db)
    with seated(db, Role.READER, document_path=place) as seat:
        page = seat.look(f"{HERE}/content").text
        assert "It is written in Word: brev.docx." in page
        assert "<iframe" not in page
        answer = seat.look(f"{HERE}/content/template")
        assert (answer.status_code, answer.headers["content-disposition"]) == (200, "attachment; filename*=UTF-8''brev.docx")
        assert answer.content.startswith(b"PK")


def test_its_reports_speak_of_letters(db: Database, place: Path) -> None:
    """How many are printed and how many failed; nothing of what only e-mail has."""
    printed(db, Settings(document_path=place))
    with seated(db, Role.READER, document_path=place) as seat:
        page = seat.look(f"{HERE}/reports").text
        assert f"<dt>Letters printed</dt><dd>{len(PEOPLE)}</dd>" in page
        for other in ("Delivered", "Bounced", "Opened", "Clicked"):
            assert f"<dt>{other}</dt>" not in page
        assert seat.look(f"{HERE}/recipients").status_code == 200
        assert "<dt>From</dt>" not in seat.look(HERE).text
