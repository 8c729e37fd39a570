"""Preflight asks for the SPF record of every domain a mailing may write from, by the policy of domain.md D8."""

from __future__ import annotations

import pytest

from mailings.db import Database
from mailings.model import Associate
from mailings.sending.dns.spf import LIMIT
from tests.sending.fit import FROM, looked_over, written
from tests.sending.nameserver import name_server

RECORDS = {"romerike.no": ['"v=spf1 mx -all"'], "ingen.no": []}


def from_domain(domain: str) -> dict[str, str]:
    """A sender at the domain."""
    return FROM | {"address": f"nyheter@{domain}"}


@pytest.mark.parametrize(
    ("policy", "domain", "problems", "warnings"),
    [
        ("block", "romerike.no", 0, 0),
        ("block", "ingen.no", 1, 0),
        ("warn", "ingen.no", 0, 1),
        ("off", "ingen.no", 0, 0),
        ("block", "fjord.test", 0, 0),
    ],
)
def test_spf_by_policy(db: Database, policy: str, domain: str, problems: int, warnings: int) -> None:
    """A domain without SPF blocks, warns or is let be, as the policy says (D8); a reserved name is never asked about (D29)."""
    with name_server(RECORDS) as server:
        found = looked_over(db, written(db, sender=from_domain(domain)), spf_policy=policy, dns=server.address)
        assert (len(found.problems), len(found.warnings)) == (problems, warnings)
        assert bool(server.asked) == (policy != "off" and domain != "fjord.test")


@pytest.mark.parametrize("policy", ["block", "warn"])
def test_no_answer_only_warns(db: Database, policy: str) -> None:
    """A DNS that does not answer is a warning under every policy, never a hang (D8, D29)."""
    with name_server(RECORDS, silent=True) as server:
        mailing_id = written(db, sender=from_domain("romerike.no"))
        found = looked_over(db, mailing_id, within=LIMIT, spf_policy=policy, dns=server.address)
    assert found.problems == []
    (warning,) = found.warnings
    assert "could not be looked up" in warning


def test_every_domain_it_may_write_from(db: Database) -> None:
    """With our contacts as senders their domains are asked about too, each once, where they may stand in From (D25)."""
    mailing_id = written(db, sender=from_domain("romerike.no") | {"use": "our_contact"})
    with db.writing() as session:
        for name, address in (("kari", "kari@ingen.no"), ("ola", "ola@ingen.no"), ("siv", "siv@fremmed.no"), ("ada", None)):
            session.add(Associate(username=name, name=name, email=address))
    with name_server(RECORDS) as server:
        found = looked_over(db, mailing_id, spf_policy="block", dns=server.address, sender_domains="ingen.no")
        assert server.asked == ["romerike.no", "ingen.no"]
    assert len(found.problems) == 1
