"""`mailings limits`, typed as a person would."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.cli.typed import type_in


def test_set_show_remove(tmp_path: Path) -> None:
    """A limit is set, shown as a table and as JSON, changed, and taken away again."""
    type_in(tmp_path, "init")
    assert "There are no limits" in type_in(tmp_path, "limits").stdout
    told = type_in(tmp_path, "limits", "set", "domain:Bücher.test", "--rate", "600", "--burst", "20")
    assert (told.returncode, told.stderr) == (0, "")
    assert "domain:bücher.test" in told.stdout
    there = datetime.now(UTC).astimezone(ZoneInfo("Europe/Oslo"))
    since, until = (f"{there + timedelta(hours=hours):%H:%M}" for hours in (-6, 6))
    type_in(tmp_path, "limits", "set", "installation", "--quiet", f"{since}-{until}", "--zone", "Europe/Oslo")
    table = type_in(tmp_path, "limits", MAILINGS_RATE="3000").stdout
    assert table.index("installation") < table.index("domain:bücher.test")
    assert "3000" in table
    assert f"Now in force: quiet hours of the installation, {since} to {until} in Europe/Oslo." in table
    document = json.loads(type_in(tmp_path, "limits", "show", "--json").stdout)
    assert [one["name"] for one in document["limits"]] == ["installation", "domain:xn--bcher-kva.test"]
    assert document["limits"][0]["quiet"] == f"{since}-{until}"
    assert (document["limits"][1]["per_minute"], document["limits"][1]["burst"], document["limits"][1]["free_in_s"]) == (600, 20, 0)
    assert "domain:bücher.test is no longer limited." in type_in(tmp_path, "limits", "remove", "domain:bücher.test").stdout
    assert len(json.loads(type_in(tmp_path, "limits", "show", "--json").stdout)["limits"]) == 1


def test_rubbish_is_one_sentence(tmp_path: Path) -> None:
    """What cannot be read ends with 2, what does not exist with 1, each with one sentence on standard error and nothing stored."""
    type_in(tmp_path, "init")
    for words, code in (
        (("set", "gmail.com", "--rate", "5"), 2),
        (("set", "installation", "--quiet", "21"), 2),
        (("set", "installation"), 2),
        (("set", "transport:pigeon", "--rate", "5"), 1),
        (("remove", "domain:gmail.com"), 1),
    ):
        told = type_in(tmp_path, "limits", *words)
        assert (told.returncode, told.stdout, len(told.stderr.strip().splitlines())) == (code, "", 1), words
    assert json.loads(type_in(tmp_path, "limits", "show", "--json").stdout) == {"limits": []}


def test_help_teaches(tmp_path: Path) -> None:
    """`--help` shows each kind of limit as a person would type it."""
    told = type_in(tmp_path, "limits", "set", "--help").stdout
    for example in ("domain:gmail.com --rate 600", "--quiet 21:00-07:00 --zone Europe/Oslo", "--ramp-first 50"):
        assert example in told
