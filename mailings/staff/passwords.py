"""Passwords of the staff: kept as argon2id, compared in the same time whether or not there is such a user."""

from __future__ import annotations

import secrets
import unicodedata
from functools import lru_cache
from threading import BoundedSemaphore
from typing import NewType

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mailings.errors import NotAllowed

LEAST, MOST = 10, 1000  # characters; the upper bound is for whoever would have us hash a book
DIFFERENT = 5  # letters a password must have at the least: "aaaaaaaaaa" is ten characters too

AT_WORK = BoundedSemaphore(2)  #: argon2 at work at a time in this process: each holds 64 MiB
hasher = PasswordHasher()  #: argon2id, 64 MiB, three passes (RFC 9106, its choice where memory is short): some 60 ms


Hashed = NewType("Hashed", str)  #: what is kept of a password; a type of its own, so that nothing else is kept by mistake


def hashed(password: str) -> Hashed:
    """What is kept of a password: argon2id with its own salt and parameters. It takes its time: no transaction that writes waits for it."""
    with AT_WORK:
        return Hashed(hasher.hash(_bytes(password)))


def made(password: str, name: str) -> Hashed:
    """What is kept of a new password of the user `name`. Raises NotAllowed as must_be_sound does."""
    must_be_sound(password, name)
    return hashed(password)


def matches(kept: str | None, password: str) -> bool:
    """True when `kept` was made of this password. With nothing kept the same work is done in vain: time tells nobody who is a user."""
    try:
        with AT_WORK:
            nobody = _nobody()  # whoever is asked for: else the first who is nobody would take twice as long
            return hasher.verify(kept or nobody, _bytes(password[:MOST])) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def anew(kept: str | None, password: str) -> Hashed | None:
    """A password that matched, hashed once more where `kept` was made with other parameters than today's; None where it was not."""
    return hashed(password) if kept is not None and hasher.check_needs_rehash(kept) else None


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
    return hasher.hash(secrets.token_urlsafe(32))


def _bytes(password: str) -> bytes:
    return _one(password).encode("utf-8", "surrogatepass")


def _one(password: str) -> str:
    # one machine sends å as one character, another as a and a ring: NFKC makes them one (NIST SP 800-63B, 3.1.1.2)
    return unicodedata.normalize("NFKC", password)
