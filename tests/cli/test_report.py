"""`mailings report` and `mailings compare`, typed as a person would."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import IO

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from mailings.clock import now
from mailings.db import Database
from mailings.errors import NotAllowed
from mailings.model import DeliveryStatus, Mailing, MailingStatus
from mailings.reports.outfile import written
from tests.cli.typed import type_in
from tests.consent.waiting import a_mailing as draft
from tests.consent.waiting import queue
from tests.reports.read_back import a_mailing
from tests.tracking.visiting import SENT, record, visit


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a database of its own, and in it the mailing of test vector (e)."""
    assert type_in(tmp_path, "init").returncode == 0
    a_mailing(Database(f"sqlite:///{tmp_path}/var/mailings.db"))
    return tmp_path


def test_on_the_screen(place: Path) -> None:
    """Rates stand as domain.md H.2 writes them, links and causes with their bars, and where the rest is; nothing by an identifier."""
    shown = type_in(place, "report", "høst-nytt")
    assert (shown.returncode, shown.stderr) == (0, "")
    for words in ("57.14 % (4)", "42.86 % (3)", "30.00 % (3)", "opened by machines", "https://fjord.test/høst/1", "No such mailbox", "█"):
        assert words in shown.stdout
    assert "_" not in shown.stdout
    assert "--html høst-nytt.html --xlsx høst-nytt.xlsx" in shown.stdout


def test_domains_as_people_write_them(place: Path) -> None:
    """The screen, the page and the workbook say søn.test; the JSON what the mail goes to, xn--sn-lka.test."""
    db = Database(f"sqlite:///{place}/var/mailings.db")
    with db.writing() as session:
        mailing = draft(session, "vår", status=MailingStatus.SENT, finished_at=SENT)
        one = queue(session, mailing, "åse@xn--sn-lka.test", DeliveryStatus.SENT)
        one.sent_at, number = SENT, one.id
    record(db, visit(number))
    shown = type_in(place, "report", "vår").stdout
    assert ("søn.test" in shown, "xn--" in shown) == (True, False)
    done = type_in(place, "report", "vår", "--json", "--xlsx", "vår.xlsx", "--html", "vår.html")
    assert [row["domain"] for row in json.loads(done.stdout)["domains"]] == ["xn--sn-lka.test"]
    assert '<th scope="row">søn.test</th>' in (place / "vår.html").read_text(encoding="utf-8")
    book = load_workbook(place / "vår.xlsx", read_only=True)
    assert "søn.test" in [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]


def test_files(place: Path) -> None:
    """Workbook and page are written in the language asked for, beside the JSON alone on its line; a file that is there is replaced."""
    (place / "høst.html").write_text("old", encoding="utf-8")
    done = type_in(place, "report", "høst-nytt", "--json", "--xlsx", "høst.xlsx", "--html", "høst.html", "--language", "da")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["delivered"], document["open_rate"], document["bounced"]) == (7, 4 / 7, 3)
    assert done.stderr == "The workbook is høst.xlsx.\nThe page is høst.html.\n"
    book = load_workbook(place / "høst.xlsx", read_only=True)
    assert book.sheetnames == ["Oversigt", "Modtagere", "Links", "Afviste", "Timer"]
    assert len(list(book["Modtagere"].iter_rows())) == 15
    assert "57,14 %" in (place / "høst.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in place.iterdir()) == ["høst.html", "høst.xlsx", "var"]


def test_what_cannot_be_written(place: Path) -> None:
    """A place that is none and a language that is none are one sentence each, and nothing is left behind."""
    nowhere = type_in(place, "report", "høst-nytt", "--xlsx", "ingen/høst.xlsx")
    assert (nowhere.returncode, nowhere.stdout) == (1, "")
    assert nowhere.stderr == "✗ ingen/høst.xlsx cannot be written: No such file or directory; choose another place with --xlsx.\n"
    assert "en, nl, da, no, sv, de" in type_in(place, "report", "høst-nytt", "--language", "fr").stderr
    assert "vår" in type_in(place, "report", "vår").stderr
    twice = type_in(place, "report", "høst-nytt", "--xlsx", "høst", "--html", "var/../høst")
    assert (twice.returncode, twice.stderr) == (1, "✗ --xlsx and --html both name høst; name a file for each.\n")
    assert [path.name for path in place.iterdir()] == ["var"]


def break_off(file: IO[bytes]) -> None:
    """Write a part, and come to nothing."""
    file.write(b"half")
    raise ZeroDivisionError


def test_whole_or_not_at_all(tmp_path: Path) -> None:
    """A file that is not finished does not take the place of the one there; a finished one may be read by whom the umask lets,
    a private one by its owner."""
    path = tmp_path / "ø.txt"
    path.write_bytes(b"before")
    with pytest.raises(ZeroDivisionError), written(path, "--html") as file:
        break_off(file)
    assert path.read_bytes() == b"before"
    with written(path, "--html") as file:
        file.write(b"whole")
    (tmp_path / "plain").touch()
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"whole", stat.S_IMODE((tmp_path / "plain").stat().st_mode))
    with written(path, "a setting", private=True) as file:
        file.write(b"hers")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"hers", 0o600)
    assert len(list(tmp_path.iterdir())) == 2
    with pytest.raises(NotAllowed, match="--html"), written(tmp_path, "--html"):
        pass


def test_a_device_is_written_to(tmp_path: Path) -> None:
    """What is no file, a pipe or /dev/stdout, gets the bytes and stays what it is: nothing takes its place."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with written(pipe, "--html") as file:
        file.write(b"whole")
    assert os.read(reader, 100) == b"whole"
    os.close(reader)
    assert pipe.is_fifo()


def test_compare(place: Path) -> None:
    """Mailings stand beside each other with their rates, by topic, and with what the year came to; the JSON has the same."""
    database = Database(f"sqlite:///{place}/var/mailings.db")
    with database.writing() as session:
        session.scalars(select(Mailing)).one().started_at = now()  # this year, whichever it is
    shown = type_in(place, "compare")
    assert (shown.returncode, shown.stderr) == (0, "")
    for words in ("høst-nytt", "57.14 %", "42.86 %", "30.00 %", "This year: 1 mailing to 10 recipients"):
        assert words in shown.stdout
    document = json.loads(type_in(place, "compare", "--json", "--sort", "open_rate", "--type", "email").stdout)
    assert [(one["name"], one["open_rate"], one["bounced"]) for one in document["mailings"]] == [("høst-nytt", 4 / 7, 3)]
    assert (document["topics"][0]["topic"], document["topics"][0]["click_rate"], document["this_year"]["mailings"]) == (None, 3 / 7, 1)
    assert document["best"] == []  # seven reached: too few to say
    assert "never begun" not in type_in(place, "compare", "--since", "2026-01-01").stdout
    assert "ever begun" in type_in(place, "compare", "--type", "sms").stdout
    for wrong in (["--since", "i går"], ["--sort", "luck"], ["--topic", "Nyheter"], ["--folder", "2026"], ["--type", "fax"]):
        said = type_in(place, "compare", *wrong)
        assert (said.returncode in (1, 2), said.stdout, said.stderr.count("\n")) == (True, "", 1), wrong
