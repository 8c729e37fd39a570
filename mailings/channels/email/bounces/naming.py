"""Finds e-mail addresses in what strangers wrote, whatever stands around them."""

from __future__ import annotations

import re

_LOCAL = r"(?:\"[^\"\s]{1,64}\"|[\w.!#$%&'*+/=?^`{|}~\-\U0001f000-\U0001ffff]{1,80})"
_DOMAIN = r"(?:(?:[^\W_]|[-_]){1,63}\.){1,8}(?:[^\W_]|-){2,40}"
ADDRESS = rf"(?<![\w.+=-]){_LOCAL}@(?:{_DOMAIN}|\[[\d.]{{7,15}}\])"  #: an address within a text; never starts in the middle of one
_ADDRESS = re.compile(ADDRESS)
_LOOSE = re.compile(rf"(?<![\w.+=-]){_LOCAL}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,8}}")
_BARE = re.compile(rf"<?{_LOOSE.pattern}>?")
_PREFIX = re.compile(r"^(?:smtp|rfc822|mailto)=", re.IGNORECASE)  # an address of X.400 that holds one
_ROUTE = re.compile(r"^@[^:]{1,200}:")
#: nobody we write to in bulk: whom to ask about the mail system
_OFFICES = re.compile(
    r"^(?:post_?master|mailer-?daemon|mail-?daemon|abuse|support|help(?:desk)?|hostmaster|noc|root|no-?reply|admin(?:istrator)?)@",
    re.IGNORECASE,
)


def addresses(text: str) -> list[str]:
    """Every address in a text, in order, each once; the domain in small letters."""
    if "@" not in text:
        return []
    return list(dict.fromkeys(plain(found) for found in _ADDRESS.findall(text)))


def first(text: str) -> str:
    """The first address in a field, also one whose domain is a bare name; empty when there is none."""
    text = _ROUTE.sub("", text.strip().strip("<>").strip())
    found = _ADDRESS.search(text) or _LOOSE.search(text)
    return plain(found[0]) if found else ""


def plain(address: str) -> str:
    """Without what a sentence leaves around it, the domain in small letters."""
    local, _, domain = _PREFIX.sub("", address.strip("<>.,;:'")).rpartition("@")
    return f"{local.lstrip(chr(39) + '.=')}@{domain.lower()}"


def bare(text: str) -> str:
    """The text without its addresses: somebody may be called full@ or blocked@."""
    return _BARE.sub("<>", text) if "@" in text else text


def is_office(address: str) -> bool:
    """Whether it is the address of a mail system's keepers."""
    return _OFFICES.match(address) is not None
