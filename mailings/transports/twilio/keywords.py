"""What readers write to say that they want no more text messages, or want them again: literal tables, in six languages."""

from __future__ import annotations

import re
import unicodedata

#: Twilio's own, of all carriers; then English, Norwegian, Danish, Swedish, Dutch, German
STOP = frozenset(
    {
        *("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"),
        *("stop sms", "remove", "remove me", "no more"),
        *("stopp", "stopp sms", "avmeld", "meld av", "meld meg av", "slutt", "avslutt"),
        *("afmeld", "afmeld mig", "frameld", "meld mig fra", "slut", "framelding"),
        *("avsluta", "avregistrera", "avanmal", "sluta"),
        *("afmelden", "stoppen", "uitschrijven", "afmelding", "meld af", "meld mij af"),
        *("abmelden", "abbestellen", "stornieren", "abmeldung", "aufhoren", "aufhoeren"),
    }
)
#: what may follow one of them, and the text is still nothing but a word for no more
AFTER = frozenset(
    {
        *(
            "please",
            "pls",
            "plz",
            "thanks",
            "thank",
            "you",
            "all",
            "me",
            "us",
            "now",
            "sms",
            "text",
            "texts",
            "texting",
            "message",
            "messages",
        ),
        *("alt", "alle", "meg", "oss", "na", "takk", "vennligst", "melding", "meldinger"),
        *("mig", "os", "nu", "tak", "venligst", "besked", "beskeder"),
        *("allt", "alla", "tack", "meddelande", "meddelanden"),
        *("alles", "mij", "ons", "aub", "alstublieft", "graag", "dank", "bedankt", "bericht", "berichten"),
        *("mich", "uns", "bitte", "danke", "sofort", "jetzt", "nachricht", "nachrichten"),
    }
)
MOST = 3  # words after the first
START = frozenset({"start", "unstop", "start sms", "pamelding", "pameld", "tilmeld", "anmal", "aanmelden", "anmelden"})

_NO_LETTERS = re.compile(r"[^\w]+|_+")


def said(text: str) -> str:
    """A text as the tables have it: small letters without accents, one blank between words, no punctuation."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))
    return _NO_LETTERS.sub(" ", plain.replace("ø", "o").replace("æ", "ae")).strip()


def says_stop(text: str) -> bool:
    """True for a text that is a word for no more, and for one that begins with it and has only words of AFTER behind it, a few.

    "Avmeld meg" and "STOP please" are; "Stop by tomorrow?" is an answer, to be read by somebody.
    """
    words = said(text).split()
    if len(words) > 1 + MOST:
        return False
    return any(" ".join(words[:n]) in STOP and AFTER.issuperset(words[n:]) for n in range(1, len(words) + 1))


def says_start(text: str) -> bool:
    """True for a text that asks for messages again."""
    return said(text) in START
