"""How an address or mobile number is read, cleaned and compared: one key for equal addresses, one sentence for wrong ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

import email_validator
import phonenumbers
from email_validator import EmailNotValidError, validate_email

# names kept for tests, documents and networks of one's own: an installation may well write there (domain.md D29)
for reserved in ("test", "invalid", "localhost", "local"):
    if reserved in email_validator.SPECIAL_USE_DOMAIN_NAMES:
        email_validator.SPECIAL_USE_DOMAIN_NAMES.remove(reserved)


@dataclass(frozen=True, slots=True)
class ReadAddress:
    """An e-mail address as read. `normal` is the key it is compared by; None when nobody could write to it, with `problem` saying why."""

    written: str
    name: str
    normal: str | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class ReadMobile:
    """A mobile number as read. `normal` in E.164 (+4799887766); None when nobody could send there, with `problem` saying why."""

    written: str
    normal: str | None
    problem: str | None


# plain addresses are nine in ten: a pattern decides them in 1 us where email-validator takes 26 (fast.md f)
_PLAIN = re.compile(r"[a-z0-9_+\-]+(?:\.[a-z0-9_+\-]+)*@((?:[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?\.)+[a-z]{2,})")
# what copying from mails and web pages leaves behind: zero-width signs, direction marks, soft hyphens, a byte order mark
INVISIBLE = dict.fromkeys((0x00AD, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF))
_LOOKALIKES = {0xFF20: "@", 0xFE6B: "@", 0xFF0E: ".", 0x3002: "."}
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>[^<>@]*")
_REMARKED = re.compile(r"(?P<address>\S+@\S+)\s*\((?P<name>[^()]*)\)")
_SEVERAL = re.compile(r"""(?:"[^"]*"|[^"<>;,|\n\r\t])*<[^<>]*>|[^;,|\n\r\t]+""")
_SEPARATED = re.compile(r"[;,|<\s]")
_NAME_FIRST = re.compile(r"(?P<name>\S.*?)\s+(?P<address>\S+@\S+)")
_BARE = re.compile(r"[^\s/<>]+@[^\s/<>]+")
_WRAPPING = " \t\r\n\"'`´‘’“”«»<>()[]{},;:"
_MAX = 500  # an address has at most 254 letters (RFC 3696 erratum 1690), its name a few; keeps a whole letter in a cell from being parsed


def read_address(text: str) -> ReadAddress:
    """One address out of a cell or an option: cleaned, lower case, its domain in ASCII (IDNA). Never raises.

    Understands `Name <a@b>`, `a@b (Name)`, `mailto:a@b?subject=x`, quotes around it, trailing dots and invisible signs.
    """
    if len(text) > _MAX:
        return ReadAddress(text[:_MAX], "", None, "It is longer than an address can be.")
    if plain := _plain(text):
        return plain
    name, address = _unwrapped(_cleaned(text))
    normal, problem = _judged(address)
    return ReadAddress(text, name, normal, problem)


def read_addresses(text: str) -> list[ReadAddress]:
    """Every address in a cell, in order: separated by `;` `,` `|`, line ends, or `/` and blanks between plain ones. Empty cell = none."""
    if len(text) <= _MAX and (plain := _plain(text)):
        return [plain]
    cleaned = _cleaned(text[: _MAX * 10])
    if cleaned.count("@") < 2 and not _SEPARATED.search(cleaned):
        return [read_address(text)] if cleaned else []
    found: list[ReadAddress] = []
    waiting = ""  # "Berg, Anna <anna@x.test>": a piece without an address is the beginning of the next one's name
    for piece in _SEVERAL.findall(cleaned):
        if "@" not in piece:
            waiting += piece.strip(_WRAPPING) + ", " if piece.strip(_WRAPPING) else ""
            continue
        several = piece.count("@") > 1 and "<" not in piece
        found += [read_address(part) for part in (_BARE.findall(piece) if several else [waiting + piece.strip()])]
        waiting = ""
    return [*found, read_address(waiting.strip(_WRAPPING))] if waiting else found


def read_mobile(text: str, country: str) -> ReadMobile:
    """A mobile number out of a cell; one without country code belongs to `country`, two letters (domain.md C.2). Never raises.

    Takes the floats a spreadsheet makes of numbers (4799887766.0), `00` for `+`, and any blanks, dots, dashes or brackets.
    """
    code, plain = _plain_mobile(country)
    if found := plain.fullmatch(text):
        return ReadMobile(text, f"+{code}{found[1]}", None)
    first = _REMARK.sub("", _cleaned(text)).partition("/")[0].partition(";")[0].partition(",")[0]
    digits = _FLOAT.sub("", _GROUPING.sub("", first))
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if found := plain.fullmatch(digits):
        return ReadMobile(text, f"+{code}{found[1]}", None)
    return _parsed_mobile(text, digits, country)


def is_number(normal: str) -> bool:
    """True for a telephone number in E.164, False for an e-mail address as it is compared."""
    return normal[:1] == "+" and normal[1:].isdecimal() and normal.isascii()


_GROUPING = re.compile(r"[\s()./\-\u2010-\u2015](?!0$)")
_REMARK = re.compile(r"\(\s*0\s*\)|\([^()\d]*\)")  # +47 (0) 998 87 766; 998 87 766 (Anna)
_FLOAT = re.compile(r"\.0$")
# of some countries nobody can tell a mobile number from others; a personal number leads wherever its owner says, rarely to a mobile
_REACHABLE = {
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    phonenumbers.PhoneNumberType.UNKNOWN,
}


def _parsed_mobile(text: str, digits: str, country: str) -> ReadMobile:
    if not any(sign.isdigit() for sign in digits):
        return ReadMobile(text, None, "It is no telephone number.")
    try:
        number = phonenumbers.parse(digits[:40], country)
    except phonenumbers.NumberParseException:
        return ReadMobile(text, None, "It is no telephone number.")
    if not phonenumbers.is_valid_number(number):
        where = phonenumbers.region_code_for_country_code(number.country_code or 0)
        return ReadMobile(text, None, f"It is no valid number in {where}; write it with its country code, such as +47.")
    if phonenumbers.number_type(number) not in _REACHABLE:
        return ReadMobile(text, None, "It is no mobile number.")
    return ReadMobile(text, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), None)


@lru_cache(maxsize=256)
def _plain_mobile(country: str) -> tuple[int, re.Pattern[str]]:
    """A country's code and the library's own pattern of its mobile numbers: the common case in 1 us instead of 40.

    Of ASCII digits only: those of other scripts are for the library, which knows what number they are.
    """
    known = phonenumbers.PhoneMetadata.metadata_for_region(country, None)
    if known is None or known.country_code is None or not known.mobile or not known.mobile.national_number_pattern:
        return 0, re.compile(r"(?!)")
    return known.country_code, re.compile(rf"(?:\+?{known.country_code})?({known.mobile.national_number_pattern})", re.ASCII)


def _plain(text: str) -> ReadAddress | None:
    """The address when it is a plain one and nothing else; most are."""
    plain = text.strip().lower()
    found = _PLAIN.fullmatch(plain)
    if found and len(plain) <= 254 and plain.index("@") <= 64 and _domain(found[1]):
        return ReadAddress(text, "", plain, None)
    return None


def _cleaned(text: str) -> str:
    return text.translate(INVISIBLE).translate(_LOOKALIKES).replace("\xa0", " ").strip()


def _unwrapped(text: str) -> tuple[str, str]:
    """The name, if one is written with the address, and the address without what stands around it."""
    name, address = "", text
    if found := _NAMED.fullmatch(text) or _REMARKED.fullmatch(text) or _NAME_FIRST.fullmatch(text):
        name, address = found["name"].strip(_WRAPPING), found["address"]
    address = address.strip(_WRAPPING)
    if address[:7].lower() == "mailto:":
        address = unquote(address[7:].partition("?")[0])
    return name, address.strip(_WRAPPING).rstrip(". ")


def _judged(address: str) -> tuple[str | None, str | None]:
    """(normal, None) or (None, why not)."""
    if not address:
        return None, "It is empty."
    try:
        # no DNS here: a list must be readable without a network, and a look-up says little about an address
        read = validate_email(address, check_deliverability=False, allow_smtputf8=True, globally_deliverable=False)
    except EmailNotValidError as error:
        return None, str(error)
    except (ValueError, UnicodeError):
        return None, "It cannot be read as an address."
    if not read.local_part.isascii():
        return None, "It has letters before the @-sign that not every mail server takes (SMTPUTF8); ask for an address in plain letters."
    if "." not in read.ascii_domain:
        return None, f"The part after the @-sign, {read.domain}, is no full domain such as firma.no."
    return f"{read.local_part}@{read.ascii_domain}".lower(), None


@lru_cache(maxsize=65_536)
def _domain(domain: str) -> bool:
    """True when a plain lower-case domain is valid and is its own ASCII form."""
    try:
        read = validate_email(f"x@{domain}", check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return False
    return read.ascii_domain == domain
