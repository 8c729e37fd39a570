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

HELD = timedelta(hours=12)  #: after the last page somebody is signed out by themselves, unless MAILINGS_DESK_IDLE says otherwise
LONGEST = timedelta(days=7)  #: after signing in, however busy they are
SEEN = timedelta(minutes=5)  #: how exactly the last page is known: a row written for every picture would be too many


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody signed in, as one request needs them. `note` is said once; `due` = it is time to call `seen`."""

    id: int
    name: str
    full_name: str
    roles: frozenset[str]
    language: str
    csrf: str
    note: dict[str, Any] | None = None
    due: bool = False


def begin(session: Session, user: User, held: timedelta = HELD) -> str:
    """Sign the user in, always under a new secret; the secret for the cookie. Whose time is over is forgotten."""
    secret, now = secrets.token_urlsafe(32), clock.now()
    session.execute(delete(SignIn).where(SignIn.expires_at <= now))
    until = now + min(held, LONGEST)
    session.add(
        SignIn(digest=_digest(secret), user_id=user.id, csrf=secrets.token_urlsafe(24), created_at=now, seen_at=now, expires_at=until)
    )
    user.signed_in_at = now
    return secret


def known(session: Session, secret: str) -> Known | None:
    """Whose cookie this is; None for one that is unknown or too old, and for a user who was disabled."""
    now = clock.now()
    row = session.execute(
        select(SignIn, User)
        .join(User)
        .where(SignIn.digest == _digest(secret), SignIn.expires_at > now, SignIn.created_at > now - LONGEST, User.disabled_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    signed, user = row
    roles, due = frozenset(user.roles), now - signed.seen_at > SEEN
    return Known(user.id, user.name, user.full_name or user.name, roles, user.language, signed.csrf, signed.note, due)


def seen(session: Session, secret: str, held: timedelta = HELD) -> None:
    """They are still there: the time they are held begins anew."""
    now = clock.now()
    session.execute(update(SignIn).where(SignIn.digest == _digest(secret)).values(seen_at=now, expires_at=now + min(held, LONGEST)))


def leave_note(session: Session, secret: str, say: str, **values: Any) -> None:
    """What the next page says once: the name of a text, and what is put into it."""
    session.execute(update(SignIn).where(SignIn.digest == _digest(secret)).values(note={"say": say, **values}))


def forget_note(session: Session, secret: str) -> None:
    """The note was said."""
    session.execute(update(SignIn).where(SignIn.digest == _digest(secret)).values(note=None))


def end(session: Session, secret: str) -> None:
    """Sign out."""
    session.execute(delete(SignIn).where(SignIn.digest == _digest(secret)))


def end_all(session: Session, user_id: int, but: str = "") -> None:
    """Sign the user out everywhere, but for the browser that holds the secret `but`."""
    session.execute(delete(SignIn).where(SignIn.user_id == user_id, SignIn.digest != _digest(but)))


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
