"""Where the demo plays: a folder of its own with its own database, outbox and settings, apart from any real installation."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

from mailings.errors import NotAllowed
from mailings.settings import settings

EXAMPLE = Path(__file__).parents[2] / "examples" / "autumn-news"
MARK = ".mailings-demo"  # a folder without it is somebody's own and stays as it is


def fresh_place(place: Path) -> Path:
    """An empty demo folder with the example newsletter in it. Raises NotAllowed where somebody's own files are."""
    if not EXAMPLE.is_dir():
        raise NotAllowed("The example newsletter is missing; run the demo from a clone of the project: make demo")
    if place.exists() and not (place / MARK).exists() and (not place.is_dir() or any(place.iterdir())):
        raise NotAllowed(f"{place} holds something else; name an empty folder: mailings demo --dir DIR")
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(EXAMPLE, place / EXAMPLE.name)
    (place / ".env").write_text("MAILINGS_BOUNCE_MAILBOX=maildir:var/returned\n", encoding="utf-8")
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
