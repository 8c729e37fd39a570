"""What `mailings doctor` says of the desk: who may sign in, and whether the installation's own sign-on answers."""

from __future__ import annotations

from collections.abc import Iterator

from cli.found import Found
from mailings.db import database
from mailings.errors import MailingsError
from mailings.model import Role
from mailings.settings import Settings
from mailings.staff import users

LOOPBACK = ("http://127.", "http://localhost", "http://[::1]")


def desk_findings(settings: Settings) -> Iterator[Found]:
    """Users and administrators; passwords over the open net; the provider."""
    try:
        yield _users(settings)
    except MailingsError:
        return  # that the database is away, or has no tables yet, is said already
    if settings.oidc_issuer:
        yield _provider(settings)


def _users(settings: Settings) -> Found:
    found = database()
    if not found.ready():
        return Found("desk", None, "nobody may sign in yet")
    with found.reading() as session:
        active = [user.roles for user in users.listed(session) if user.disabled_at is None]
    admins = [roles for roles in active if Role.ADMIN in roles]
    if not active:
        return Found("desk", None, "nobody may sign in yet; make an administrator: mailings users add NAME --role admin")
    if not admins:
        return Found("desk", None, f"{len(active)} may sign in, none of them an administrator: mailings users roles NAME admin")
    if not settings.public_url.startswith(("https://", *LOOPBACK)):
        return Found("desk", None, "passwords would cross the network unencrypted: MAILINGS_PUBLIC_URL is not https")
    return Found("desk", True, f"{len(active)} may sign in, {len(admins)} of them as administrators")


def _provider(settings: Settings) -> Found:
    from web.desk.gate import Gate  # noqa: PLC0415  what speaks to it takes 12 MB

    try:
        gate = Gate(settings)
        return Found("sign-on", True, f"{gate.provider.look() if gate.provider else ''} answers")
    except MailingsError as error:
        return Found("sign-on", False, str(error))
