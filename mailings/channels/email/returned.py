"""Reads returned mail: which delivery a delivery report (RFC 3464, 6522, 6533) is about, and what it says of it.

Only what stands in the report counts: its own fields, and the Message-ID of the message it gives back. A message quoted deeper down,
or the ids an answer refers to, are somebody else's.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message

from mailings.channels.email.mailboxes import open_mailbox
from mailings.message import Sought, Word
from mailings.settings import Settings

SOURCE = "delivery report"
NESTED = 20  # parts within parts make the parser slow: one hostile file of 1 MiB took a minute
SKEW = 3600.0  # seconds by which a file may seem older than it is: another host's clock

#: what became of it, by the Action of RFC 3464 2.3.3; `delayed` says nothing yet, `expired` is SendGrid's own word
VERDICTS = {"delivered": "delivered", "relayed": "sent", "expanded": "sent", "failed": "bounced", "expired": "bounced"}
_STATUS = ("message/delivery-status", "message/global-delivery-status")
_GIVEN_BACK = ("message/rfc822", "message/global")
_HEADERS = ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers")


def returned(settings: Settings, sought: Sought) -> Iterator[Word]:
    """What the reports in the bounce mailbox say of what is sought. The mailbox is left as it is.

    Raises Unreadable or Unreachable when it cannot be read, Misconfigured when the setting names none.
    """
    with open_mailbox(settings) as mailbox:
        for file in mailbox.since(sought.since - SKEW):
            yield from words_of(file, sought)


def words_of(file: bytes, sought: Sought) -> Iterator[Word]:
    """What one file says of what is sought: nothing, unless it is a delivery report on one of these messages."""
    if file.lower().count(b"boundary") > NESTED:
        return
    try:
        words = list(_told(message_from_bytes(file), sought))
    except Exception:  # anybody may write such a file, and what trips the parser up says nothing
        return
    yield from words


def _told(message: Message, sought: Sought) -> Iterator[Word]:
    parts = _parts(message) if message.get_content_maintype() == "multipart" else []
    blocks = [block for part in parts if part.get_content_type() in _STATUS for block in _blocks(part)]
    if not blocks:
        return
    for named in _names(parts, blocks):
        if (delivery := sought.delivery_of(named)) is not None:
            yield from (word for block in blocks if (word := _word(block, delivery)))
            return


def _names(parts: list[Message], blocks: list[Message]) -> Iterator[str]:
    """Every text that may name the message a report is about, the surest first."""
    given_back = [part for part in parts if part.get_content_type() in _GIVEN_BACK]
    for message in [inner for part in given_back for inner in _parts(part)[:1]]:
        yield str(message["Message-ID"])
    for part in parts:
        if part.get_content_type() in _HEADERS:
            yield str(message_from_bytes(_content(part).lstrip())["Message-ID"])
    yield from (str(block["Original-Envelope-Id"]) for block in blocks)


def _blocks(report: Message) -> list[Message]:
    """The groups of fields of a report: about the message first, then one for each recipient."""
    inner = _parts(report)
    if str(report["Content-Transfer-Encoding"]).strip().lower() == "base64":  # against RFC 3464 2.1.1; some do
        written = b64decode("".join(str(part.get_payload()) for part in inner))
    elif report.get_content_type() == _STATUS[0]:
        return inner
    else:
        written = _content(report)
    return [message_from_bytes(block) for block in written.replace(b"\r\n", b"\n").strip().split(b"\n\n")]


def _parts(message: Message) -> list[Message]:
    inner = message.get_payload()
    return [part for part in inner if isinstance(part, Message)] if isinstance(inner, list) else []


def _content(part: Message) -> bytes:
    if inner := _parts(part):
        return inner[0].as_bytes()
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _word(block: Message, delivery: int) -> Word | None:
    action = str(block["Action"] or "").split()
    given_up = "failed" if str(block["Status"] or "").strip().startswith("5.") else ""  # Action is left out by some
    verdict = VERDICTS.get(action[0].lower().strip(";,()") if action else given_up)
    if verdict is None:
        return None
    said = [f"{name}: {' '.join(str(block[name]).split())}" for name in ("Action", "Status", "Diagnostic-Code") if block[name]]
    return Word(delivery, verdict, SOURCE, "; ".join(said))
