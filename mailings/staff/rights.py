"""What a role lets its user do (domain.md B.1: functional rights)."""

from __future__ import annotations

from collections.abc import Collection

from mailings.model import Role

#: role -> the roles it includes
INCLUDES: dict[Role, frozenset[Role]] = {
    Role.READER: frozenset({Role.READER}),
    Role.SENDER: frozenset({Role.READER, Role.SENDER}),
    Role.OVERRIDE_CONSENT: frozenset({Role.READER, Role.OVERRIDE_CONSENT}),
    Role.ADMIN: frozenset({Role.READER, Role.SENDER, Role.ADMIN}),
}
ROLES = frozenset(Role)


def holds(roles: Collection[str], wanted: Role) -> bool:
    """True when one of these roles lets its user do what `wanted` names. A word that is no role lets nobody do anything."""
    return any(wanted in INCLUDES[Role(role)] for role in roles if role in ROLES)
