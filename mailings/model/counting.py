"""What counts in figures, in SQL over the nouns: whose message, and what of it its recipient's domain is told."""

from __future__ import annotations

SENT = ("sent", "delivered", "bounced")  #: statuses of what a server took: what came back was sent before (domain.md H.1)
#: a recipient counts by the latest message alone (house.md 4), and only who should get it: others have their verdict
COUNTED = """FROM delivery JOIN recipient ON recipient.id = delivery.recipient_id AND recipient.verdict = 'eligible'
    WHERE NOT delivery.test AND NOT EXISTS (SELECT 1 FROM delivery further WHERE further.again_of = delivery.id)"""
#: figure by domain -> of which messages; the first counts all, and names the domains that are kept apart: the others are added together
AT_DOMAIN = {
    "domain": "1 = 1",
    "domain sent": f"delivery.status IN {SENT}",
    "domain bounced": "delivery.status = 'bounced'",
    "domain opened": "(delivery.opened_at IS NOT NULL OR delivery.clicked_at IS NOT NULL)",
    "domain clicked": "delivery.clicked_at IS NOT NULL",
    "domain complained": "delivery.complained_at IS NOT NULL",
}
KEPT = "kept "  #: begins the name of what an erased recipient's domain counted for: the rows do not tell any more (D30)


def domain_sql(dialect: str) -> str:
    """The SQL of the domain a message went to; empty where that is not known any more."""
    at, address = "instr" if dialect == "sqlite" else "strpos", "COALESCE(delivery.address, recipient.address, '')"
    return f"CASE WHEN {address} LIKE '%@%' THEN substr({address}, {at}({address}, '@') + 1) ELSE '' END"
