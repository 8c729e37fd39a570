"""The links of a message that lead to our own pages: which token each carries, and whether it says when it was made."""

from __future__ import annotations

from mailings.clock import timestamp
from mailings.tokens import Kind, Tokens, of_day, of_minute

DAY, MINUTE = 86_400, 60  # seconds
#: name in a template, `link.NAME` -> what its token opens
KINDS = {
    "unsubscribe": Kind.UNSUBSCRIBE,
    "online": Kind.ONLINE,
    "open": Kind.OPEN,
    "preferences": Kind.PREFERENCES,
    "confirm": Kind.CONFIRM,
    "confirm_submission": Kind.SUBMISSION,
}


def own_link(public: str, tokens: Tokens, kind: Kind, payload: int | str) -> str:
    """The address of one of our pages for the recipient whose tokens carry `payload`."""
    return f"{public}/{kind.value}/{tokens.sign(kind, _stamped(kind, payload))}"


def _stamped(kind: Kind, payload: int | str) -> int | str:
    """The payload, with when it was made where the page asks how old the link is."""
    if kind is Kind.PREFERENCES:
        return of_day(payload, int(timestamp() // DAY))
    return of_minute(payload, int(timestamp() // MINUTE)) if kind in (Kind.CONFIRM, Kind.SUBMISSION) else payload
