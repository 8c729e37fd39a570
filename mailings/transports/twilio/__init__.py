"""Carries text messages by Twilio: each in a request of its own, several at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Self
from urllib.parse import urlsplit

from mailings.message import Offer, Receipt, Sought, Transport, Word
from mailings.reported import Blame, EventKind, Hook, Report
from mailings.settings import settings as installation
from mailings.transports._source import Source
from mailings.transports.twilio.settings import LOOPBACK, Settings
from mailings.transports.twilio.words import CAUSES, OPTED_OUT

if TYPE_CHECKING:
    from mailings.transports.twilio.requests import Requests

UNHEARD = (
    "MAILINGS_PUBLIC_URL is {}, where Twilio reports nothing: it needs an address that the world reaches; "
    "without one, whether messages arrived stays unknown, and STOP is not heard."
)
NO_SENDER = (
    "Neither MAILINGS_TWILIO_FROM nor MAILINGS_TWILIO_MESSAGING_SERVICE is set: only mailings that name their sender can go by Twilio."
)


class Twilio(Transport):
    """Hands text messages to the account that MAILINGS_TWILIO_ACCOUNT names. Not for two threads at a time."""

    name: ClassVar[str] = "twilio"
    channels: ClassVar[frozenset[str]] = frozenset({"sms"})
    batch_size: ClassVar[int] = 50  # what a kill may leave in doubt: a message costs money, and a phone rings
    reporting: ClassVar[bool] = True
    thanks: ClassVar[tuple[str, str] | None] = ("text/xml", '<?xml version="1.0" encoding="UTF-8"?><Response/>')  # TwiML: say nothing

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._made: Requests | None = None

    @property
    def _requests(self) -> Requests:
        """Made when something is sent: the SDK takes 0.2 s, and neither doctor nor the web door needs it."""
        if self._made is None:
            from mailings.transports.twilio.requests import Requests  # noqa: PLC0415

            self._made = Requests(self._settings)
        return self._made

    @classmethod
    def configured(cls) -> Self:
        """As MAILINGS_TWILIO_* say. Raises Misconfigured naming the variable that is wrong."""
        return cls(Settings.read())

    def problems(self) -> list[str]:
        """Credentials that are missing or none, an address that would show them to others, the demo's secret."""
        return [*super().problems(), *self._settings.problems()]

    def remarks(self) -> list[str]:
        """An address at which Twilio cannot report, and no sender of our own."""
        public = installation().public_url
        unheard = urlsplit(public).hostname in LOOPBACK and urlsplit(self._settings.host).hostname not in LOOPBACK
        nobody = not (self._settings.sender or self._settings.messaging_service)
        return [*super().remarks(), *([UNHEARD.format(public)] if unheard else []), *([NO_SENDER] if nobody else [])]

    @classmethod
    def own_sender(cls) -> bool:
        """A number or name of ours, or a messaging service that chooses one."""
        settings = Settings.read()
        return bool(settings.sender or settings.messaging_service)

    @property
    def holds(self) -> int:
        """As many as are under way."""
        return self._settings.connections

    def send(self, offers: Iterator[Offer | None]) -> Iterator[Receipt]:
        """Carry what is offered. Raises TryLater where the API is not reached or asked us to wait, Misconfigured for its certificate."""
        from mailings.transports.twilio.carrying import Carrying  # noqa: PLC0415  see _requests

        self._requests.open()
        source = Source(offers)
        yield from Carrying(self._requests, source, self._settings.connections).receipts()
        source.close()

    @classmethod
    def evidence(cls, sought: Sought) -> Iterator[Word]:
        """What the account's list of messages says of text messages; nothing where no account is set."""
        settings = Settings.read()
        if sought.texted and not list(settings.problems()):
            from mailings.transports.twilio.records import words_of  # noqa: PLC0415  see _requests

            yield from words_of(settings, sought.texted)

    @classmethod
    def blames(cls, code: str) -> Blame | None:
        """By Twilio's own code, behind the status: no such number, or one whose owner sent STOP."""
        _, _, number = code.partition(" ")
        found = CAUSES.get(int(number)) if number.isdecimal() and len(number) == 5 else None
        return Blame(*found, EventKind.UNSUBSCRIBED if int(number) == OPTED_OUT else None) if found else None

    @classmethod
    def reports(cls, hook: Hook) -> list[Report]:
        """What a status callback or a message from a reader tells; see `reports.reports_of`."""
        from mailings.transports.twilio.reports import reports_of  # noqa: PLC0415  a sender needs no signatures

        return reports_of(hook, Settings.read())

    def close(self) -> None:
        """Let go of the lines."""
        if self._made is not None:
            self._made.close()
