"""What readers write to say that they want no more text messages, or want them again: literal tables, in six languages."""

from __future__ import annotations

import re
import unicodedata

#: Twilio's own, of all carriers; then English, Norwegian, Danish, Swedish, Dutch, German
STOP = frozenset(
    {
        *("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"),
        *("stop sms", "remove", "remove me", "no more"),
        *("stopp", "stopp sms", "avmeld", "meld av", "slutt", "avslutt"),
        *("afmeld", "afmeld mig", "slut", "framelding"),
        *("avsluta", "avregistrera", "avanmal", "sluta"),
        *("afmelden", "stoppen", "uitschrijven", "afmelding", "meld af"),
        *("abmelden", "abbestellen", "stornieren", "abmeldung", "aufhoren", "aufhoeren"),
    }
)
START = frozenset({"start", "unstop", "start sms", "pamelding", "pameld", "tilmeld", "anmal", "aanmelden", "anmelden"})

_NO_LETTERS = re.compile(r"[^\w]+|_+")


def said(text: str) -> str:
    """A text as the tables have it: small letters without accents, one blank between words, no punctuation."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))
    return _NO_LETTERS.sub(" ", plain.replace("ø", "o").replace("æ", "ae")).strip()


def says_stop(text: str) -> bool:
    """True for a text that is a word for no more, and nothing else."""
    return said(text) in STOP


def says_start(text: str) -> bool:
    """True for a text that asks for messages again."""
    return said(text) in START
