"""Does the domain a mailing writes from say who may send for it (SPF)? Asked of the DNS, within three seconds, never a hang."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from mailings.readable import spoken

LIMIT = 3.0  # seconds for all domains together (domain.md D29)
RESERVED = frozenset({"test", "example", "invalid", "localhost"})  # never looked up (domain.md D29, RFC 6761)

#: one term of a record (RFC 7208 4.6.1): a mechanism with its qualifier, or a modifier
_TERM = re.compile(
    r"[+?~-]?(all|(include|exists):\S+|(a|mx)(:[^/\s]+)?(/\d{1,2})?(//\d{1,3})?|ptr(:\S+)?|ip4:[\d.]+(/\d{1,2})?|ip6:[\da-f:.]+(/\d{1,3})?)"
    r"|[a-z][a-z0-9_.-]*=\S*",
    re.IGNORECASE,
)


class Spf(Enum):
    """What the DNS says."""

    VALID = "valid"
    WRONG = "wrong"  #: no record, several, or one that cannot be read
    UNKNOWN = "unknown"  #: no answer: nothing is said about the domain
    RESERVED = "reserved"  #: a name that is on no DNS


@dataclass(frozen=True, slots=True)
class Answer:
    """The standing of one domain; `sentence` is for people and empty where there is nothing to say."""

    domain: str
    spf: Spf
    sentence: str = ""


def look_up(domains: Iterable[str], dns_server: str | None, limit: float = LIMIT) -> list[Answer]:
    """The SPF standing of each domain (in ASCII). `dns_server` = host or host:port, None = the system's. Never raises.

    `limit` seconds for all together: what has no answer by then is UNKNOWN.
    """
    deadline = time.monotonic() + limit
    return [_standing(domain, dns_server, deadline) for domain in domains]


def _standing(domain: str, dns_server: str | None, deadline: float) -> Answer:
    if domain.rstrip(".").rsplit(".", 1)[-1].lower() in RESERVED:
        return Answer(domain, Spf.RESERVED)
    left = deadline - time.monotonic()
    if left <= 0:
        return _unknown(domain, "no time was left")
    return _asked(domain, dns_server, left)


def _asked(domain: str, dns_server: str | None, seconds: float) -> Answer:
    try:
        return judged(domain, _texts(domain, resolver(dns_server), seconds))
    except dns.resolver.NXDOMAIN:
        return Answer(
            domain, Spf.WRONG, f"The domain {spoken(domain)} does not exist in the DNS; write from an address of your own domain."
        )
    except dns.resolver.NoAnswer:
        return judged(domain, [])
    except (ValueError, OSError, dns.exception.DNSException) as error:
        return _unknown(domain, why(error))


def why(error: Exception) -> str:
    """In a few words, why a question to the DNS has no answer."""
    if isinstance(error, dns.exception.Timeout):
        return "no answer in time"
    if isinstance(error, dns.resolver.NoResolverConfiguration):
        return "this machine names no resolver; set MAILINGS_DNS"
    return "the resolver could not answer" if isinstance(error, dns.exception.DNSException) else str(error)


def _texts(domain: str, asked: dns.resolver.Resolver, seconds: float) -> list[str]:
    found = asked.resolve(dns.name.from_text(domain), dns.rdatatype.TXT, lifetime=seconds, search=False)
    return [b"".join(record.strings).decode("utf-8", "replace") for record in found]


def is_record(text: str) -> bool:
    """True for a TXT record that is about SPF."""
    return text.lower().split(" ", 1)[0] == "v=spf1"


def judged(domain: str, texts: Iterable[str]) -> Answer:
    """The standing of a domain with these TXT records: VALID or WRONG."""
    records = [text for text in texts if is_record(text)]
    if not records:
        advice = "add a TXT record such as: v=spf1 include:YOUR-PROVIDER ~all"
        return Answer(domain, Spf.WRONG, f"The domain {spoken(domain)} has no SPF record; {advice}")
    if len(records) > 1:
        advice = "receivers take that for none, so join them into one."
        return Answer(domain, Spf.WRONG, f"The domain {spoken(domain)} has {len(records)} SPF records; {advice}")
    wrong = [term for term in records[0].split()[1:] if not _TERM.fullmatch(term)]
    if wrong:
        return Answer(
            domain, Spf.WRONG, f"The SPF record of {spoken(domain)} cannot be read at {wrong[0][:60]!r}; receivers take it for none."
        )
    return Answer(domain, Spf.VALID)


def _unknown(domain: str, why: str) -> Answer:
    return Answer(domain, Spf.UNKNOWN, f"The SPF record of {spoken(domain)} could not be looked up ({why}); check it before a big mailing.")


def resolver(dns_server: str | None) -> dns.resolver.Resolver:
    """Who is asked: host or host:port, None = whom the system names. Raises ValueError, and NoResolverConfiguration."""
    if not dns_server:
        return dns.resolver.Resolver()
    host, port = _host_and_port(dns_server)
    made = dns.resolver.Resolver(configure=False)
    made.nameservers, made.port = [host], port
    return made


def _host_and_port(text: str) -> tuple[str, int]:
    found = re.fullmatch(r"\[(?P<six>[^\]]+)\](:(?P<port6>\d+))?|(?P<four>[^:]+)(:(?P<port4>\d+))?|(?P<bare>.+)", text.strip())
    assert found  # the last branch takes anything but nothing, and nothing is not set
    host = found["six"] or found["four"] or found["bare"]
    try:
        ipaddress.ip_address(host)
    except ValueError as error:
        raise ValueError(f"MAILINGS_DNS must be an IP address, or IP:PORT, and is {text!r}") from error
    return host, int(found["port6"] or found["port4"] or 53)
