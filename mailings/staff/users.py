"""The users of the desk: made, listed, given roles and passwords, disabled and let in again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from mailings import clock
from mailings.errors import NotAllowed, NotFound
from mailings.model import Role, User
from mailings.staff import signing_in
from mailings.staff.passwords import Hashed

NAME = re.compile(r"[\w.@+-]{2,100}")  # letters of any language; what could be mistaken for a command or a page is none


def as_name(text: str) -> str:
    """A name as it is kept: lower case, one spelling of each letter."""
    return unicodedata.normalize("NFC", text).strip().lower()


def user_named(session: Session, name: str) -> User:
    """The user of that name. Raises NotFound."""
    found = session.scalar(select(User).where(User.name == as_name(name)))
    if found is None:
        raise NotFound(f"There is no user {name}; see them all with: mailings users list")
    return found


def listed(session: Session) -> list[User]:
    """Every user, by name."""
    return list(session.scalars(select(User).order_by(User.name)))


def document(user: User) -> dict[str, Any]:
    """A user as JSON shows them. `state`: active, locked (too many wrong passwords) or disabled; `by`: how they come in."""
    locked = user.locked_until is not None and user.locked_until > clock.now()
    ways = [way for way, there in (("password", user.password_hash), ("oidc", user.oidc_subject)) if there]
    return {
        "name": user.name,
        "full_name": user.full_name,
        "email": user.email,
        "roles": list(user.roles),
        "by": " and ".join(ways) or "nothing yet",
        "state": "disabled" if user.disabled_at else "locked" if locked else "active",
        "created_at": user.created_at.isoformat(),
        "signed_in_at": user.signed_in_at.isoformat() if user.signed_in_at else None,
    }


def add(session: Session, name: str, roles: Collection[str], *, full_name: str = "", email: str = "") -> User:
    """A new user, without a password yet. Raises NotAllowed for a name that is taken or cannot be one, and for a role there is not."""
    kept = as_name(name)
    if not NAME.fullmatch(kept):
        raise NotAllowed(f"{name!r} cannot be a user's name; it has 2 to 100 letters, digits and . _ - + @")
    if session.scalar(select(User.id).where(User.name == kept)) is not None:
        raise NotAllowed(f"There is a user {kept} already.")
    made = User(name=kept, roles=_roles(roles), full_name=full_name.strip(), email=_email(email), created_at=clock.now())
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:  # somebody else made them at the same moment
        raise NotAllowed(f"There is a user {kept} already.") from None
    return made


def set_roles(session: Session, user: User, roles: Collection[str]) -> None:
    """Give the user these roles and no others, at once. Raises NotAllowed where nobody would be left who may manage users."""
    given = _roles(roles)
    if Role.ADMIN not in given:
        _must_leave_an_admin(session, user)
    user.roles = given


def set_password(session: Session, user: User, kept: Hashed, but: str = "") -> None:
    """Give the user a password (`passwords.made`); wherever they are signed in, they are signed out, but where the secret is `but`."""
    user.password_hash, user.failed_tries, user.locked_until = kept, 0, None
    signing_in.end_all(session, user.id, but)


def describe(user: User, full_name: str, email: str) -> None:
    """Say anew what they are called, and by which address OIDC recognises them."""
    user.full_name, user.email = full_name.strip()[:200], _email(email)


def disable(session: Session, user: User) -> None:
    """Let the user in no more; they are out at once. Raises NotAllowed for the last who may manage users."""
    _must_leave_an_admin(session, user)
    user.disabled_at = user.disabled_at or clock.now()
    signing_in.end_all(session, user.id)


def enable(session: Session, user: User) -> None:
    """Let the user in again, also after too many wrong passwords."""
    user.disabled_at, user.failed_tries, user.locked_until = None, 0, None


def _must_leave_an_admin(session: Session, user: User) -> None:
    # all of them locked: two administrators who take each other's role away at the same moment would leave none
    users = session.scalars(select(User).where(User.disabled_at.is_(None)).order_by(User.id).with_for_update()).all()
    admins = {one.id for one in users if Role.ADMIN in one.roles}
    if admins == {user.id}:
        raise NotAllowed(f"{user.name} is the last who may manage users; make somebody else an administrator first.")


def _roles(wanted: Collection[str]) -> list[str]:
    known = [str(role) for role in Role]
    for role in wanted:
        if role not in known:
            raise NotAllowed(f"There is no role {role}; choose of {', '.join(known)}.")
    return [role for role in known if role in set(wanted)]


def _email(address: str) -> str | None:
    return unicodedata.normalize("NFC", address).strip().lower() or None
