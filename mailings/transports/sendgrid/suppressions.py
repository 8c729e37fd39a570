"""SendGrid's lists of addresses it does not write to any more, read page by page as reports (sendgrid.md 6)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Self

from mailings import clock
from mailings.errors import Misconfigured, TransportError, TryLater, Unreadable
from mailings.reported import BounceKind, EventKind, Report
from mailings.transports.sendgrid.answers import asked_to_wait
from mailings.transports.sendgrid.cleaning import cleaned, loaded, text_of
from mailings.transports.sendgrid.client import api
from mailings.transports.sendgrid.lines import Answer, Lines
from mailings.transports.sendgrid.settings import Settings
from mailings.transports.sendgrid.words import bounce_why

SOURCE = "sendgrid suppressions"
#: what it means to stand on a list. `blocks` is of one message, and never the address's fault (domain.md D7)
LISTS: dict[str, tuple[EventKind, BounceKind | None]] = {
    "bounces": (EventKind.DROPPED, BounceKind.INVALID),
    "blocks": (EventKind.BOUNCED, BounceKind.POLICY),
    "invalid_emails": (EventKind.DROPPED, BounceKind.INVALID),
    "spam_reports": (EventKind.COMPLAINED, None),
    "unsubscribes": (EventKind.UNSUBSCRIBED, None),
}
PAGE = 500  # the most SendGrid gives
OVERLAP = timedelta(days=1)  # entries may come late, and their clock is not ours
PATIENCE = 90.0  # seconds a list waits in all where SendGrid asks for time; longer is for the next attempt


class Suppressions:
    """The lists of one account. Not for two threads at a time."""

    def __init__(self, settings: Settings) -> None:
        self._lines = Lines(settings.address, settings.timeout)
        self._lists = api(settings, self._lines).client.suppression

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()

    def pages(self, kind: str, since: datetime | None, until: datetime) -> Iterator[list[Report]]:
        """What came onto the list `kind` between two moments, with a day of overlap before; from its beginning without `since`.

        Raises TryLater where SendGrid is not reached or asks for more time than we have, Misconfigured for a key that may not read the
        list, Unreadable for an answer that is none.
        """
        asked = {"start_time": _seconds(since - OVERLAP) if since else 0, "end_time": _seconds(until), "limit": PAGE, "offset": 0}
        while True:
            rows = self._page(kind, asked)
            if rows:
                yield [report_of(kind, row) for row in rows]
            if len(rows) < PAGE:
                return
            asked["offset"] += PAGE

    def _page(self, kind: str, asked: dict[str, int]) -> list[Any]:
        until = time.monotonic() + PATIENCE
        while True:
            answer = self._answer(kind, asked)
            if answer.status_code != 429:
                return _rows(kind, answer)
            wait = asked_to_wait(answer.headers) or 1.0
            if time.monotonic() + wait > until:
                raise TryLater(f"SendGrid asks us to wait before its list of {kind} is read on.", wait)
            time.sleep(wait)

    def _answer(self, kind: str, asked: dict[str, int]) -> Answer:
        try:
            found: Answer = self._lists._(kind).get(query_params=asked)
        except (TryLater, Misconfigured):
            raise
        except TransportError as error:  # an answer that was lost: to ask again changes nothing
            raise TryLater(f"SendGrid's list of {kind} could not be read: {error}") from error
        return found


def report_of(kind: str, row: object) -> Report:
    """One entry of a list. The same again whenever list, address and time are the same."""
    original = cleaned(row)
    known = original if isinstance(original, dict) else {}
    said, bounce = LISTS[kind] if known else (EventKind.OTHER, None)
    address, created = text_of(known.get("email"), 500), text_of(known.get("created"), 40)
    key = [SOURCE, kind, address, created] if known else [SOURCE, kind, original]
    return Report(
        kind=said,
        at=_moment(created),
        delivery=None,
        mark=None,
        content_key=sha256(json.dumps(key).encode()).hexdigest()[:32],
        original={"list": kind, "entry": original},
        address=address or None,
        code=text_of(known.get("status"), 40) or None,
        reason=f"on SendGrid's list of {kind}: {text_of(known.get('reason'), 350)}".removesuffix(": "),
        bounce=bounce,
        bounce_why=bounce_why("", text_of(known.get("status"), 40), text_of(known.get("reason"), 350)) if bounce else None,
    )


def _rows(kind: str, answer: Answer) -> list[Any]:
    status = answer.status_code
    if status in (401, 403):
        raise Misconfigured(
            f"SendGrid answered {status} to the list of {kind}: MAILINGS_SENDGRID_API_KEY needs the right Suppressions, Read Access."
        )
    if status >= 500 or status == 408:
        raise TryLater(f"SendGrid answered {status} to the list of {kind}.")
    try:
        rows = loaded(answer.body) if status == 200 else None
    except ValueError:
        rows = None
    if not isinstance(rows, list):
        raise Unreadable(f"SendGrid's list of {kind} could not be read: it answered {status}, and no list.")
    return rows


def _moment(created: str) -> datetime:
    return datetime.fromtimestamp(int(created), UTC) if created.isdecimal() and len(created) < 11 else clock.now()


def _seconds(moment: datetime) -> int:
    return max(0, int(moment.timestamp()))
