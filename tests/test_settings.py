"""What an installation decides: defaults that need nothing, one order of sources, secrets kept, mistakes named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailings.errors import Unreadable
from mailings.settings import Settings, settings


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder without a .env, and settings read anew."""
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def test_nothing_has_to_be_set() -> None:
    """An installation runs without a single setting: SQLite under var/, a mail folder, the demo's secret."""
    assert settings().database_url.get_secret_value() == "sqlite:///var/mailings.db"
    assert settings().email_transport == "folder"
    assert settings().demo_secret


def test_the_environment_goes_before_the_file(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """.env goes before the default, and the environment before .env."""
    (elsewhere / ".env").write_text("MAILINGS_LANGUAGE=nl\nMAILINGS_DEFAULT_COUNTRY=NL\n", encoding="utf-8")
    monkeypatch.setenv("MAILINGS_LANGUAGE", "da")
    assert (settings().language, settings().default_country) == ("da", "NL")


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the signing secret nor the database's password appears where settings are printed."""
    monkeypatch.setenv("MAILINGS_SECRET", "blåbærsyltetøy")
    monkeypatch.setenv("MAILINGS_DATABASE_URL", "postgresql+psycopg://me:kodeord@127.0.0.1/x")
    shown = f"{settings()!r} {settings()}"
    assert "blåbær" not in shown
    assert "kodeord" not in shown
    assert not settings().demo_secret


def test_waits_are_written_in_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Durations are seconds, also parts of one."""
    monkeypatch.setenv("MAILINGS_RUN_PATIENCE", "1.5")
    assert settings().run_patience == timedelta(seconds=1.5)


@pytest.mark.parametrize(("name", "value"), [("RATE", "fast"), ("RATE", "0"), ("RUN_PATIENCE", "a while"), ("SPF_POLICY", "maybe")])
def test_a_value_that_makes_no_sense_is_one_sentence(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that cannot be read is named, in one line, without its value: it might be a secret in the wrong place."""
    monkeypatch.setenv(f"MAILINGS_{name}", value)
    with pytest.raises(Unreadable, match=f"^MAILINGS_{name} cannot be read: .+[.]$") as told:
        settings()
    assert "\n" not in str(told.value)
    assert value not in str(told.value).split(": ", 1)[1].split()


def test_settings_do_not_change_under_way() -> None:
    """Nothing can change a setting while a run goes on."""
    with pytest.raises(ValueError, match="frozen"):
        Settings().language = "sv"  # type: ignore[misc]  # the point of the test
