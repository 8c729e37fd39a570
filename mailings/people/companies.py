"""Companies by name: found where they are known, made where they are not."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.db import among
from mailings.model import Company


class Companies:
    """Companies met so far in one import, so that each name is looked up once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.known: dict[str, int] = {}

    def ids(self, names: Iterable[str]) -> dict[str, int]:
        """`key_of(name)` -> company id of those we have, the oldest where several share a name; without deleted ones."""
        spelled = {key_of(name): " ".join(name.split()) for name in names}
        missing = {key: name for key, name in spelled.items() if key not in self.known}
        self._look_up(Company.name, missing.values())  # as written: by the index
        missing = {key: name for key, name in missing.items() if key not in self.known}
        self._look_up(func.lower(Company.name), missing)  # in other letters: past every company
        return {key: self.known[key] for key in spelled if key in self.known}

    def ensure(self, names: Iterable[str]) -> dict[str, int]:
        """The same, after adding those that are missing, each with the spelling met first."""
        spelled: dict[str, str] = {}
        for name in names:
            spelled.setdefault(key_of(name), " ".join(name.split()))
        there = self.ids(spelled.values())
        missing = [name for key, name in spelled.items() if key not in there]
        if missing:
            now = clock.now()
            self.session.execute(insert(Company), [{"name": name, "created_at": now} for name in missing])
        return there | self.ids(missing)

    def _look_up(self, column: object, words: Iterable[str]) -> None:
        if wanted := list(words):
            found = select(Company.name, Company.id).where(among(self.session, column, wanted), Company.deleted_at.is_(None))
            for name, company_id in self.session.execute(found.order_by(Company.id.desc())):
                self.known[key_of(name)] = company_id


def key_of(name: str) -> str:
    """A company's name without differences of capitals and blanks."""
    return " ".join(name.split()).lower()
