"""Requests, one at a time or several beside each other: made, answered for, and remembered where the other side falls silent."""

from __future__ import annotations

import time
from collections.abc import Sequence

from mailings.errors import TransportError, TryLater
from mailings.message import Outcome, Receipt
from mailings.readable import counted
from mailings.transports._bisecting import Refusal
from mailings.transports._lines import Lines, Lost
from mailings.transports.sendgrid.answers import Meaning, read
from mailings.transports.sendgrid.client import api
from mailings.transports.sendgrid.recipients import Share
from mailings.transports.sendgrid.settings import HOST, Settings

#: Requests in a row without an answer, all but the first ones with one recipient each, after which a person should look.
SILENT = 5


class Requests:
    """What we send to one account. `trouble` = why nothing more should be sent now. For several threads."""

    def __init__(self, settings: Settings) -> None:
        self._sandbox = settings.sandbox
        self._lines = Lines(settings.address, settings.timeout, HOST)
        self._post = api(settings, self._lines).client.mail.send.post
        self._lost = 0  # in a row
        self._not_before = 0.0  # by time.monotonic
        self._said = ""
        self.trouble: str | None = None

    @property
    def careful(self) -> bool:
        """Whether one request was lost and none taken since: the next goes with one recipient, so that an outage leaves few in doubt."""
        return self._lost > 0

    def open(self) -> None:
        """See to it that a line stands; no request is made. Raises TryLater while we were asked to wait, or are left without answers."""
        self.trouble, wait = None, self._not_before - time.monotonic()
        if wait > 0:
            raise TryLater(f"SendGrid asks us to wait for {counted(round(wait), 'second')}: {self._said}", wait)
        if self._lost >= SILENT:
            raise TryLater(f"{self._lost} requests in a row had no answer that could be relied on; the last: {self._said}")
        self._lines.give_back(self._lines.take())

    def make(self, shares: Sequence[Share]) -> Sequence[Receipt] | Refusal:
        """One request for all of these, who share a frame. Never raises."""
        careful, first = self.careful, shares[0]
        try:
            answer = self._post(request_body=first.frame.body(first.alone or first.frame.form.said, [share.written for share in shares]))
        except Lost as error:
            return self._for_all(shares, self._silent(Meaning(Outcome.UNKNOWN, reason=str(error))))
        except TransportError as error:
            return self._for_all(shares, Meaning(Outcome.UNTOUCHED, reason=str(error)))
        meaning = read(answer, sandbox=self._sandbox)
        if isinstance(meaning, Refusal):
            return meaning
        if meaning.outcome is Outcome.UNKNOWN:
            self._silent(meaning)
        elif meaning.outcome is Outcome.TRY_LATER:
            self._not_before = time.monotonic() + (1.0 if meaning.after is None else meaning.after)
            self._said = meaning.reason or ""
        elif meaning.outcome is Outcome.ACCEPTED and (careful or not self._lost):
            self._lost = 0
        return self._for_all(shares, meaning)

    def close(self) -> None:
        """Let go of the lines."""
        self._lines.close()

    def _silent(self, meaning: Meaning) -> Meaning:
        self._lost, self._said = self._lost + 1, meaning.reason or ""
        return meaning

    def _for_all(self, shares: Sequence[Share], meaning: Meaning) -> list[Receipt]:
        if meaning.outcome is not Outcome.ACCEPTED:
            self.trouble = " ".join(word for word in (meaning.code, meaning.reason) if word)
        return [
            Receipt(share.delivery, meaning.outcome, meaning.code, meaning.reason, meaning.after, meaning.provider_id) for share in shares
        ]
