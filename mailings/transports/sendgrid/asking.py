"""Questions to SendGrid's API: asked again when it wants a moment, and every answer that is none is one sentence."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Self

from mailings.errors import Misconfigured, TransportError, TryLater, Unreadable
from mailings.transports._cleaning import loaded
from mailings.transports._lines import Answer, Lines
from mailings.transports._waiting import asked_to_wait
from mailings.transports.sendgrid.client import api
from mailings.transports.sendgrid.settings import HOST, Settings

PATIENCE = 90.0  # seconds a question waits in all where SendGrid asks for time; longer is for the next attempt


class Questions:
    """Questions to one account. Not for two threads at a time."""

    def __init__(self, settings: Settings) -> None:
        self._lines = Lines(settings.address, settings.timeout, HOST)
        self._api = api(settings, self._lines).client

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()

    def ask(self, path: Sequence[str], asked: Mapping[str, Any], what: str, right: str) -> Any:
        """The JSON answer to GET of the path. `what` is asked for, as people call it; `right` = what the key must be allowed.

        Raises Misconfigured where it may not be asked, TryLater where SendGrid is not reached or wants more time than we have,
        Unreadable for an answer that is none.
        """
        until = time.monotonic() + PATIENCE
        while (answer := self._answer(path, asked, what)).status_code == 429:
            wait = asked_to_wait(answer.headers) or 1.0
            if time.monotonic() + wait > until:
                raise TryLater(f"SendGrid asks us to wait before it tells {what}.", wait)
            time.sleep(wait)
        return _read(answer, what, right)

    def _answer(self, path: Sequence[str], asked: Mapping[str, Any], what: str) -> Answer:
        place = self._api
        for step in path:
            place = place._(step)
        try:
            found: Answer = place.get(query_params=dict(asked))
        except (TryLater, Misconfigured):
            raise
        except TransportError as error:  # an answer that was lost: to ask again changes nothing
            raise TryLater(f"SendGrid could not be asked for {what}: {error}") from error
        return found


def _read(answer: Answer, what: str, right: str) -> Any:
    status = answer.status_code
    if status in (401, 403):
        raise Misconfigured(f"SendGrid answered {status} when asked for {what}: {right}")
    if status >= 500 or status == 408:
        raise TryLater(f"SendGrid answered {status} when asked for {what}.")
    try:
        told = loaded(answer.body) if status == 200 else None
    except ValueError:
        told = None
    if not isinstance(told, list | dict):
        raise Unreadable(f"SendGrid answered {status} when asked for {what}, and nothing that could be read.")
    return told
