"""The link table of a mailing: which addresses are tracked, under which number, and with which UTM words (domain.md E.1, E.8)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from html import unescape
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

_NAMED = re.compile(r"""\blink\s*(?:\.\s*(\w+)|\[\s*["'](\w+)["']\s*\])""")
PROGRAMS = ("mailto", "tel", "sms")
_WEB = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)


@dataclass(frozen=True)
class Utm:
    """What is appended to tracked addresses. The medium is always Email (domain.md B.3)."""

    source: str = ""
    campaign: str = ""

    @cached_property
    def words(self) -> tuple[tuple[str, str], ...]:
        """The query's new names and values; nothing without a source or campaign."""
        if not (self.source or self.campaign):
            return ()
        words = (("utm_source", self.source), ("utm_medium", "Email"), ("utm_campaign", self.campaign))
        return tuple((name, value) for name, value in words if value)


@dataclass
class LinkTable:
    """The numbered addresses of one mailing. `track` = all, registered or none; numbers given once stay."""

    numbers: dict[str, int] = field(default_factory=dict)  # address, with its UTM words -> number
    registered: dict[str, int] = field(default_factory=dict)  # name under `links` -> number
    urls: dict[str, str] = field(default_factory=dict)  # name under `links` -> address
    track: str = "all"
    utm: Utm = Utm()
    own: tuple[str, ...] = ()  # beginnings of our own public addresses, which are never tracked again
    last: int = 0  # the highest number given so far, also to links that are gone

    def number(self, url: str) -> int | None:
        """The number of an address that stands in the template; a new one where all links are tracked. None = not tracked."""
        if not self.follows(url):
            return None
        target = self.target(url)
        if target not in self.numbers and self.track == "all":
            self.numbers[target] = self.next()
        return self.numbers.get(target)

    def next(self) -> int:
        """A number no link of the mailing has had."""
        self.last = 1 + max(self.last, *self.numbers.values(), *self.registered.values(), 0)
        return self.last

    def known(self, url: str) -> int | None:
        """The number of an address that is followed, None where it has none."""
        return self.numbers.get(self.target(url))

    def follows(self, url: str) -> bool:
        """True for an address that may be tracked: http(s), not one of ours already, in a mailing that tracks."""
        return self.track != "none" and is_web(url) and not url.startswith(self.own)

    def target(self, url: str) -> str:
        """Where a tracked link leads: the address with the mailing's UTM words."""
        return with_words(url, self.utm.words)


@lru_cache(maxsize=1024)
def with_words(url: str, words: tuple[tuple[str, str], ...]) -> str:
    """`url` with `words` at the end of its query, save those it has already; anything but http(s) stays as it is."""
    if not words or not is_web(url):
        return url
    try:
        parts = urlsplit(url)
    except ValueError:  # http://[half an IPv6 address
        return url
    present = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    added = "&".join(f"{name}={quote(value, safe='')}" for name, value in words if name not in present)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, added)))))


def names_in(*templates: str) -> set[str]:
    """Every NAME of a `link.NAME` in the templates, and perhaps some more that only look so."""
    return {dotted or quoted for template in templates for dotted, quoted in _NAMED.findall(template)}


def words_in(url: str) -> tuple[tuple[str, str], ...]:
    """The UTM words of an address."""
    try:
        return tuple((name, value) for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True) if name.startswith("utm_"))
    except ValueError:  # http://[half an IPv6 address
        return ()


def same_but_words(url: str, plain: str) -> bool:
    """True when `url` is `plain`, with or without the UTM words of some mailing."""
    return url in (plain, with_words(plain, words_in(url)))


def is_web(url: str) -> bool:
    """True for an address that a click can be counted on; mailto:, tel:, #anchor, cid: are none."""
    return _WEB.match(url) is not None


def opens(url: str) -> bool:
    """True for an address that a reader's program can open: a whole one of the web, or one that writes or calls."""
    try:
        parts = urlsplit(url)
        return (is_web(url) and bool(parts.hostname) and " " not in url) or (parts.scheme in PROGRAMS and bool(parts.path))
    except ValueError:  # http://[half an IPv6 address
        return False


def address_in(value: str) -> str:
    """The address an `href` means: entities read, spaces around it gone."""
    return unescape(value).strip()
