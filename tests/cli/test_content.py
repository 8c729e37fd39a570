"""`mailings check`, `preview` and `test`, typed as a person would."""

from __future__ import annotations

import email
import email.policy
import json
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.cli.typed import type_in

PEOPLE = "name;email\nÅse Ødegård;ase@fjord.test\nJürgen Groß;juergen@gross.test\nDésirée van der IJssel;desiree@ijssel.test\n"
MAILING = """
name: {name}
type: email
subject: "[[ customer.firstname or 'Du' ]], høsten er her"
preheader: Tre ting i oktober
from: {{name: Fjørd, address: nyheter@fjord.test, use: always}}
sources: [{{selection: Lesere}}]
html: body.html
images: {{logo: logo.png}}
"""
HTML = """<html><body><img src="cid:logo" alt="Fjørd"><h1>Hei [[ customer.name ]]</h1>
<p><a href="https://fjord.test/tilbud">Tilbud</a> [% if customer.email %]til [[ customer.email ]][% endif %]</p>
<p><a href="[[ link.unsubscribe ]]">Meld av</a></p></body></html>"""
PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154789c6300010000050001")


def pushed(folder: Path, name: str, html: str = HTML) -> None:
    """The mailing as a draft of the installation in `folder`."""
    source = folder / name
    source.mkdir()
    (source / "mailing.yaml").write_text(MAILING.format(name=name))
    (source / "body.html").write_text(html)
    (source / "logo.png").write_bytes(PIXEL)
    done = type_in(folder, "push", str(source))
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with three people, a mailing that is fit to go, and one that is not."""
    made = tmp_path_factory.mktemp("installation")
    (made / "people.csv").write_text(PEOPLE)
    assert type_in(made, "init").returncode == 0
    done = type_in(made, "people", "import", "people.csv", "--consent", "consent", "--selection", "Lesere")
    assert done.returncode == 0, done.stderr
    pushed(made, "autumn")
    pushed(made, "broken", HTML.replace("customer.name", "customer.nmae").replace('href="[[ link.unsubscribe ]]"', 'href="#"'))
    return made


def test_check(folder: Path) -> None:
    """A mailing that is fit to go says what to do next, exit 0; as JSON it is one document on one line."""
    told = type_in(folder, "check", "autumn")
    assert told.returncode == 0, told.stderr
    assert "mailings send autumn" in told.stdout
    as_json = type_in(folder, "check", "autumn", "--json")
    assert len(as_json.stdout.splitlines()) == 1
    assert json.loads(as_json.stdout) == {"problems": [], "warnings": [], "notes": []}


def test_check_finds_problems(folder: Path) -> None:
    """Problems are exit 1, told to people one a line and to programs as JSON; the draft stays one."""
    told = type_in(folder, "check", "broken")
    assert told.returncode == 1
    assert "customer.nmae" in told.stdout
    assert "1 problem to be mended" in told.stdout
    found = json.loads(type_in(folder, "check", "broken", "--json").stdout)
    assert len(found["problems"]) == 1
    assert json.loads(type_in(folder, "status", "broken", "--json").stdout)["status"] == "draft"


def test_check_of_nothing(folder: Path) -> None:
    """A name nobody gave is one sentence with the nearest one, exit 1."""
    told = type_in(folder, "check", "autum")
    assert told.returncode == 1
    assert "autumn" in told.stderr


def test_preview(folder: Path) -> None:
    """One recipient's message: their name in subject and text; the page written for a browser shows its images by itself."""
    told = type_in(folder, "preview", "autumn", "--to", "ASE@fjord.test", "--out", "seen.html")
    assert told.returncode == 0, told.stderr
    assert "Åse, høsten er her" in told.stdout
    assert "Hei Åse Ødegård" in told.stdout
    page = (folder / "seen.html").read_text("utf-8")
    assert "til ase@fjord.test" in page
    assert 'src="data:image/png;base64,' in page
    assert "cid:" not in page


@pytest.mark.parametrize(
    ("words", "says", "code"),
    [
        (("--to", "nobody@fjord.test"), "mailings explain autumn nobody@fjord.test", 1),
        (("--to", "no address"), "no e-mail address", 2),
        (("--to", "ase@fjord.test", "--out", "missing/seen.html"), "cannot be written", 1),
    ],
)
def test_preview_refused(folder: Path, words: tuple[str, ...], says: str, code: int) -> None:
    """Somebody who is not on the list, no address, and a place that cannot be written are each one sentence."""
    told = type_in(folder, "preview", "autumn", *words)
    assert told.returncode == code
    assert says in told.stderr
    assert "Traceback" not in told.stderr


def test_preview_of_somebody_left_out(folder: Path) -> None:
    """Somebody who would not get it can be looked at all the same, and is said not to get it."""
    (folder / "more.csv").write_text("name;email\nKåre Ås;kare@fjord.test\n")
    assert type_in(folder, "people", "import", "more.csv", "--selection", "Lesere").returncode == 0
    told = type_in(folder, "preview", "autumn", "--to", "kare@fjord.test")
    assert told.returncode == 0, told.stderr
    assert "would not get it (no consent)" in told.stderr
    assert "Hei Kåre Ås" in told.stdout


def letters(folder: Path) -> list[EmailMessage]:
    """What lies in the installation's Maildir."""
    parse = email.message_from_bytes
    found = (folder / "var" / "outbox" / "new").iterdir()
    return [parse(path.read_bytes(), policy=email.policy.default) for path in found]


def test_test(folder: Path) -> None:
    """A test goes to the addresses given, with a recipient's data, and no figure knows of it."""
    told = type_in(folder, "test", "autumn", "--to", "meg@fjord.test; deg@fjord.test")
    assert told.returncode == 0, told.stderr
    assert told.stdout.count("sent") == 2
    assert sorted(str(letter["To"]).rpartition("<")[2].strip(">") for letter in letters(folder)) == ["deg@fjord.test", "meg@fjord.test"]
    status = json.loads(type_in(folder, "status", "autumn", "--json").stdout)
    assert set(status["deliveries"].values()) == {0}
    assert status["status"] == "draft"


@pytest.mark.parametrize("to", ["", " ; ", "meg@fjord.test; ingen"])
def test_test_to_nobody(folder: Path, to: str) -> None:
    """Without an address, or with one nobody could write to, nothing is sent and one sentence says so, exit 2."""
    before = len(list(folder.glob("var/outbox/new/*")))
    told = type_in(folder, "test", "autumn", "--to", to)
    assert told.returncode == 2
    assert len(told.stderr.strip().splitlines()) == 1
    assert len(list(folder.glob("var/outbox/new/*"))) == before
