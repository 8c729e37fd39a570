"""Where the demo plays: a folder of its own with its own database, outbox and settings, apart from any real installation."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

from mailings.errors import NotAllowed
from mailings.settings import settings

EXAMPLES = Path(__file__).parents[2] / "examples"
PLAYED = ("autumn-news", "members-letter", "hut-text", "hut-weekend", "hut-weekend-answer")
ENV = """MAILINGS_BOUNCE_MAILBOX=maildir:var/returned
MAILINGS_SYSTEM_FROM=Vindheim <hytta@vindheim.test>
MAILINGS_COMPANY_NAME=Vindheim
MAILINGS_COMPANY_ADDRESS=Fjellveien 2, 6003 Ålesund
MAILINGS_DEFAULT_COUNTRY=NO
"""
MARK = ".mailings-demo"  # a folder without it is somebody's own and stays as it is


def fresh_place(place: Path) -> Path:
    """An empty demo folder with the examples in it. Raises NotAllowed where somebody's own files are."""
    if not all((EXAMPLES / name).is_dir() for name in PLAYED):
        raise NotAllowed("The examples are missing; run the demo from a clone of the project: make demo")
    if place.exists() and not (place / MARK).exists() and (not place.is_dir() or any(place.iterdir())):
        raise NotAllowed(f"{place} holds something else; name an empty folder: mailings demo --dir DIR")
    shutil.rmtree(place, ignore_errors=True)
    for name in PLAYED:
        shutil.copytree(EXAMPLES / name, place / name)
    (place / ".env").write_text(ENV, encoding="utf-8")
    (place / MARK).touch()
    return place


@contextmanager
def at_home(place: Path) -> Iterator[None]:
    """Work inside `place` with default settings: whatever the environment or .env say, the demo touches no real database."""
    ours = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("MAILINGS_") or name == "PREFECT_API_URL"}
    settings.cache_clear()
    try:
        with chdir(place):
            yield
    finally:
        os.environ.update(ours)
        settings.cache_clear()
