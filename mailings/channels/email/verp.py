"""The envelope sender of a delivery, and back: returned mail names the delivery by the address it comes to (VERP)."""

from __future__ import annotations

import re
from collections.abc import Callable

from mailings.addresses import read_address
from mailings.settings import Settings
from mailings.tokens import Tokens

LONGEST = 64  #: octets before the @ (RFC 5321, 4.5.3.1.1)
_OURS = re.compile(r"\+([0-9a-f]{1,16})-([0-9a-f]{12})@", re.IGNORECASE)
_WIDEST = len("+ffffffffffffffff-ffffffffffff")


def envelope_sender(settings: Settings, tokens: Tokens) -> Callable[[int], str] | None:
    """The envelope sender by delivery; None where MAILINGS_BOUNCE_ADDRESS is not set and mail comes back to the From address.

    The plain address for everybody with MAILINGS_BOUNCE_VERP=false, and where its part before the @ leaves no room for a delivery.
    """
    plain = settings.bounce_address
    if plain is None:
        return None
    local, _, written = plain.rpartition("@")
    domain = (read_address(f"x@{written}").normal or f"x@{written}")[2:]  # an envelope takes no letters beyond ASCII here
    if not settings.bounce_verp or not local or len(local.encode()) + _WIDEST > LONGEST:
        return lambda _delivery: f"{local}@{domain}"
    return lambda delivery: f"{local}+{delivery:x}-{tokens.bounce_mark(delivery)}@{domain}"


def delivery_of(address: str, tokens: Tokens) -> int | None:
    """The delivery that an address of ours names, in letters of any size; None for every other, cut and forged ones too."""
    found = _OURS.search(address)
    if found is None:
        return None
    delivery = int(found[1], 16)
    return delivery if tokens.is_bounce_mark(delivery, found[2].lower()) else None
