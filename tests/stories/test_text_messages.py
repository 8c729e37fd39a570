"""Text messages from a list of names and numbers: killed in the middle, started again, reported; nobody twice. Both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from mailings.audience.drafts import push
from tests.audience.texts import text_folder
from tests.stories.conftest import Office

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("stories")]

PEOPLE = 1500
TEXT = "Kjære [[ customer.name or 'nabo' ]], blåbærene er modne på Østlandet. Hilsen Acme"


def numbers() -> str:
    """A list as somebody keeps it: names with numbers, and numbers alone."""
    named = (f"Désirée van der IJssel {n}, , 9{n:07}" for n in range(10_000, 10_000 + PEOPLE - 2))
    return "\n".join([*named, " , , 99887766", "Åse Ødegård, ase@fjord.test, 998 87 767", "Bjørn, , 22 22 55 55"]) + "\n"


def texts(folder: Path) -> list[str]:
    """Every text message in the outbox."""
    return [file.read_text() for file in (folder / "var" / "outbox" / "sms").iterdir()]


def test_killed_in_the_middle(office: Callable[..., Office]) -> None:
    """Pushed, checked, sent, killed with kill -9, sent again: nobody has two messages, the open ones are in doubt, books balance."""
    desk = office(1, MAILINGS_SMS_PRICE="0.45", MAILINGS_SMS_CURRENCY="NOK", MAILINGS_RATE="30000")
    folder = desk.folder / "sms"
    folder.mkdir()
    (folder / "numbers.txt").write_text(numbers())
    source = {"import": "numbers.txt", "consent": "consent", "unknown": "keep"}
    with desk.db.writing() as session:
        notes: list[str] = []
        push(session, text_folder(folder, name="bær", sms={"sender": "Acme", "text": TEXT}, sources=[source]), notes)
    assert notes == [f"numbers.txt: row {PEOPLE + 1}, mobile: 22 22 55 55 cannot be used: It is no mobile number."]
    checked = orjson.loads(desk.command("check", "bær", "--json").stdout)
    assert checked["problems"] == []
    assert (
        checked["notes"] == [f"1 part each, {PEOPLE:,} parts to {PEOPLE:,} recipients, cost 675.00 NOK."] or "about" in checked["notes"][0]
    )
    desk.killed_at(500, "send", "bær")
    assert desk.command("send", "bær", "--json").returncode == 0
    status = orjson.loads(desk.command("status", "bær", "--json").stdout)
    found = status["deliveries"]
    assert (status["status"], status["balanced"]) == ("sent", True)
    assert found["sent"] + found["in_doubt"] == PEOPLE
    went = Counter(text.splitlines()[0] for text in texts(desk.folder))
    assert max(went.values()) == 1
    assert found["sent"] <= len(went) <= PEOPLE
    (ase,) = [text for text in texts(desk.folder) if "Åse" in text] or [""]
    if ase:  # unless hers was in hand when the process died
        assert ase.startswith("To: +4799887767\nFrom: Acme\nParts: 1\n")
        assert ase.endswith("\n\nKjære Åse Ødegård, blåbærene er modne på Østlandet. Hilsen Acme\n")
    report = desk.command("report", "bær").stdout
    assert "Opened" not in report
    assert "Delivered" in report
