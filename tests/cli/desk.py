"""A person who types commands at a terminal and reads what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mailings.db import Database
from tests.cli.typed import type_in


class Desk:
    """A person at a terminal in a folder, with a database and nothing else set."""

    def __init__(self, folder: Path, db: Database) -> None:
        self.folder = folder
        self.environment = {"MAILINGS_DATABASE_URL": db.url.render_as_string(hide_password=False)}

    def says(self, *words: str, code: int = 0) -> str:
        """What the command prints; errors too, where it ends with another code."""
        done = type_in(self.folder, *words, **self.environment)
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stdout + done.stderr

    def document(self, *words: str) -> Any:
        """What it prints for machines."""
        return json.loads(self.says(*words, "--json"))
