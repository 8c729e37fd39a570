"""Who of the staff somebody is that the installation's own sign-on (OIDC) vouches for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from mailings.errors import NotAllowed
from mailings.model import User
from mailings.staff import auditing, users
from mailings.staff.trying import REFUSED, SIGNED_IN


def signed_on(session: Session, claims: Mapping[str, Any], roles: Collection[str] = ()) -> User | None:
    """The user behind checked claims (`iss`, `sub`, `email`, ...), with a line in the log; None for whoever is not let in.

    Known by issuer and subject; else, once, by the verified address of a user who has no subject yet; else, where `roles` are given,
    made with these. The name somebody has at the provider never makes them a user of ours who has the same.
    """
    subject = f"{claims['iss']} {claims['sub']}"
    user = session.scalar(select(User).where(User.oidc_subject == subject).with_for_update())
    if user is None:
        user = _by_address(session, _verified(claims)) or _made(session, claims, roles)
    if user is None or user.disabled_at:
        auditing.record(session, user.name if user else "", REFUSED, f"user {user.name}" if user else "", how="oidc")
        return None
    if user.oidc_subject is None:
        user.oidc_subject = subject
        auditing.record(session, user.name, "link sign-on", f"user {user.name}")
    auditing.record(session, user.name, SIGNED_IN, f"user {user.name}", how="oidc")
    return user


def _by_address(session: Session, address: str) -> User | None:
    if not address:
        return None
    known = or_(User.email == address, User.name == address)
    found = session.scalars(select(User).where(known, User.oidc_subject.is_(None)).with_for_update()).all()
    return found[0] if len(found) == 1 else None  # two with one address: nobody can say who it is


def _made(session: Session, claims: Mapping[str, Any], roles: Collection[str]) -> User | None:
    if not roles:
        return None
    address = _verified(claims)
    for name in (claims.get("preferred_username"), address):
        if isinstance(name, str) and name:
            try:
                made = users.add(session, name, roles, full_name=str(claims.get("name") or "")[:200], email=address)
            except NotAllowed:  # taken, or no name of ours
                continue
            auditing.record(session, made.name, "add user", f"user {made.name}", roles=made.roles, how="oidc")
            return made
    return None


def _verified(claims: Mapping[str, Any]) -> str:
    address = str(claims.get("email") or "")
    verified = "@" in address and claims.get("email_verified") is True  # never a bare name of a user of ours
    return users.as_name(address) if verified else ""
