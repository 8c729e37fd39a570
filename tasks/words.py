"""The figures of a mailing as words: one line while it is sent, one page when it is done, always with what to do next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mailings.audience.labels import READY, VERDICT_LABELS
from mailings.model import DeliveryStatus, MailingStatus
from mailings.readable import counted, spoken
from mailings.reports.saying import label
from mailings.reports.watching import Look, Pace
from mailings.settings import settings

#: where a mailing stands, as a run's page says it
STANDS = {
    MailingStatus.DRAFT: "not sent, a draft again",
    MailingStatus.SCHEDULED: "scheduled",
    MailingStatus.POPULATING: "its list is being made",
    MailingStatus.SENDING: "still being sent",
    MailingStatus.PAUSED: "paused",
    MailingStatus.SENT: "sent",
    MailingStatus.CANCELLED: "cancelled",
}
ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@(?=[^\s<>\"'(),;:])")  # up to the sign: the domain may stay, it says whose server spoke
SERVED = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED)

Document = Mapping[str, Any]  #: the status document of cli.md


def status_word(status: DeliveryStatus) -> str:
    """What became of a message, in the one word of charts, reports and the desk: `Ready to send`."""
    return label("status", READY if status is DeliveryStatus.QUEUED else str(status))


def verdict_word(verdict: str) -> str:
    """Why somebody is left out, in the same words: `No consent`. Also of a verdict we do not know (from a later version)."""
    return label("status", VERDICT_LABELS.get(verdict, verdict))


def progress_line(look: Look, pace: Pace) -> tuple[float, str]:
    """The share that is done, 0-100, and a line on it: `1,200 of 5,000; 3 failed; done about 14:05 UTC, 600 a minute`."""
    if not look.total:
        return 0.0, STANDS[MailingStatus(look.status)]
    extra = [f"{n:,} {word}" for n, word in ((look.failed, "failed"), (look.in_doubt, "in doubt"), (look.cancelled, "cancelled")) if n]
    if look.waiting:
        extra.append(f"{look.waiting:,} to be tried again")
    if look.status == MailingStatus.PAUSED:
        extra.append(f"paused: {unnamed(look.held or 'by a person')}")
    elif look.limited:
        extra.append(f"waits {spoken(look.limited)}")
    elif pace.per_minute and pace.ends:
        # the end first: a card shows some forty letters
        extra.append(f"done about {local(pace.ends):%H:%M %Z}, {pace.per_minute:,.0f} a minute")
    return 100.0 * look.done / look.total, "; ".join([f"{look.done:,} of {look.total:,}", *extra])


def headline(document: Document, *, printed: bool = False) -> str:
    """The mailing and where it stands: `høst-nytt is sent: 1,200 of 5,000 recipients have it`; of letters how many are printed."""
    deliveries, recipients = document["deliveries"], document["recipients"]
    served = sum(deliveries.get(s, 0) for s in SERVED)
    if printed:
        of = counted(recipients["total"], "recipient")
        return f"{document['name']} is {STANDS[MailingStatus(document['status'])]}: {counted(served, 'letter')} printed for {of}"
    have = counted(recipients["total"], "recipient has", "recipients have")
    return f"{document['name']} is {STANDS[MailingStatus(document['status'])]}: {served:,} of {have} it"


def moment(value: object) -> str:
    """A moment (ISO text, UTC) as people read it, in the installation's time zone, to the minute."""
    return f"at {local(datetime.fromisoformat(str(value))):%Y-%m-%d %H:%M %Z}" if value else "soon"


def local(moment: datetime) -> datetime:
    """The moment in the installation's time zone."""
    return moment.astimezone(ZoneInfo(settings().time_zone))


def share(part: int, whole: int) -> str:
    """`92.7 %`; nothing where it is of nothing."""
    return f"{100 * part / whole:.1f} %" if whole else ""


def unnamed(sentence: str) -> str:
    """The sentence without anybody's address: servers repeat whom they refuse. `…@fjord.test` for `åse@fjord.test`."""
    return ADDRESS.sub("…@", sentence)
