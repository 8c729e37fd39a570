"""notify-staff writes to whom the variable names, and says so where it names nobody."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from prefect.variables import Variable

from flows.notify_staff import notify_staff
from mailings.db import Database
from mailings.model import MailingStatus
from mailings.settings import Settings, settings
from tasks.notifying import VARIABLE, who_is_told
from tests.sending import world

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch, configured: Settings, tmp_path: Path) -> Iterator[Path]:
    """The Maildir of an installation that names a sender; the variable is gone afterwards."""
    monkeypatch.setenv("MAILINGS_SYSTEM_FROM", "Fjord <post@fjord.test>")
    settings.cache_clear()
    yield tmp_path / "outbox" / "new"
    Variable.unset(VARIABLE)


def test_they_are_written_to(db: Database, outbox: Path) -> None:
    """Everybody the variable names has one message, however often the run is started again."""
    world.mailing(db, "høst-nytt", 2, status=MailingStatus.PAUSED)
    Variable.set(VARIABLE, ["ase@fjord.test", "jan@fjord.test"], overwrite=True)
    assert notify_staff("høst-nytt", "paused", "The server refuses all.") == 2
    assert notify_staff("høst-nytt", "paused", "The server refuses all.") == 0
    letters = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in outbox.iterdir()]
    assert sorted(letter["To"] for letter in letters) == ["ase@fjord.test", "jan@fjord.test"]
    assert {letter["Subject"] for letter in letters} == {"høst-nytt is paused"}


def test_nobody_is_named(db: Database, outbox: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With an empty variable, or none, the run is completed, and its log says where to write whom to tell."""
    world.mailing(db, "høst-nytt", 2, status=MailingStatus.PAUSED)
    assert notify_staff("høst-nytt") == 0
    Variable.set(VARIABLE, [], overwrite=True)
    assert notify_staff("høst-nytt") == 0
    assert caplog.text.count("Nobody is told: write") == 2
    assert not outbox.exists()


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("ase@fjord.test, jan@fjord.test", ["ase@fjord.test", "jan@fjord.test"]),
        (["ase@fjord.test", 7, ""], ["ase@fjord.test"]),
        ({"to": "x"}, []),
    ],
)
def test_what_people_write_there(outbox: Path, value: object, named: list[str]) -> None:
    """A list, or one text with commas; what is neither names nobody."""
    Variable.set(VARIABLE, value, overwrite=True)  # type: ignore[arg-type]
    assert who_is_told.fn() == named


def test_an_unknown_mailing(db: Database, outbox: Path) -> None:
    """A run was asked for a mailing that is not there: the staff is told so, and the run that tells them is completed."""
    Variable.set(VARIABLE, ["ase@fjord.test"], overwrite=True)
    assert notify_staff(" vår-nytt ", "failed", "There is no mailing named vår-nytt.") == 1
    (letter,) = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in outbox.iterdir()]
    assert letter["Subject"] == "vår-nytt was not sent: there is no such mailing"
