"""Signing in by password: every try is counted before it is looked at, and too many in a row lock a name for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.model import User
from mailings.staff import auditing
from mailings.staff.passwords import Hashed
from mailings.staff.users import as_name

FREE = 5  #: wrong passwords in a row that cost nothing but the wait for the answer
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))  #: after the fifth, the sixth, ...; then always the last

SIGNED_IN, REFUSED = "sign in", "sign in refused"


@dataclass(frozen=True, slots=True)
class Try:
    """A try that has been counted. `kept` = the hash to compare with; None for nobody, a locked name, and who has no password."""

    user_id: int | None = None
    kept: str | None = None


def begin(session: Session, name: str) -> Try:
    """Count a try, before anything slow: however many come at once, no more than FREE are looked at before the name is locked."""
    found = session.execute(select(User.id, User.failed_tries).where(User.name == as_name(name)).with_for_update()).one_or_none()
    if found is None:
        return Try()
    now = clock.now()
    tries = found.failed_tries + 1
    counted = session.scalar(
        update(User)
        .where(User.id == found.id, User.disabled_at.is_(None), or_(User.locked_until.is_(None), User.locked_until <= now))
        .values(failed_tries=tries, locked_until=_until(tries))
        .returning(User.password_hash)
    )
    return Try(found.id, counted)


def passed(session: Session, tried: Try, anew: Hashed | None = None, what: str = SIGNED_IN) -> User | None:
    """The user whose password held, no longer locked, and `what` in the log; None where they were disabled meanwhile.

    `anew`: what is kept of the same password from now on.
    """
    user = session.scalar(select(User).where(User.id == tried.user_id).with_for_update())
    if user is None or user.disabled_at or tried.kept is None or user.password_hash != tried.kept:
        return None
    user.failed_tries, user.locked_until = 0, None
    user.password_hash = anew or user.password_hash
    auditing.record(session, user.name, what, f"user {user.name}", how="password")
    return user


def failed(session: Session, tried: Try) -> None:
    """Its line in the log. A name nobody has is not written down: people type passwords into the wrong field."""
    user = session.get(User, tried.user_id) if tried.user_id else None
    subject = f"user {user.name}" if user else ""
    locked = bool(user and user.locked_until and user.locked_until > clock.now())
    auditing.record(session, user.name if user else "", REFUSED, subject, **({"locked": True} if locked else {}))


def _until(tries: int) -> object:
    return clock.now() + WAITS[min(tries - FREE, len(WAITS) - 1)] if tries >= FREE else None
