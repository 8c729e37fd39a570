"""Reads the fields of a delivery report (RFC 3464, 6533), well formed or not, in its own part or written into the text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailings.channels.email.bounces.naming import first
from mailings.channels.email.bounces.parts import Part, headers_of
from mailings.channels.email.bounces.told import SAID, Told

STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status", "message/delivery_status")
MOST = 200  #: recipients of one message that are looked at
_FIELD = re.compile(r"^[ \t>]{0,8}(?:final|original)-recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)
_QUOTED = re.compile(r"^[ \t]{0,4}(?:>[ \t]?){1,4}", re.MULTILINE)
_TYPE = re.compile(r"^\s*(?:rfc-?822|utf-?8|smtp|x-[\w.-]{1,40}|dns|system|unknown|LMTP)\s*;\s*", re.IGNORECASE)
_ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded", "expired")


def told_by_fields(part: Part) -> list[Told]:
    """What a report's own part says of each recipient; empty for a part that is none."""
    if part.type not in STATUS_PARTS:
        return []
    return list(_recipients(_blocks(part.text())))


def told_in_text(text: str) -> list[Told]:
    """The same fields where somebody wrote them into the text: a report that was forwarded, cut or never was MIME."""
    if not _FIELD.search(text):
        return []
    return list(_recipients(_blocks(_QUOTED.sub("", text))))


def envelope_id(part: Part) -> str:
    """Original-Envelope-Id of a report's own part; empty without one."""
    return next((value[:400] for block in _blocks(part.text()) for value in block.all("original-envelope-id")), "")


def _blocks(text: str) -> Iterator[Part]:
    for block in re.split(r"\n[ \t]*\n", text.strip("\n"))[: MOST * 2]:
        start = _FIELD.search(block)
        lines = block[:20000]
        if start is not None and not re.match(r"[!-9;-~]{1,80}[ \t]*:", lines):
            lines = block[start.start() :][:20000]
        yield headers_of(lines.encode("utf-8", "replace"))


def _recipients(blocks: Iterator[Part]) -> Iterator[Told]:
    found = 0
    for block in blocks:
        told = _told(block)
        if told is not None and found < MOST:
            found += 1
            yield told


def _told(block: Part) -> Told | None:
    original, final = (_address(block.header(f"{name}-recipient")) for name in ("original", "final"))
    action = block.header("action").lower() or block.header("ction").lower()
    if not (original or final or (action and block.header("status"))):
        return None
    status = re.match(r"\s*([245]\.\d{1,3}\.\d{1,3})", block.header("status"))
    return Told(
        address=original or final,
        final=final,
        action=next((word for word in _ACTIONS if action.startswith(word)), ""),
        status=status[1] if status else "",
        said=_TYPE.sub("", block.header("diagnostic-code"))[:SAID],
        beside=_comment(block.header("status")),
        by="fields",
    )


def _address(field: str) -> str:
    return "" if _TYPE.sub("", field).startswith("@") else first(_TYPE.sub("", field))


def _comment(status: str) -> str:
    found = re.search(r"\(([^()]{3,300})\)", status)
    return found[1] if found else ""
