"""Whom a text message comes from: a name of up to eleven letters, or a number that can be answered (domain.md B.4)."""

from __future__ import annotations

import re
from typing import NamedTuple

import phonenumbers

#: what networks take in a name (GSM 03.38 has more letters, but not every operator passes them on)
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 &+_.\-]{1,11}")
_NUMBER = re.compile(r"\+?[\d\s()./\-]+")
_SHORT = re.compile(r"[0-9]{3,8}")
NONE = (
    "It has no sender; write a name of up to 11 letters, or a number that can be answered, under `sms: sender` in mailing.yaml,"
    " or send by a transport with a sender of its own (MAILINGS_TWILIO_FROM or MAILINGS_TWILIO_MESSAGING_SERVICE)."
)


class Sender(NamedTuple):
    """A sender as read. `normal` = a name, a number in E.164 or a short number; None where nobody can send so, with `problem`."""

    normal: str | None
    problem: str | None = None


def read_sender(written: str, country: str, *, needed: bool = True) -> Sender:
    """The sender that somebody wrote; a number without country code belongs to `country`, two letters. Never raises.

    Without one the transport's own is used where none is `needed`: `normal` is empty then.
    """
    text = " ".join(written.split())
    if not text:
        return Sender(None, NONE) if needed else Sender("")
    if _NUMBER.fullmatch(text):
        return _number(text, country)
    if _NAME.fullmatch(text):
        return Sender(text)
    return Sender(None, f"The sender {written!r} cannot be used: {_why_no_name(text)}")


def _number(text: str, country: str) -> Sender:
    if _SHORT.fullmatch(text) and len(text) < 7:
        return Sender(text)  # a short number: its owner's operator gave it
    try:
        number = phonenumbers.parse(f"+{text[2:]}" if text.startswith("00") else text, country)
    except phonenumbers.NumberParseException:
        return Sender(None, f"The sender {text!r} is no telephone number.")
    if phonenumbers.is_valid_number(number):
        return Sender(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    if _SHORT.fullmatch(text):
        return Sender(text)
    return Sender(None, f"The sender {text!r} is no valid number; write it with its country code, such as +47.")


def _why_no_name(text: str) -> str:
    if len(text) > 11:
        return f"a name has at most 11 letters, this one {len(text)}."
    strange = "".join(dict.fromkeys(re.findall(r"[^A-Za-z0-9 &+_.\-]", text)))
    return f"networks take no {strange} in a name; write it with A to Z, digits and spaces." if strange else "a name has a letter in it."
