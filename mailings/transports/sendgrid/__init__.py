"""Carries e-mail by SendGrid: up to a thousand recipients in a request, put together there from one form letter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Self

from mailings.message import Offer, Receipt, Transport
from mailings.reported import Hook, Proof, Report
from mailings.transports._source import Source
from mailings.transports.sendgrid.carrying import Carrying
from mailings.transports.sendgrid.requests import Requests
from mailings.transports.sendgrid.settings import Settings
from mailings.transports.sendgrid.writing import Writer

SANDBOX = "MAILINGS_SENDGRID_SANDBOX is true, so SendGrid would check every message and send none; take it out before a mailing goes."


class Sendgrid(Transport):
    """Hands messages to the account whose key MAILINGS_SENDGRID_API_KEY is. Not for two threads at a time."""

    name: ClassVar[str] = "sendgrid"
    channels: ClassVar[frozenset[str]] = frozenset({"email"})
    batch_size: ClassVar[int] = 1000  # personalizations in a request, at most (spec/sendgrid.md 1)
    reporting: ClassVar[bool] = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._requests = Requests(settings)
        self._writer = Writer(sandbox=settings.sandbox)

    @classmethod
    def configured(cls) -> Self:
        """As MAILINGS_SENDGRID_* say. Raises Misconfigured naming the variable that is wrong."""
        return cls(Settings.read())

    def problems(self) -> list[str]:
        """A key that is missing, an address that would show it to others, the demo's secret."""
        return [*super().problems(), *self._settings.problems()]

    def rehearsal(self) -> str | None:
        """The sandbox's sentence."""
        return SANDBOX if self._settings.sandbox else None

    def remarks(self) -> list[str]:
        """A verification key that is none: all that SendGrid reports would be turned away."""
        from mailings.transports.sendgrid.signature import trouble_with  # noqa: PLC0415  a sender needs no signatures

        trouble = trouble_with(self._settings.webhook_key) if self._settings.webhook_key.strip() else None
        return [*super().remarks(), *filter(None, [trouble])]

    def proofs(self, domain: str) -> list[Proof]:
        """The two names that an authenticated domain lends SendGrid for its keys; what they lead to depends on the account."""
        return [Proof(domain, f"s{number}._domainkey.{domain}", "CNAME", None) for number in (1, 2)]

    @property
    def holds(self) -> int:
        """As many as are under way, and one request that is put together meanwhile."""
        return (self._settings.connections + 1) * self.batch_size

    def send(self, offers: Iterator[Offer | None]) -> Iterator[Receipt]:
        """Carry what is offered. Raises TryLater where the API is not reached or asked us to wait, Misconfigured for its certificate."""
        self._requests.open()
        source = Source(offers)
        yield from Carrying(self._requests, self._writer, source, (self._settings.connections, self.batch_size)).receipts()
        source.close()

    @classmethod
    def reports(cls, hook: Hook) -> list[Report]:
        """What the event webhook tells; see `reports.reports_of`."""
        from mailings.transports.sendgrid.reports import reports_of  # noqa: PLC0415  a sender needs no signatures

        return reports_of(hook.headers, hook.body, Settings.read())

    def close(self) -> None:
        """Let go of the lines."""
        self._requests.close()
