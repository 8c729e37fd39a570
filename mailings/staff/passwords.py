"""Passwords of the staff: kept as argon2id, compared in the same time whether or not there is such a user."""

from __future__ import annotations

import secrets
import unicodedata
from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mailings.errors import NotAllowed

LEAST, MOST = 10, 1000  # characters; the upper bound is for whoever would have us hash a book
DIFFERENT = 5  # letters a password must have at the least: "aaaaaaaaaa" is ten characters too

_two = BoundedSemaphore(2)  # argon2 at work at a time in this process: each holds 64 MiB
_hasher = PasswordHasher()  # argon2id, 64 MiB, three passes (RFC 9106, its choice where memory is short): some 60 ms


def hashed(password: str) -> str:
    """What is kept of a password: argon2id with its own salt and parameters."""
    with _two:
        return _hasher.hash(_bytes(password))


def matches(kept: str | None, password: str) -> bool:
    """True when `kept` was made of this password. With nothing kept the same work is done in vain: time tells nobody who is a user."""
    nobody = _nobody()
    try:
        with _two:
            return _hasher.verify(kept or nobody, _bytes(password[:MOST])) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_dated(kept: str) -> bool:
    """True when it was hashed with other parameters than today's; hash it anew while the password is at hand."""
    return _hasher.check_needs_rehash(kept)


def must_be_sound(password: str, name: str) -> None:
    """Raises NotAllowed for a password that is too short, too long, too plain, or the user's own name."""
    said = _one(password)
    if not LEAST <= len(said) <= MOST:
        raise NotAllowed(f"A password has at least {LEAST} and at most {MOST:,} characters.")
    if len(set(said)) < DIFFERENT:
        raise NotAllowed(f"A password has at least {DIFFERENT} different characters.")
    if said.casefold() in {name.casefold(), name.casefold() * 2} or said.casefold() == name.casefold().partition("@")[0]:
        raise NotAllowed("A password must not be the user's own name.")


def generated() -> str:
    """A password nobody has to think of: four groups that can be read aloud, 100 bits."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"  # none that look alike: l, o, 0, 1
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe(32))


def _bytes(password: str) -> bytes:
    return _one(password).encode("utf-8", "surrogatepass")


def _one(password: str) -> str:
    # one machine sends å as one character, another as a and a ring: NFKC makes them one (NIST SP 800-63B, 3.1.1.2)
    return unicodedata.normalize("NFKC", password)
