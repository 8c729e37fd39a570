"""The names of limits, as people write them and as sending looks them up: what each is for must exist, and is spelled in one way."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from sqlalchemy.orm import Session

from mailings.addresses import read_address
from mailings.errors import NotFound, Unreadable
from mailings.plugins import transport_names
from mailings.sending.finding import mailing_named

INSTALLATION = "installation"


def limit_name(session: Session, text: str) -> str:
    """The name as the tables have it: addresses and domains in lower case and ASCII (IDNA).

    Raises Unreadable for what is no limit's name, NotFound where the mailing or transport does not exist.
    """
    if text.strip().lower() == INSTALLATION:
        return INSTALLATION
    kind, _, rest = text.strip().partition(":")
    if kind not in KINDS or not rest:
        raise Unreadable(f"{text!r} is no limit's name; write {_hint(text.strip())}.")
    return f"{kind}:{KINDS[kind](session, rest)}"


def sender_names(address: str) -> list[str]:
    """The limits of who writes from `address`: the address, and its domain."""
    plain = read_address(address).normal or address.lower()
    return [f"sender:{plain}", f"sender:{plain.rpartition('@')[2]}"] if plain else []


def _transport(_session: Session, name: str) -> str:
    if name not in transport_names():
        raise NotFound(f"There is no transport named {name!r}; there are {', '.join(transport_names())}.")
    return name


def _mailing(session: Session, name: str) -> str:
    return mailing_named(session, name).name


def _sender(session: Session, text: str) -> str:
    if "@" not in text:
        return _domain(session, text)
    read = read_address(text)
    if read.normal is None:
        raise Unreadable(f"sender:{text} cannot be a sender: {read.problem}")
    return read.normal


def _domain(_session: Session, text: str) -> str:
    read = read_address(f"x@{text}")
    if read.normal is None or "@" in text:
        raise Unreadable(f"{text!r} cannot be read as a domain; write it like gmail.com.")
    return read.normal.rpartition("@")[2]


KINDS: dict[str, Callable[[Session, str], str]] = {"transport": _transport, "sender": _sender, "domain": _domain, "mailing": _mailing}


def _hint(text: str) -> str:
    kind, _, rest = text.partition(":")
    if rest and (near := get_close_matches(kind, [*KINDS], 1)):
        return f"{near[0]}:{rest}"
    if "@" in text:
        return f"sender:{text}"
    if text in transport_names():
        return f"transport:{text}"
    if "." in text:
        return f"domain:{text} (who receives) or sender:{text} (who writes)"
    return "installation, transport:NAME, sender:ADDRESS or sender:DOMAIN, domain:NAME or mailing:NAME"
