"""Keys of forms: each page has one, signed, with the version it shows and the second it was made; posted twice is one submission (J.4)."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from mailings import clock
from mailings.errors import Untrusted
from mailings.tokens import Kind, Tokens, of_day

_VERSION = re.compile(r"[1-9][0-9]{0,8}")
HOLDS = 7 * 86_400  #: seconds a page may stay open in a browser before it has to be sent anew
FASTEST = 2  #: seconds: nobody reads a form, fills it in and sends it faster; programs do


@dataclass(frozen=True, slots=True)
class FormKey:
    """A key that was signed here. `age` = seconds since its page was made; `version` = of the form its page showed."""

    text: str
    age: int
    version: int

    @property
    def hasty(self) -> bool:
        """True when the form came back faster than a person can send it."""
        return self.age < FASTEST

    @property
    def stale(self) -> bool:
        """True when its page is too old to be sent."""
        return self.age > HOLDS


def new_key(tokens: Tokens, form_id: int, version: int) -> str:
    """A fresh key for a page of this version of the form."""
    return f"{version}-{tokens.sign(Kind.FORM_KEY, of_day(secrets.randbits(63), int(clock.timestamp())), _bound(form_id, version))}"


def read_key(tokens: Tokens, form_id: int, text: str) -> FormKey:
    """What a key says. Raises Untrusted for one that was not made here for this form."""
    written, _, token = text.partition("-")
    if not _VERSION.fullmatch(written):
        raise Untrusted("This form does not hold.")
    said = tokens.read(Kind.FORM_KEY, token, _bound(form_id, int(written)))
    if said.day is None or said.delivery is None:
        raise Untrusted("This form does not hold.")
    return FormKey(text, max(0, int(clock.timestamp()) - said.day), int(written))


def _bound(form_id: int, version: int) -> str:
    return f"form:{form_id}:{version}"
