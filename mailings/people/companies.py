"""Companies by name: found where they are known, made where they are not."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.errors import NotFound
from mailings.model import Company

LOOK_UP = 500  # names in one IN list


def company_named(session: Session, name: str) -> Company:
    """The company of that name, capitals and small letters alike. Raises NotFound."""
    found = ids_by_name(session, [name]).get(_key(name))
    company = session.get(Company, found) if found is not None else None
    if company is None:
        raise NotFound(f"There is no company named {name}.")
    return company


def ids_by_name(session: Session, names: Iterable[str]) -> dict[str, int]:
    """name in small letters -> company id, the oldest where several share a name; without deleted ones."""
    found: dict[str, int] = {}
    keys = iter(dict.fromkeys(_key(name) for name in names))
    while some := list(islice(keys, LOOK_UP)):
        known = select(func.lower(Company.name), func.min(Company.id)).where(func.lower(Company.name).in_(some))
        rows = session.execute(known.where(Company.deleted_at.is_(None)).group_by(func.lower(Company.name)))
        found.update(rows.tuples().all())
    return found


def ensure_companies(session: Session, names: Iterable[str]) -> dict[str, int]:
    """The same, after adding those that are missing, each with the spelling met first."""
    spelled: dict[str, str] = {}
    for name in names:
        spelled.setdefault(_key(name), " ".join(name.split()))
    known = ids_by_name(session, spelled)
    missing = [name for key, name in spelled.items() if key not in known]
    if missing:
        now = clock.now()
        session.execute(insert(Company), [{"name": name, "created_at": now} for name in missing])
        known |= ids_by_name(session, missing)
    return known


def _key(name: str) -> str:
    return " ".join(name.split()).lower()
