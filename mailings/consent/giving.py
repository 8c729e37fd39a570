"""Gives consent: a new row in the history of what a person allowed, never a change of an old one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from mailings import clock
from mailings.consent.history import in_force
from mailings.consent.withdrawing import withdraw, withdraw_many
from mailings.model import EMARKETING, Basis, Consent


@dataclass(slots=True)
class Given:
    """What became of many statements: rows written, and people whose withdrawal was left in force."""

    written: int = 0
    withdrawn_kept: int = 0


def give(session: Session, person_id: int, basis: Basis, source: str, by: str | None = None) -> bool:
    """Record that the person may be written to, on this legal basis (domain.md C.7). False when just that is in force already.

    `source`: User, Web form, Import, ... A basis of Withdrawn withdraws, with all that follows. Giving ends an earlier withdrawal.
    """
    if basis is Basis.WITHDRAWN:
        return withdraw(session, person_id, source, by)
    if in_force(session, [person_id]).get(person_id) == (basis, source):
        return False
    session.add(Consent(person_id=person_id, purpose=EMARKETING, basis=basis, source=source, given_at=clock.now(), given_by=by))
    session.flush()
    return True


def give_many(session: Session, people: Sequence[tuple[int, Basis]], source: str) -> Given:
    """Record a list's statements about a few thousand people, the first about each. What is in force already is not written again.

    Who is said to have withdrawn anywhere among them has. A list never brings back a consent that its owner withdrew: those people stay
    withdrawn and are counted.
    """
    given, now = Given(), clock.now()
    said: dict[int, Basis] = {}
    for person_id, basis in people:
        said[person_id] = basis if basis is Basis.WITHDRAWN else said.get(person_id, basis)
    known = in_force(session, list(said))
    rows = []
    for person_id, basis in said.items():
        before = known.get(person_id)
        if basis is Basis.WITHDRAWN or before == (basis, source):
            continue
        if before and before[0] is Basis.WITHDRAWN:
            given.withdrawn_kept += 1
        else:
            rows.append({"person_id": person_id, "purpose": EMARKETING, "basis": basis, "source": source, "given_at": now})
    if rows:
        session.execute(insert(cast(Table, Consent.__table__)), rows)  # the table itself: half the time of the mapped class
    refusing = [person_id for person_id, basis in said.items() if basis is Basis.WITHDRAWN]
    given.written = len(rows) + (withdraw_many(session, refusing, source) if refusing else 0)
    return given
