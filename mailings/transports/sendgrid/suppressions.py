"""SendGrid's lists of addresses it does not write to any more, read page by page as reports (sendgrid.md 6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from mailings import clock
from mailings.errors import Unreadable
from mailings.reported import BounceKind, EventKind, Report
from mailings.transports._cleaning import cleaned, text_of
from mailings.transports.sendgrid.asking import Questions
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
RIGHT = "MAILINGS_SENDGRID_API_KEY needs the right Suppressions, Read Access."


class Suppressions(Questions):
    """The lists of one account. Not for two threads at a time."""

    def pages(self, kind: str, since: datetime | None, until: datetime) -> Iterator[list[Report]]:
        """What came onto the list `kind` between two moments, with a day of overlap before; from its beginning without `since`.

        Raises TryLater where SendGrid is not reached or asks for more time than we have, Misconfigured for a key that may not read the
        list, Unreadable for an answer that is none.
        """
        asked = {"start_time": _seconds(since - OVERLAP) if since else 0, "end_time": _seconds(until), "limit": PAGE, "offset": 0}
        while True:
            rows = self.ask(("suppression", kind), asked, f"its list of {kind}", RIGHT)
            if not isinstance(rows, list):
                raise Unreadable(f"SendGrid's list of {kind} could not be read: what it answered is no list.")
            if rows:
                yield [report_of(kind, row) for row in rows]
            if len(rows) < PAGE:
                return
            asked["offset"] += PAGE


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


def _moment(created: str) -> datetime:
    return datetime.fromtimestamp(int(created), UTC) if created.isdecimal() and len(created) < 11 else clock.now()


def _seconds(moment: datetime) -> int:
    return max(0, int(moment.timestamp()))
