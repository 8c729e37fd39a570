"""Signed in: a secret in the browser's cookie, its digest in the database, and what every form must bring along."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.model import SignIn, User

HELD = timedelta(hours=12)  #: after the last page somebody is signed out by themselves
SEEN = timedelta(minutes=5)  #: how exactly the last page is known: a row written for every picture would be too many


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody signed in, as one request needs them. `note` is said once on this page."""

    id: int
    name: str
    full_name: str
    roles: frozenset[str]
    language: str
    csrf: str
    note: dict[str, Any] | None = None


def begin(session: Session, user: User) -> str:
    """Sign the user in; the secret for the cookie."""
    secret, now = secrets.token_urlsafe(32), clock.now()
    session.add(
        SignIn(digest=_digest(secret), user_id=user.id, csrf=secrets.token_urlsafe(24), created_at=now, seen_at=now, expires_at=now + HELD)
    )
    user.signed_in_at = now
    return secret


def known(session: Session, secret: str) -> Known | None:
    """Whose cookie this is; None for one that is unknown or too old, and for a user who was disabled."""
    row = session.execute(
        select(SignIn, User).join(User).where(SignIn.digest == _digest(secret), SignIn.expires_at > clock.now(), User.disabled_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    signed, user = row
    return Known(user.id, user.name, user.full_name or user.name, frozenset(user.roles), user.language, signed.csrf, signed.note)


def seen(session: Session, secret: str) -> None:
    """They are still there: the time they are held begins anew; what was to be said once is said."""
    now = clock.now()
    session.execute(update(SignIn).where(SignIn.digest == _digest(secret)).values(seen_at=now, expires_at=now + HELD, note=None))


def is_due(session: Session, secret: str) -> bool:
    """True when it is time to call `seen`."""
    last = session.scalar(select(SignIn.seen_at).where(SignIn.digest == _digest(secret)))
    return last is not None and clock.now() - last > SEEN


def leave_note(session: Session, secret: str, say: str, **values: Any) -> None:
    """What the next page says once: the name of a text, and what is put into it."""
    session.execute(update(SignIn).where(SignIn.digest == _digest(secret)).values(note={"say": say, **values}))


def end(session: Session, secret: str) -> None:
    """Sign out."""
    session.execute(delete(SignIn).where(SignIn.digest == _digest(secret)))


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
