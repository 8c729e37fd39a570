"""Checks what is written in a field by what it holds: cleaned text, numbers, days, choices from the list, addresses (domain.md J.2)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from mailings.addresses import INVISIBLE, read_address, read_mobile
from mailings.forms.fields import FieldPart
from mailings.forms.kinds import Holds
from mailings.sending.dns.records import Question, ask_all, is_reserved
from mailings.settings import Settings

LINE, LINES = 500, 10_000  # characters of a text, of several lines, where the form says nothing else
LOOK_UP = 3.0  # seconds in which the DNS may answer (domain.md D29)
_PHONE = re.compile(r"\+?\d{3,20}")
_BETWEEN = re.compile(r"[\s()./\-‐-―]")
_NUMBER = re.compile(r"[+-]?\d{1,15}")
_BLANKS = {"\t": " ", "\v": " ", "\f": " "}


class Wrong(Exception):
    """What is written cannot be taken; never leaves this room."""

    def __init__(self, what: str, told: Mapping[str, str] | None = None) -> None:
        super().__init__(what)
        self.what, self.told = what, told or {}


Check = Callable[[FieldPart, Sequence[str], Settings], Any]


def checked_address(normal: str, settings: Settings) -> Wrong | None:
    """Why nobody can be written to there: its domain is on no DNS, or takes no mail. None when it may be, or nobody answers (J.4)."""
    domain = normal.rpartition("@")[2]
    if is_reserved(domain):
        return None
    asked = [Question(domain, kind) for kind in ("MX", "A", "AAAA")]
    heard = ask_all(asked, settings.dns, LOOK_UP)
    exchange = heard[asked[0]]
    if exchange.records == (".",):  # RFC 7505: it says itself that it takes none
        return Wrong("no_mail", {"domain": domain})
    if any(one.records or one.trouble for one in heard.values()):
        return None
    return Wrong("no_domain", {"domain": domain})


def _cleaned(text: str) -> str:
    """Without signs that are not seen and do harm; NFC, so that å is one letter."""
    plain = unicodedata.normalize("NFC", text.translate(_SEEN).encode("utf-8", "replace").decode("utf-8"))
    return "".join(sign for sign in plain if sign in "\n\u200d" or unicodedata.category(sign) not in ("Cc", "Cs", "Cn", "Co"))


_SEEN = str.maketrans(_BLANKS) | dict.fromkeys(
    (0xFEFF, 0x00AD, 0x200B, 0x2060, 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
)


def _first(written: Sequence[str]) -> str:
    return written[0][: LINES * 10] if written else ""


def _text(field: FieldPart, written: Sequence[str], _settings: Settings) -> str:
    if field.kind == "hidden" and not written:
        return field.default
    text = " ".join(_cleaned(_first(written)).split())
    return _short(text, field.longest or LINE)


def _lines(field: FieldPart, written: Sequence[str], _settings: Settings) -> str:
    text = _cleaned(_first(written).replace("\r\n", "\n").replace("\r", "\n"))
    return _short("\n".join(line.rstrip() for line in text.split("\n")).strip(), field.longest or LINES)


def _short(text: str, longest: int) -> str:
    if len(text) > longest:
        raise Wrong("too_long", {"most": str(longest), "is": str(len(text))})
    return text


def _email(_field: FieldPart, written: Sequence[str], _settings: Settings) -> str:
    text = _first(written).strip()
    if not text:
        return ""
    read = read_address(text)
    if read.normal is None:
        raise Wrong("email")
    return read.normal


def _mobile(_field: FieldPart, written: Sequence[str], settings: Settings) -> str:
    text = _first(written).strip()
    if not text:
        return ""
    read = read_mobile(text[:60], settings.default_country)
    if read.normal is None:
        raise Wrong("mobile")
    return read.normal


def _digits(_field: FieldPart, written: Sequence[str], _settings: Settings) -> str:
    text = _BETWEEN.sub("", _first(written).translate(INVISIBLE))
    if text and not (text.isascii() and _PHONE.fullmatch(text)):
        raise Wrong("digits")
    return text


def _integer(field: FieldPart, written: Sequence[str], _settings: Settings) -> int | None:
    text = _first(written).translate(INVISIBLE).strip()
    if not text:
        return None
    if not (text.isascii() and _NUMBER.fullmatch(text)):
        raise Wrong("integer")
    number = int(text)
    _within(field, number)
    return number


def _date(field: FieldPart, written: Sequence[str], _settings: Settings) -> str:
    text = _first(written).strip()
    if not text:
        return ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Wrong("date") from None
    _within(field, day.isoformat())
    return day.isoformat()


def _within(field: FieldPart, value: Any) -> None:
    low, high = field.min, field.max
    if low is not None and value < low:
        raise Wrong("too_small", {"least": str(low)})
    if high is not None and value > high:
        raise Wrong("too_large", {"most": str(high)})


def _choice(field: FieldPart, written: Sequence[str], settings: Settings) -> str:
    return next(iter(_choices(field, written[:1], settings)), "")


def _choices(field: FieldPart, written: Sequence[str], _settings: Settings) -> list[str]:
    chosen = dict.fromkeys(text for text in written if text)
    offered = field.topics if field.kind == "topics" else [choice.value for choice in field.choices]
    if not chosen.keys() <= set(offered):
        raise Wrong("choice")
    return [value for value in offered if value in chosen]


def _tick(_field: FieldPart, written: Sequence[str], _settings: Settings) -> bool:
    return _first(written).strip().lower() not in ("", "0", "off", "no", "false")


def _scale(field: FieldPart, written: Sequence[str], _settings: Settings) -> int | None:
    text = _first(written).strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and int(text) in field.scale):
        raise Wrong("choice")
    return int(text)


CHECKS: dict[Holds, Check] = {
    "text": _text,
    "lines": _lines,
    "email": _email,
    "mobile": _mobile,
    "digits": _digits,
    "integer": _integer,
    "date": _date,
    "choice": _choice,
    "choices": _choices,
    "tick": _tick,
    "scale": _scale,
}
