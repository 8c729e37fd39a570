"""Will receivers believe our mail? MX, SPF, DKIM and DMARC of the domains we send from, and what Gmail and Yahoo ask of bulk senders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.addresses import read_address
from mailings.message import Transport
from mailings.model import Mailing, MailingStatus
from mailings.reported import Proof
from mailings.sending.dns import dmarc
from mailings.sending.dns.believed import Line, bulk, dkim_line, dmarc_line, mx_line, spf_line
from mailings.sending.dns.records import Heard, Question, ask_all, is_reserved
from mailings.settings import Settings

MOST = 20  #: domains that are looked at; each takes half a dozen questions


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain of ours, in ASCII. `writes` = it stands in From; else mail only comes back to it."""

    name: str
    writes: bool = True


def sending_domains(session: Session, settings: Settings) -> list[Domain]:
    """Those of the From of mailings that are not cancelled, of MAILINGS_SENDER_DOMAINS and of the bounce address; by name."""
    address = func.lower(Mailing.sender["address"].as_string())
    used = session.scalars(select(address).where(Mailing.status != MailingStatus.CANCELLED).distinct())
    writing = {_domain(one) for one in used if one} | {_domain(f"x@{one.strip()}") for one in settings.sender_domains.split(",")}
    coming_back = _domain(settings.bounce_address or "")
    names = sorted(filter(None, writing))
    return [*map(Domain, names), *([Domain(coming_back, writes=False)] if coming_back and coming_back not in writing else [])]


def look_at(domains: Sequence[Domain], transport: Transport, settings: Settings) -> list[Line]:
    """What is in order and what is not, domain by domain, each with the next step. Asks the DNS; never raises, never hangs."""
    asked = [domain for domain in domains if not is_reserved(domain.name)][:MOST]
    proofs = {domain.name: transport.proofs(domain.name) for domain in asked}
    heard = ask_all(_questions(asked, proofs), settings.dns)
    envelope = _domain(settings.bounce_address or "")
    looked_at = [line for domain in asked for line in _lines(domain, transport, envelope, (proofs[domain.name], heard))]
    left = [domain.name for domain in domains if domain not in asked]
    return [*looked_at, *(Line(name, "not looked at", None, _why_not(name)) for name in left)]


def _questions(domains: Sequence[Domain], proofs: Mapping[str, Sequence[Proof]]) -> Iterator[Question]:
    for domain in domains:
        yield from (Question(domain.name, "MX"), Question(domain.name, "TXT"))
        if domain.writes:
            yield from dmarc.questions(domain.name)
            yield from (Question(proof.name, proof.kind) for proof in proofs[domain.name])


def _lines(domain: Domain, transport: Transport, envelope: str, known: tuple[Sequence[Proof], Mapping[Question, Heard]]) -> Iterator[Line]:
    proofs, heard = known
    yield mx_line(domain.name, heard[Question(domain.name, "MX")], writes=domain.writes)
    yield spf_line(domain.name, heard[Question(domain.name, "TXT")])
    if not domain.writes:
        return
    signed = dkim_line(domain.name, transport, proofs, heard)
    yield signed
    # a provider that reports sends with an envelope of its own, and its SPF record is its own affair
    comes_back = "" if transport.reporting else envelope or domain.name
    policy = dmarc.policy_of(domain.name, heard)
    asks = dmarc_line(domain.name, policy, [proof.domain for proof in proofs], comes_back)
    yield asks
    returned = spf_line(comes_back, heard.get(Question(comes_back, "TXT"))) if comes_back else None
    yield bulk(domain.name, [line for line in (returned, signed, asks) if line is not None])


def _why_not(name: str) -> str:
    return "a reserved name, which is on no DNS" if is_reserved(name) else f"more than {MOST} domains; the others are above"


def _domain(address: str) -> str:
    normal = read_address(address).normal if address else None
    return normal.rpartition("@")[2] if normal else ""
