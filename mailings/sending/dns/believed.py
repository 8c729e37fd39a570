"""What each record of a sending domain means for its mail, as a line with the next step; pure, the DNS was asked before."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailings.message import Transport
from mailings.reported import Proof
from mailings.sending.dns import dmarc, spf
from mailings.sending.dns.records import Heard, Question

#: of what both ask, this is no domain's to say (support.google.com/a/answer/81126, senders.yahooinc.com/best-practices)
BESIDES = (
    "one-click unsubscribing is in every mailing; that your mail server has a name for its address (PTR) and speaks TLS, and that fewer "
    "than 3 in 1,000 complain, cannot be seen from here"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing about one domain. `ok` None = worth a look; `known` False = it could not be told. `publish` = a record to paste."""

    domain: str
    what: str
    ok: bool | None
    note: str
    publish: str = ""
    known: bool = True


def mx_line(domain: str, heard: Heard, *, writes: bool) -> Line:
    """Whether mail comes in: answers, complaints, bounces. Many receivers refuse a sender that nobody can answer."""
    if heard.trouble:
        return _unknown(domain, "MX", heard.trouble)
    servers = sorted(record.rstrip(".") for record in heard.records if record != ".")  # "." = takes none (RFC 7505)
    if servers:
        return Line(domain, "MX", True, f"mail for it goes to {', '.join(servers)}")
    lost = "answers to our mail" if writes else "returned mail"
    return Line(domain, "MX", False, f"it takes no mail, so {lost} cannot arrive", f"{domain}. IN MX 10 YOUR-MAIL-SERVER.")


def spf_line(domain: str, heard: Heard | None) -> Line:
    """Whether it says who may send for it."""
    if heard is None or heard.trouble:
        return _unknown(domain, "SPF", heard.trouble if heard else "it was not asked for")
    answer = spf.judged(domain, heard.records)
    if answer.spf is spf.Spf.VALID:
        return Line(domain, "SPF", True, "it says who may send for it")
    missing = not any(spf.is_record(record) for record in heard.records)
    return Line(domain, "SPF", False, answer.sentence, record(domain, "v=spf1 include:YOUR-PROVIDER ~all") if missing else "")


def dkim_line(domain: str, transport: Transport, proofs: Sequence[Proof], heard: Mapping[Question, Heard]) -> Line:
    """Whether receivers find the key that signs its mail."""
    if not proofs:
        note = f"{transport.name} does not sign its mail; if your mail server does, it knows the selector, and we do not"
        return Line(domain, "DKIM", None, note, known=False)
    missing = [line for proof in proofs if (line := _proof_line(domain, proof, heard[Question(proof.name, proof.kind)])).ok is not True]
    return missing[0] if missing else Line(domain, "DKIM", True, f"its key is at {' and '.join(proof.name for proof in proofs)}")


def dmarc_line(domain: str, policy: dmarc.Policy | str | None, signers: Sequence[str], comes_back: str) -> Line:
    """What it asks of receivers, and whether our mail passes.

    `signers` = the domains of our signatures, `comes_back` = the envelope's; empty where that is a provider's own.
    """
    if isinstance(policy, str):
        return _unknown(domain, "DMARC", policy)
    wanted = record(f"_dmarc.{domain}", f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}")
    if policy is None:
        return Line(domain, "DMARC", False, "it has no policy, and bulk senders must have one", wanted)
    if policy.policy is None:
        return Line(domain, "DMARC", False, f"the policy at _dmarc.{policy.at} cannot be read; p= is none, quarantine or reject", wanted)
    return _asked(domain, policy, signers, comes_back)


def bulk(domain: str, lines: Sequence[Line]) -> Line:
    """What Gmail (from 5,000 messages a day) and Yahoo would say: SPF and DKIM, DMARC with alignment, leaving by one click."""
    wrong, unseen = [line.what for line in lines if line.ok is False], [line.what for line in lines if not line.known]
    if wrong:
        return Line(domain, "Gmail and Yahoo", False, f"would refuse 5,000 messages a day or sort them out: see {', '.join(wrong)}")
    if unseen:
        return Line(domain, "Gmail and Yahoo", None, f"cannot be told: see {', '.join(unseen)}; {BESIDES}", known=False)
    return Line(domain, "Gmail and Yahoo", True, f"5,000 messages a day and more are taken; {BESIDES}")


def record(name: str, text: str) -> str:
    """A TXT record as a zone file has it, in strings of at most 255 characters (RFC 1035, 3.3.14)."""
    strings = " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))
    return f"{name}. IN TXT {strings}"


def _proof_line(domain: str, proof: Proof, heard: Heard) -> Line:
    publish = record(proof.name, proof.value) if proof.value else ""
    if heard.trouble:
        return _unknown(domain, "DKIM", heard.trouble)
    if not heard.records:
        hint = "" if publish else "; your provider's page for this domain shows what it must say"
        return Line(domain, "DKIM", False, f"there is no {proof.kind} record at {proof.name}{hint}", publish)
    if proof.value and _key(proof.value) not in map(_key, heard.records):
        return Line(domain, "DKIM", False, f"the record at {proof.name} is another key's, so no signature of ours holds", publish)
    return Line(domain, "DKIM", True, f"its key is at {proof.name}")


def _asked(domain: str, policy: dmarc.Policy, signers: Sequence[str], comes_back: str) -> Line:
    said = f"p={policy.policy}" + (f" (from {policy.at})" if policy.at != domain else "")
    signed = any(dmarc.aligned(domain, signer, strict=policy.strict_dkim) for signer in signers)
    returned = bool(comes_back) and dmarc.aligned(domain, comes_back, strict=policy.strict_spf)
    if not (signed or returned):
        return _unaligned(domain, said, signers, comes_back)
    if not signed:
        return Line(domain, "DMARC", None, f"{said}; it passes by SPF alone, which forwarding breaks: sign with DKIM for {domain} too")
    if not policy.reports:
        return Line(domain, "DMARC", None, f"{said}; nobody is told what receivers see: add rua=mailto:postmaster@{domain}")
    return Line(domain, "DMARC", True, f"{said}; reports go to {policy.reports}")


def _unaligned(domain: str, said: str, signers: Sequence[str], comes_back: str) -> Line:
    returned = f"returned mail goes to {comes_back}" if comes_back else "the envelope is the provider's"
    if signers:
        return Line(domain, "DMARC", False, f"{said}, and our mail fails it: {signers[0]} signs and {returned}; sign for {domain} itself")
    note = f"{said}, which our mail passes only if your mail server signs for {domain}: {returned}"
    return Line(domain, "DMARC", None, note, known=False)


def _key(text: str) -> str:
    found = re.search(r"(?:^|;)\s*p\s*=([^;]*)", text)
    return re.sub(r"\s", "", found[1]) if found else ""


def _unknown(domain: str, what: str, why: str) -> Line:
    return Line(domain, what, None, f"it could not be looked up ({why})", known=False)
