"""Messages handed to Twilio, each in a request of its own: answered for, and remembered where the other side falls silent."""

from __future__ import annotations

import time
from threading import Lock

from mailings.errors import TransportError, TryLater, Unreadable
from mailings.message import Offer, Outcome, Receipt, Short
from mailings.readable import counted
from mailings.settings import settings as installation
from mailings.transports._lines import Lines, Lost
from mailings.transports.twilio.answers import Meaning, read
from mailings.transports.twilio.client import NotTaken, api
from mailings.transports.twilio.settings import HOST, Settings

#: Requests in a row without an answer, one at a time after the first, after which a person should look.
SILENT = 5
#: Refusals in a row for reasons we do not know, nobody accepted, that make it trouble of the whole.
FRUITLESS = 20
NONSENSE = "Something answered that is not Twilio."


class Requests:
    """What we send to one account. `trouble` = why nothing more should be sent now. For several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lines = Lines(settings.host, settings.timeout, HOST)
        self._messages = api(settings, self._lines).messages
        self._lock = Lock()
        self._lost, self._fruitless = 0, 0  # in a row
        self._not_before = 0.0  # by time.monotonic
        self._said = ""
        self.trouble: str | None = None

    @property
    def careful(self) -> bool:
        """Whether an answer was lost and none came since: one at a time then, so that an outage leaves few in doubt."""
        return self._lost > 0

    def open(self) -> None:
        """See to it that a line stands; no request is made. Raises TryLater while we were asked to wait, or are left without answers."""
        self.trouble, self._fruitless, wait = None, 0, self._not_before - time.monotonic()
        if wait > 0:
            raise TryLater(f"Twilio asks us to wait for {counted(round(wait), 'second')}: {self._said}", wait)
        if self._lost >= SILENT:
            self._lost = 1  # the next run tries one
            raise TryLater(f"{SILENT} messages in a row had no answer that could be relied on; the last: {self._said}")
        self._lines.give_back(self._lines.take())

    def make(self, offer: Offer) -> Receipt:
        """Hand over one message. Never raises a TransportError."""
        try:
            short = offer.message.short()
        except Unreadable as error:
            return Receipt(offer.delivery, Outcome.REFUSED, reason=str(error))
        if self.trouble is not None:
            return Receipt(offer.delivery, Outcome.UNTOUCHED, reason=self.trouble)
        meaning, name = self._asked(offer, short)
        with self._lock:
            self._note(meaning)
        return Receipt(offer.delivery, meaning.outcome, meaning.code, meaning.reason, meaning.after, name)

    def close(self) -> None:
        """Let go of the lines."""
        self._lines.close()

    def _asked(self, offer: Offer, short: Short) -> tuple[Meaning, str | None]:
        more = {"from_": short.sender or self._settings.sender, "messaging_service_sid": self._settings.messaging_service}
        called = f"{installation().public_url.rstrip('/')}/hooks/twilio?d={offer.delivery}.{short.mark}"
        chosen = {word: value for word, value in more.items() if value}
        try:
            taken = self._messages.create(to=offer.address, body=short.text, status_callback=called, **chosen)
        except NotTaken as no:
            return read(no.answer), None
        except Lost as error:
            return Meaning(Outcome.UNKNOWN, reason=str(error)), None
        except TransportError as error:
            return Meaning(Outcome.UNTOUCHED, reason=str(error)), None
        except (ValueError, TypeError, AttributeError):  # a yes that is no message of Twilio's: a proxy's, or half of one
            return Meaning(Outcome.UNKNOWN, reason=NONSENSE), None
        return (Meaning(Outcome.ACCEPTED), taken.sid) if taken.sid else (Meaning(Outcome.UNKNOWN, reason=NONSENSE), None)

    def _note(self, meaning: Meaning) -> None:
        said = " ".join(word for word in (meaning.code, meaning.reason) if word)
        if meaning.outcome is Outcome.UNKNOWN:
            self._lost, self._said = self._lost + 1, meaning.reason or ""
            if self._lost >= SILENT:
                self.trouble = said
        elif meaning.outcome is Outcome.TRY_LATER:
            self._not_before = time.monotonic() + (1.0 if meaning.after is None else meaning.after)
            self._said = self.trouble = meaning.reason or ""
        elif meaning.outcome is Outcome.UNTOUCHED:
            self.trouble = said
        elif meaning.outcome is Outcome.ACCEPTED:
            self._lost = self._fruitless = 0
        else:
            self._lost = 0
            self._fruitless = 0 if meaning.known else self._fruitless + 1
            if self._fruitless >= FRUITLESS:
                self.trouble = f"{FRUITLESS} messages in a row were refused, the last with {said}"
