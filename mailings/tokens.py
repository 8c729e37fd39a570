"""The signed short texts in public addresses: the only key of the public door. Made by content and channels, read by the web.

    {public}/c/{token}/{N}      click on link N of the mailing's link table; one signature a recipient serves all of them
    {public}/d/{token}?u=URL    click on a link that only this recipient has; the URL is signed with it
    {public}/o/{token}          open            {public}/u/{token}   unsubscribe, never expires (D21)
    {public}/v/{token}          view online     {public}/p/{token}   preferences, carries the day it was made
    {public}/y/{token}          confirming a sign-up, carries the minute it was made
    {public}/s/{token}          confirming what was sent with a form: the message's delivery, and the minute it was made
    {public}/f/{form}?t={token} a form, with what its reader may see of themselves filled in

A token is `key payload signature`: one character naming the secret, the delivery id in hexadecimal (preferences: `.` and the day;
confirm and submission: `.` and the minute), sixteen characters of signature (96 bits of HMAC-SHA256). What a signature is for is part
of what is signed, so no token serves as another. A test message's tokens carry its delivery, whose row is flagged test; a preview has no
delivery, so its tokens carry `~` and the mailing's id instead: neither counts anywhere (D22).
A form's page carries one more (k): a number drawn at random and the second it was made, bound to the form.
`MAILINGS_SECRET` may hold several secrets separated by spaces: the first signs, all are believed.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote

from mailings.errors import Misconfigured, Untrusted

SIGNATURE = 16  # characters of base64, six bits each
_PAYLOAD = re.compile(r"(~?)([0-9a-f]{1,16})(?:\.([0-9a-f]{1,8}))?")


class Kind(StrEnum):
    """What a token opens; the value is its letter in public addresses."""

    CLICK = "c"
    DYNAMIC = "d"
    OPEN = "o"
    UNSUBSCRIBE = "u"
    PREFERENCES = "p"
    ONLINE = "v"
    CONFIRM = "y"
    SUBMISSION = "s"
    FORM = "f"
    FORM_KEY = "k"


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says once it is believed. Exactly one of `delivery` and `preview_of` (a mailing) is set."""

    kind: Kind
    delivery: int | None
    preview_of: int | None = None
    day: int | None = None  # days since 1970-01-01 in UTC; preferences, the reader decides how old is too old; a form's key: seconds
    minute: int | None = None  # minutes since then; confirm, likewise


class _Signer:
    """HMAC-SHA256 by its definition (RFC 2104), the key taken in once: 1.0 us a signature against 1.8 of hmac.digest."""

    def __init__(self, key: bytes) -> None:
        block = key.ljust(64, b"\0")
        self._inner, self._outer = sha256(bytes(b ^ 0x36 for b in block)), sha256(bytes(b ^ 0x5C for b in block))

    def digest(self, message: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


@dataclass(frozen=True, slots=True)
class _Key:
    letter: str
    by_kind: dict[Kind, _Signer]
    bounces: _Signer
    messages: _Signer


class Tokens:
    """Signs and reads tokens with the installation's secrets. Raises Misconfigured when there is none."""

    def __init__(self, secrets: str) -> None:
        self._keys = [_derived(secret) for secret in secrets.split()]
        if not self._keys:
            raise Misconfigured("MAILINGS_SECRET is empty; set it to a long random text.")
        self._letter, self._by_kind = self._keys[0].letter, self._keys[0].by_kind

    def sign(self, kind: Kind, delivery: int | str, url: str = "") -> str:
        """A token for a delivery id (or a payload made by `of_day` and `of_preview`), bound to `url` where one is given."""
        payload = delivery if isinstance(delivery, str) else f"{delivery:x}"
        return self._letter + payload + _signature(self._by_kind[kind], payload, url)

    def read(self, kind: Kind, text: str, url: str = "") -> Token:
        """What `text` says. Raises Untrusted for anything that was not signed here as that kind, for that `url`."""
        letter, payload, signature = text[:1], text[1:-SIGNATURE], text[-SIGNATURE:]
        parts = _PAYLOAD.fullmatch(payload)
        if parts is None or not text.isascii():
            raise Untrusted("This link does not hold.")
        signatures = [_signature(key.by_kind[kind], payload, url) for key in self._keys if key.letter == letter]
        if not any(hmac.compare_digest(signature, good) for good in signatures):
            raise Untrusted("This link does not hold.")
        preview, number, stamped = parts.groups()
        subject, stamp = int(number, 16), int(stamped, 16) if stamped else None
        day, minute = (None, stamp) if kind in (Kind.CONFIRM, Kind.SUBMISSION) else (stamp, None)
        return Token(kind, None if preview else subject, subject if preview else None, day, minute)

    def bounce_mark(self, delivery: int) -> str:
        """What proves that a bounce address is ours: 48 bits in small letters, for addresses may be put into them on their way."""
        return _mark(self._keys[0].bounces, delivery)

    def is_bounce_mark(self, delivery: int, mark: str) -> bool:
        """True for a mark of this delivery by any of the secrets."""
        return any(hmac.compare_digest(_mark(key.bounces, delivery), mark) for key in self._keys)

    def message_mark(self, delivery: int) -> str:
        """What proves that a Message-ID is ours and of this delivery, 48 bits: numbers alone can be counted on by any reader."""
        return _mark(self._keys[0].messages, delivery)

    def is_message_mark(self, delivery: int, mark: str) -> bool:
        """True for a mark of this delivery's message by any of the secrets."""
        return any(hmac.compare_digest(_mark(key.messages, delivery), mark) for key in self._keys)


def of_day(payload: int | str, day: int) -> str:
    """The payload of a preferences token: a delivery id or payload, with the day it is made."""
    return f"{payload if isinstance(payload, str) else f'{payload:x}'}.{day:x}"


def of_minute(payload: int | str, minute: int) -> str:
    """The payload of a token that confirms a sign-up: a delivery id or payload, with the minute it is made."""
    return of_day(payload, minute)


def of_preview(mailing: int) -> str:
    """The payload of a preview's tokens: no delivery, nothing counts."""
    return f"~{mailing:x}"


def dynamic_address(public: str, tokens: Tokens, delivery: int | str, url: str) -> str:
    """The public address that leads one recipient to `url`, and nobody anywhere else."""
    return f"{public}/d/{tokens.sign(Kind.DYNAMIC, delivery, url)}?u={_in_query(url)}"


@lru_cache(maxsize=1024)  # most addresses are the same for many recipients
def _in_query(url: str) -> str:
    return quote(url, safe="")


def _derived(secret: str) -> _Key:
    master = sha256(b"mailings token " + secret.encode()).digest()
    letter = urlsafe_b64encode(master[-3:]).decode()[0]
    by_kind = {kind: _Signer(hmac.digest(master, b"kind " + kind.encode(), "sha256")) for kind in Kind}
    bounces, messages = (_Signer(hmac.digest(master, what, "sha256")) for what in (b"bounces", b"messages"))
    return _Key(letter, by_kind, bounces, messages)


def _mark(signer: _Signer, delivery: int) -> str:
    return signer.digest(b"%x" % delivery)[:6].hex()


def _signature(signer: _Signer, payload: str, url: str) -> str:
    # surrogatepass: a reader hands over whatever stood in the address; a wrong text must be untrusted, not a crash
    signed = f"{payload}\n{url}".encode("utf-8", "surrogatepass") if url else payload.encode("ascii")
    return urlsafe_b64encode(signer.digest(signed)[:12]).decode("ascii")
