"""Who receives for a recipient domain, so that domains of one provider share its limit: the DNS says it (MX)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from mailings.clock import now
from mailings.db import insert_into
from mailings.model import Mailing
from mailings.model.mail_domain import MailDomain
from mailings.sending.dns.spf import RESERVED, resolver
from mailings.sending.limits.consumers import CONSUMERS
from mailings.sending.limits.domains import any_limit, domain_of

LIMIT = 3.0  # seconds for all domains together (domain.md D29)
OLD = timedelta(days=30)  # what was looked up longer ago is looked up again
MOST, FEWEST = 100, 20  # domains looked up at a time; recipients a domain must have
AT_ONCE = 10  # questions to the resolver at the same time

#: providers whose MX are in other domains too: ending of the MX -> the provider
RECEIVES = {
    "googlemail.com": "google.com",
    "mail.icloud.com": "icloud.com",
    "mx.microsoft": "outlook.com",
    "hotmail.com": "outlook.com",
    "gmx.com": "gmx.net",
    "yandex.net": "yandex.ru",
}
#: endings under which a company's name comes third: a table of what the world's mail mostly uses, not the whole public suffix list
_SECOND_LEVEL = "co.uk org.uk ac.uk gov.uk com.au net.au org.au co.nz co.jp ne.jp or.jp com.br co.za co.in com.tr com.pl"
SECOND_LEVEL = frozenset(_SECOND_LEVEL.split())

COMMONEST = (
    "SELECT domain FROM (SELECT {domain} AS domain, count(*) AS recipients FROM recipient"
    " WHERE mailing_id = :mailing AND verdict = 'eligible' AND address IS NOT NULL GROUP BY 1) AS counted"
    " WHERE recipients >= :fewest ORDER BY recipients DESC, domain LIMIT :most"
)


def unknown(session: Session, mailing: Mailing) -> list[str]:
    """The mailing's commonest domains of which nobody looked lately who receives for them; none while no domain has a limit."""
    if not any_limit(session.connection()):
        return []
    sql = COMMONEST.format(domain=domain_of("address", session.get_bind().dialect.name))
    found = session.scalars(text(sql), {"mailing": mailing.id, "fewest": FEWEST, "most": MOST}).all()
    asked = [domain for domain in found if domain not in CONSUMERS and domain.rsplit(".", 1)[-1] not in RESERVED]
    known = select(MailDomain.name).where(MailDomain.looked_up_at > now() - OLD, MailDomain.name.in_(asked))
    fresh = set(session.scalars(known)) if asked else set()
    return [domain for domain in asked if domain not in fresh]


def look_up(domains: Iterable[str], dns_server: str | None, limit: float = LIMIT) -> dict[str, str | None]:
    """The provider of each domain as its MX says, None = it names none; domains without an answer in `limit` seconds are left out.

    `dns_server` = host or host:port, None = the system's. Never raises; reserved names are not asked for (domain.md D29).
    """
    asked = [domain for domain in domains if domain.rsplit(".", 1)[-1] not in RESERVED]
    try:
        who = resolver(dns_server) if asked else None
    except (ValueError, OSError, dns.exception.DNSException):
        return {}
    deadline = time.monotonic() + limit
    with ThreadPoolExecutor(AT_ONCE, "mailings-mx") as pool:
        answers = pool.map(lambda domain: _answer(who, domain, deadline), asked) if who else ()
        return {domain: provider for domain, (told, provider) in zip(asked, answers, strict=False) if told}


def keep(session: Session, answers: Mapping[str, str | None]) -> None:
    """Keep who receives for which domain."""
    if answers:
        made, at = insert_into(session, MailDomain), now()
        told = {"provider": made.excluded.provider, "looked_up_at": made.excluded.looked_up_at}
        rows = [{"name": name, "provider": provider, "looked_up_at": at} for name, provider in sorted(answers.items())]
        session.execute(made.on_conflict_do_update(index_elements=["name"], set_=told), rows)


def provider_of(mx: str) -> str:
    """The provider an MX belongs to: by the table, else the domain that somebody registered."""
    mx = mx.rstrip(".").lower()
    for ending, provider in RECEIVES.items():
        if mx == ending or mx.endswith(f".{ending}"):
            return provider
    labels = mx.split(".")
    return ".".join(labels[-3:] if ".".join(labels[-2:]) in SECOND_LEVEL else labels[-2:])


def _answer(who: dns.resolver.Resolver, domain: str, deadline: float) -> tuple[bool, str | None]:
    """Whether the DNS answered, and the provider."""
    left = deadline - time.monotonic()
    if left <= 0:
        return False, None
    try:
        found = who.resolve(dns.name.from_text(domain), dns.rdatatype.MX, lifetime=left, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return True, None
    except (OSError, dns.exception.DNSException):
        return False, None
    best = min(found, key=lambda record: (record.preference, record.exchange))
    takes_no_mail = best.exchange == dns.name.root  # RFC 7505
    return True, None if takes_no_mail else provider_of(best.exchange.to_text())
