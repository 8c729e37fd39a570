"""What Twilio's list of messages says of those in doubt: found by number and words, for it shows nothing that names the delivery."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from mailings.errors import Misconfigured, TransportError, Unreachable
from mailings.letter import Texted
from mailings.message import Word
from mailings.reported import EventKind
from mailings.transports._lines import Lines
from mailings.transports.twilio.client import NotTaken, api
from mailings.transports.twilio.settings import HOST, Settings
from mailings.transports.twilio.words import OURS, STATUSES

LOOKED = 100  # messages to one number that are looked through, the latest first
PAGES = 5  # that they may come on: one with nothing on it may name a next one for ever
SKEW = 120.0  # seconds by which another clock may be behind ours
VERDICTS = {
    EventKind.PROCESSED: "sent",
    EventKind.DELIVERED: "delivered",
    EventKind.BOUNCED: "bounced",
    EventKind.DROPPED: "failed",
}


def words_of(settings: Settings, texted: Iterable[Texted]) -> Iterator[Word]:
    """A word for each that is there. One message settles one delivery, and none that is known under another. Absence is no evidence.

    Raises Unreachable, and Misconfigured where the account may not be asked.
    """
    lines, used = Lines(settings.host, settings.timeout, HOST), set[str]()
    messages = api(settings, lines).messages
    try:
        for one in texted:
            told = (found for found in _to(messages, one.number) if _is(found, one) and found.sid not in used)
            if (found := next(told, None)) is not None and (kind := STATUSES.get(str(found.status))):
                used.add(found.sid)
                said = (found.sid, found.status, found.error_code)
                yield Word(one.delivery, VERDICTS[kind], "twilio", " ".join(str(word) for word in said if word), str(found.sid)[:64])
    finally:
        lines.close()


def _to(messages: Any, number: str) -> list[Any]:
    try:
        return list(islice(_pages(messages, number), LOOKED))
    except NotTaken as no:
        if no.answer.status_code in (401, 403, 404):
            raise Misconfigured(f"Twilio answered {no.answer.status_code} when asked for its messages. Look at {OURS[20003]}.") from None
        raise Unreachable(f"Twilio answered {no.answer.status_code} when asked for its messages.") from None
    except TransportError as error:
        raise Unreachable(f"Twilio could not be asked for its messages: {error}") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Unreachable("Twilio was asked for its messages, and something else answered.") from None


def _pages(messages: Any, number: str) -> Iterator[Any]:
    page = messages.page(to=number, page_size=LOOKED)
    yield from page
    for _ in range(PAGES - 1):
        if (page := page.next_page()) is None:
            return
        yield from page


def _is(found: Any, one: Texted) -> bool:
    """Whether a message of the list is the one that was handed over: our words, to that number, since then, and no other's."""
    created = found.date_created.timestamp() if found.date_created else 0.0
    ours = str(found.direction).startswith("outbound") and found.to == one.number and found.body == one.text
    return ours and created >= one.at - SKEW and found.sid not in one.known
