"""Carries e-mail to an SMTP server over persistent, pipelined connections, worked in turn by one thread."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Self

from mailings.message import Offer, Receipt, Sought, Transport, Word
from mailings.reported import Proof
from mailings.transports._source import Source
from mailings.transports.smtp.carrying import Carrying
from mailings.transports.smtp.log import words_of
from mailings.transports.smtp.pool import Pool
from mailings.transports.smtp.settings import Settings


class Smtp(Transport):
    """Hands messages to the server that MAILINGS_SMTP_HOST names. Not for two threads at a time."""

    name: ClassVar[str] = "smtp"
    channels: ClassVar[frozenset[str]] = frozenset({"email"})

    def __init__(self, settings: Settings) -> None:
        self._settings, self._pool = settings, Pool(settings)
        self._signer = settings.signer()

    @classmethod
    def configured(cls) -> Self:
        """As MAILINGS_SMTP_* say. Raises Misconfigured naming the variable that is wrong."""
        return cls(Settings.read())

    def send(self, offers: Iterator[Offer | None]) -> Iterator[Receipt]:
        """Carry what is offered. Raises TryLater where no server answers, Misconfigured where it does not let us in."""
        self._pool.connect()
        source = Source(offers)
        yield from Carrying(self._pool, source, self._signer).receipts()
        source.close()

    @classmethod
    def evidence(cls, sought: Sought) -> Iterator[Word]:
        """What the log that MAILINGS_SMTP_LOG names says. Raises Unreadable, and Misconfigured."""
        log = Settings.read().log
        return iter(()) if log is None else words_of(log, sought)

    def proofs(self, domain: str) -> list[Proof]:
        """The public half of the DKIM key, where one is set and it signs for `domain`."""
        signer = self._signer
        signs = signer.domain_for(f"x@{domain}".encode()) if signer else None
        return [Proof(signs, f"{signer.selector}._domainkey.{signs}", "TXT", signer.record)] if signer and signs else []

    def remarks(self) -> list[str]:
        """A DKIM key that others on this machine can read."""
        file = self._settings.dkim_key
        if file is None or not file.stat().st_mode & 0o007:
            return []
        return [f"MAILINGS_SMTP_DKIM_KEY: everybody on this machine can read {file}; run: chmod 640 {file}"]

    def close(self) -> None:
        """Say goodbye to the server."""
        self._pool.close()
