"""Twilio's codes and words, and ours: literal tables (twilio.com/docs/api/errors, message statuses)."""

from __future__ import annotations

from mailings.reported import BounceKind, BounceWhy, EventKind

#: answers about the recipient's number that hold for good
NO_NUMBER = frozenset({21211, 21214, 21217, 21265, 21614, 21635})
#: answers about this recipient alone, or their message, and not about the number: other messages go on
THIS_ONE = frozenset({21201, 21266, 21408, 21602, 21604, 21605, 21608, 21610, 21612, 21617, 21619, 21623, 30038, 30039})
OPTED_OUT = 21610  #: the reader sent STOP, and Twilio knows
#: what a person must mend before anything goes: the account, the sender, the address for callbacks
OURS = {
    10001: "MAILINGS_TWILIO_ACCOUNT",
    20003: "MAILINGS_TWILIO_ACCOUNT and MAILINGS_TWILIO_TOKEN",
    20005: "MAILINGS_TWILIO_ACCOUNT",
    20404: "MAILINGS_TWILIO_ACCOUNT and MAILINGS_TWILIO_MESSAGING_SERVICE",
    21212: "the mailing's sender or MAILINGS_TWILIO_FROM",
    21601: "the mailing's sender or MAILINGS_TWILIO_FROM",
    21603: "the mailing's sender or MAILINGS_TWILIO_FROM",
    21606: "the mailing's sender or MAILINGS_TWILIO_FROM",
    21609: "MAILINGS_PUBLIC_URL: Twilio must reach it for what it reports",
    21618: "the account's content settings",
    21639: "the mailing's sender or MAILINGS_TWILIO_FROM",
    21659: "the mailing's sender or MAILINGS_TWILIO_FROM",
    21660: "the mailing's sender or MAILINGS_TWILIO_FROM",
    21661: "the mailing's sender or MAILINGS_TWILIO_FROM",
    21701: "MAILINGS_TWILIO_MESSAGING_SERVICE",
    21703: "MAILINGS_TWILIO_MESSAGING_SERVICE",
    21704: "MAILINGS_TWILIO_MESSAGING_SERVICE",
    21705: "MAILINGS_TWILIO_MESSAGING_SERVICE",
    21712: "MAILINGS_TWILIO_MESSAGING_SERVICE",
    30002: "MAILINGS_TWILIO_ACCOUNT",
    30034: "the number's registration with Twilio",
    63038: "the account's daily limit at Twilio",
}
#: too much at the moment: never processed, always safe to send again (twilio.com/docs/api/errors/20429)
TOO_MUCH = frozenset({14107, 20429, 21611, 30001, 30022})

#: every other word is kept as `other`
STATUSES = {
    "accepted": EventKind.PROCESSED,
    "scheduled": EventKind.PROCESSED,
    "queued": EventKind.PROCESSED,
    "sending": EventKind.PROCESSED,
    "sent": EventKind.PROCESSED,
    "delivered": EventKind.DELIVERED,
    "read": EventKind.DELIVERED,
    "undelivered": EventKind.BOUNCED,
    "failed": EventKind.DROPPED,
    "canceled": EventKind.DROPPED,
}

#: why a message did not arrive: what that says of the number (domain.md D7), and in our words
CAUSES: dict[int, tuple[BounceKind, BounceWhy]] = {
    **dict.fromkeys(NO_NUMBER, (BounceKind.INVALID, BounceWhy.MAILBOX)),
    30001: (BounceKind.POLICY, BounceWhy.RATE),
    30002: (BounceKind.POLICY, BounceWhy.SENDER),
    30003: (BounceKind.SOFT, BounceWhy.SUSPENDED),  # switched off, or out of reach: it may come back
    30004: (BounceKind.POLICY, BounceWhy.FILTERED),
    30005: (BounceKind.HARD, BounceWhy.MAILBOX),
    30006: (BounceKind.HARD, BounceWhy.MAILBOX),  # a landline, or a carrier that is not reached
    30007: (BounceKind.POLICY, BounceWhy.CONTENT),
    30008: (BounceKind.SOFT, BounceWhy.UNKNOWN),
    30009: (BounceKind.SOFT, BounceWhy.SYSTEM),
    30022: (BounceKind.POLICY, BounceWhy.RATE),
    30034: (BounceKind.POLICY, BounceWhy.SENDER),
    30036: (BounceKind.SOFT, BounceWhy.EXPIRED),
    30410: (BounceKind.SOFT, BounceWhy.NETWORK),
    30500: (BounceKind.SOFT, BounceWhy.SYSTEM),
    OPTED_OUT: (BounceKind.POLICY, BounceWhy.FILTERED),
}
UNKNOWN = (BounceKind.POLICY, BounceWhy.UNKNOWN)  # a code we do not know blames no number
