"""Who may try to come in, and how often: argon2 takes memory and time, and a flood must have neither."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import anyio
from anyio import to_thread
from fastapi import Request

from mailings.errors import MailingsError, Unreadable
from mailings.model import Role
from mailings.settings import Settings
from web.clients import counted_as
from web.rates import SIGNING, Buckets

if TYPE_CHECKING:
    from web.desk.provider import Provider

T = TypeVar("T")

AT_ONCE = 2  # passwords looked at at a time: 64 MiB each
FEW = 4  # asking the provider at a time
QUEUE = 20  # that may wait for it, some second and a half


class TooBusy(MailingsError):
    """So many sign in at this moment that one more has to wait."""


class Turns:
    """A few threads for what takes memory or time, and a queue before them. Counted here: a limiter knows who waits a moment too late."""

    def __init__(self, threads: int) -> None:
        self._limiter = anyio.CapacityLimiter(threads)
        self._threads, self._there = threads, 0

    async def take(self, does: Callable[[], T]) -> T:
        """Its answer, when its turn has come. Raises TooBusy where too many are there already."""
        if self._there >= self._threads + QUEUE:
            raise TooBusy("Too many sign in at this moment; try again in a few seconds.")
        self._there += 1
        try:
            return await to_thread.run_sync(does, limiter=self._limiter)
        finally:
            self._there -= 1


@dataclass
class Gate:
    """The desk's gate in one process, kept on the app as `app.state.gate`."""

    settings: Settings
    tries: Buckets = field(default_factory=lambda: Buckets(SIGNING))
    provider: Provider | None = field(init=False, default=None)
    _two: Turns = field(default_factory=lambda: Turns(AT_ONCE))
    _few: Turns = field(default_factory=lambda: Turns(FEW))

    def __post_init__(self) -> None:
        """Know the installation's own sign-on. Raises Unreadable naming the setting that is wrong."""
        if self.settings.oidc_issuer:
            from web.desk.provider import Provider  # noqa: PLC0415  12 MB that a door without it need not hold

            for role in roles_of(self.settings):
                if role not in set(Role):
                    raise Unreadable(f"MAILINGS_OIDC_ROLES: there is no role {role}; choose of {', '.join(Role)}.")
            self.provider = Provider(self.settings, f"{self.settings.public_url.rstrip('/')}/desk/sign-in/oidc/back")

    def wait(self, request: Request) -> float:
        """Seconds until this client may try again, 0.0 = now. This machine has no limit: a proxy that names nobody must lock nobody out."""
        return self.tries.take(counted_as(request.client.host)) if request.client and request.client.host else 0.0

    async def slowly(self, does: Callable[[], T]) -> T:
        """What takes memory, in a thread, no more than two at a time. Raises TooBusy where too many wait already."""
        return await self._two.take(does)

    async def abroad(self, does: Callable[[], T]) -> T:
        """What waits for another machine, in one of a few threads: a provider that hangs must not take those of the other pages."""
        return await self._few.take(does)


def roles_of(settings: Settings) -> list[str]:
    """The roles of whoever signs on elsewhere and is no user yet; none = they are not let in."""
    return [role.strip() for role in settings.oidc_roles.split(",") if role.strip()]


def gate_of(request: Request) -> Gate:
    """The gate of the app a request came to."""
    gate: Gate = request.app.state.gate
    return gate
