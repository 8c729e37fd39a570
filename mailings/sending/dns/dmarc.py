"""DMARC (RFC 7489): what the owner of a domain asks of receivers, and which other domains count as the same owner's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mailings.sending.dns.records import Heard, Question

POLICIES = ("none", "quarantine", "reject")
#: second labels under a country that anybody may have a name below, as in co.uk: two names below them are two owners'
_SHARED = frozenset({"ac", "co", "com", "edu", "gov", "net", "or", "org"})


@dataclass(frozen=True, slots=True)
class Policy:
    """A record. `at` = the domain it was found for, which may be one above; `policy` None = it says none that can be read."""

    at: str
    policy: str | None
    reports: str  # rua: where receivers send what they saw
    strict_dkim: bool
    strict_spf: bool


def questions(domain: str) -> list[Question]:
    """Where a policy for `domain` may stand: its own name first, then those above it that somebody can own."""
    return [Question(f"_dmarc.{above}", "TXT") for above in _upwards(domain)]


def policy_of(domain: str, heard: Mapping[Question, Heard]) -> Policy | str | None:
    """The policy that holds for `domain`; None = there is none; a text = the DNS did not say, and why."""
    for question in questions(domain):
        answer = heard[question]
        if answer.trouble:
            return answer.trouble
        records = [record for record in answer.records if re.match(r"v\s*=\s*DMARC1\s*(;|$)", record)]
        if len(records) == 1:  # several are as none (RFC 7489, 6.6.3)
            return _read(question.name.removeprefix("_dmarc."), records[0], domain)
    return None


def aligned(sender: str, other: str, *, strict: bool) -> bool:
    """Whether `other`, which signed or stands in the envelope, counts for a From at `sender`."""
    if sender == other:
        return True
    return not strict and _owner(sender) == _owner(other)


def _read(at: str, record: str, domain: str) -> Policy:
    words = (part.partition("=") for part in record.split(";"))
    said = {name.strip().lower(): value.strip() for name, _, value in words}
    policy = said.get("sp", said.get("p", "")) if at != domain else said.get("p", "")
    known = policy.lower() if policy.lower() in POLICIES else None
    return Policy(at, known, said.get("rua", ""), said.get("adkim", "").lower() == "s", said.get("aspf", "").lower() == "s")


def _upwards(domain: str) -> Iterator[str]:
    labels = domain.split(".")
    yield from (".".join(labels[start:]) for start in range(max(1, len(labels) - 1)))


def _owner(domain: str) -> str:
    """The name somebody registered, as far as it can be told without the list of public suffixes."""
    labels = domain.split(".")
    shared = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SHARED
    return ".".join(labels[-3 if shared else -2 :])
