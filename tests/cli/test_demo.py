"""The demo: the same people each time, a folder of its own, and at its end books that balance."""

from __future__ import annotations

import email
import email.policy
import json
import os
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from cli.demo.people import Invented, invented
from cli.demo.place import MARK, PLAYED, at_home, fresh_place
from cli.demo.readers import two_days_pass
from cli.demo.workbook import HEADS, write_people
from mailings.addresses import read_address
from mailings.clock import now
from mailings.db import Database
from mailings.errors import NotAllowed
from mailings.model import Consent, Mailing, MailingType, Person
from mailings.settings import settings
from tests.audience.people import person
from tests.cli.typed import type_in


def test_people_are_invented_alike_each_time() -> None:
    """The same count gives the same people; a longer list begins with the shorter one."""
    assert list(invented(50)) == list(invented(50))
    assert list(invented(80))[:50] == list(invented(50))


def test_people_are_as_mixed_as_real_ones() -> None:
    """Names have their letters, some people said no or nothing, some addresses are wrong, some rows come twice."""
    people = list(invented(2000))
    letters = {sign for person in people for sign in person.name.casefold()}
    assert set("æøåäöëïé'") <= letters
    assert sum(" van " in person.name or " de " in person.name for person in people) > 10
    assert {person.consent for person in people} >= {"", "withdrawn", "consent", "ja"}
    assert sum("News" in person.opted_out for person in people) > 50
    assert 5 < sum(bool(person.email) and read_address(person.email).normal is None for person in people) < 60
    addresses = Counter(read_address(person.email).normal for person in people)
    assert sum(count > 1 for address, count in addresses.items() if address) > 10


def test_nobody_real_can_be_reached() -> None:
    """Every address that can be read ends in .test, which no mail server will ever serve."""
    normals = [read_address(person.email).normal for person in invented(2000)]
    assert all(normal.endswith(".test") for normal in normals if normal)


def test_the_list_is_one_a_colleague_would_send(tmp_path: Path) -> None:
    """A title and an empty row stand above the heads, a total stands below, and empty cells are empty."""
    people = list(invented(30))
    assert write_people(people, tmp_path / "people.xlsx") == 30
    rows = list(load_workbook(tmp_path / "people.xlsx").active.iter_rows(values_only=True))
    assert rows[0][0].startswith("Vindheim")
    assert rows[2] == HEADS
    assert Invented(*("" if cell is None and column < 9 else cell for column, cell in enumerate(rows[3]))) == people[0]
    assert rows[-1][:2] == ("Total", 30)


def test_two_days_pass_for_everything(any_db: Database) -> None:
    """Moved back with its mailing goes what was known when it went: nobody of the demo seems written to before they said yes."""
    with any_db.writing() as session:
        person(session, "Åse Ødegård")
        sent = Mailing(name="høst-nytt", type=MailingType.EMAIL, created_at=now(), started_at=now())
        session.add(sent)
        session.flush()
        two_days_pass(session, sent)
        consents, people = session.scalars(select(Consent.given_at)).all(), session.scalars(select(Person.created_at)).all()
        assert sent.started_at is not None
        assert sent.started_at < now() - timedelta(days=1)
        assert [moment <= sent.started_at for moment in (*consents, *people)] == [True, True]


def test_somebodys_own_folder_is_left_alone(tmp_path: Path) -> None:
    """A folder with files in it that no demo made is refused, and nothing in it is touched."""
    (tmp_path / "novel.txt").write_text("Chapter one", encoding="utf-8")
    with pytest.raises(NotAllowed, match="holds something else"):
        fresh_place(tmp_path)
    assert (tmp_path / "novel.txt").read_text(encoding="utf-8") == "Chapter one"


def test_an_earlier_demo_is_replaced(tmp_path: Path) -> None:
    """What an earlier demo left is gone when the next one begins."""
    place = fresh_place(tmp_path / "demo")
    (place / "var").mkdir()
    (place / "var/mailings.db").touch()
    again = fresh_place(place)
    assert {path.name for path in again.iterdir()} == {MARK, ".env", *PLAYED}


def test_a_real_installation_is_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment says, inside the demo the defaults hold; afterwards the environment is as it was."""
    monkeypatch.setenv("MAILINGS_DATABASE_URL", "postgresql+psycopg://real/one")
    monkeypatch.setenv("MAILINGS_EMAIL_TRANSPORT", "smtp")
    before = Path.cwd()
    with at_home(fresh_place(tmp_path / "demo")):
        assert settings().database_url.get_secret_value() == "sqlite:///var/mailings.db"
        assert settings().email_transport == "folder"
        assert Path.cwd() == (tmp_path / "demo").resolve()
    assert os.environ["MAILINGS_EMAIL_TRANSPORT"] == "smtp"
    assert Path.cwd() == before
    settings.cache_clear()


@pytest.mark.prefect
@pytest.mark.slow
@pytest.mark.xdist_group("engine")
def test_the_whole_demo(tmp_path: Path) -> None:
    """From nothing to figures: everyone eligible has one message in the mail folder, the books balance, and the last screen names them."""
    told = type_in(tmp_path, "demo", "--people", "150", "--dir", "play")
    assert told.returncode == 0, told.stdout + told.stderr
    place = tmp_path / "play"
    status = json.loads(type_in(place, "status", "autumn-news", "--json").stdout)
    assert (status["status"], status["balanced"]) == ("sent", True)
    assert {"no_consent", "not_subscribed", "duplicate", "blocked_address", "complained", "retired"} <= status["recipients"][
        "excluded"
    ].keys()
    files = list((place / "var/outbox/new").iterdir())
    messages = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
    letters = [one for one in messages if "light is leaving" in one["Subject"]]
    assert [one["Subject"].startswith("Vi ses på hytta") for one in messages if one not in letters].count(True) == 1
    assert len(messages) == len(letters) + 4  # three links to confirm, and the answer
    assert [file.name for file in (place / "var/documents").rglob("*.pdf")]
    assert all("nøkkelen" in file.read_text(encoding="utf-8") for file in (place / "var/outbox/sms").glob("*.sms"))
    form = json.loads(type_in(place, "forms", "show", "hut-weekend", "--json").stdout)["submissions"]
    assert (form["processed"], form["submitted"], form["unconfirmed"], form["failed"]) == (1, 1, 1, 0)
    assert len(letters) == status["deliveries"]["sent"] + status["deliveries"]["bounced"] == status["recipients"]["eligible"] > 50
    assert status["deliveries"]["bounced"] > 0
    report = json.loads(type_in(place, "report", "autumn-news", "--json").stdout)
    assert 0 < report["open_rate"] < 1 > report["bounce_rate"] > 0
    assert "Opens" in (place / "report.html").read_text(encoding="utf-8")
    assert len({letter["To"] for letter in letters}) == len(letters)
    assert f"{len(messages):,} messages" in told.stdout
    assert "explain autumn-news" in told.stdout
    assert "Dear " in (place / "newsletter.html").read_text(encoding="utf-8")
