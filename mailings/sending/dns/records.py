"""Asks the DNS many questions at once, each at most three seconds, all together no longer than they may: never a hang (domain.md D29)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from mailings.sending.dns.spf import LIMIT, RESERVED, resolver, why

AT_ONCE = 16
TOTAL = 12.0  # seconds for all questions together


class Question(NamedTuple):
    """A name and a kind of record: MX, TXT, CNAME."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What the DNS said: the records, none where there are none; `trouble` = why it said nothing."""

    records: tuple[str, ...] = ()
    trouble: str = ""


def ask_all(questions: Iterable[Question], dns_server: str | None, total: float = TOTAL) -> dict[Question, Heard]:
    """The answer to each question, by question. `dns_server` = host or host:port, None = the system's. Never raises."""
    wanted, deadline = list(dict.fromkeys(questions)), time.monotonic() + total
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(wanted, pool.map(lambda one: _asked(one, dns_server, deadline), wanted), strict=True))


def is_reserved(domain: str) -> bool:
    """True for names that are on no DNS and are never looked up (domain.md D29)."""
    return domain.rstrip(".").rsplit(".", 1)[-1].lower() in RESERVED


def _asked(question: Question, dns_server: str | None, deadline: float) -> Heard:
    left = min(LIMIT, deadline - time.monotonic())
    if left <= 0:
        return Heard(trouble="no time was left")
    try:
        kind = dns.rdatatype.from_text(question.kind)
        found = resolver(dns_server).resolve(dns.name.from_text(question.name), kind, lifetime=left, search=False)
        return Heard(tuple(_text(record) for record in found))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return Heard()
    except (ValueError, OSError, dns.exception.DNSException) as error:
        return Heard(trouble=why(error))


def _text(record: Any) -> str:
    if record.rdtype == dns.rdatatype.TXT:
        return b"".join(record.strings).decode("utf-8", "replace")
    target = record.exchange if record.rdtype == dns.rdatatype.MX else record.target
    return str(target.to_text())
