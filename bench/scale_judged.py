"""What a mailing sent by many came to: the ledger against a witness who stood outside, each sender's share, and what it cost Prefect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from bench.witness import Witness
from mailings.db import Database

LEDGER = """
    SELECT delivery.status, coalesce(delivery.address, recipient.address) AS address FROM delivery
    JOIN recipient ON recipient.id = delivery.recipient_id WHERE delivery.mailing_id = :mailing AND NOT delivery.test
"""
SHARES = """
    SELECT lease.role, lease.host, lease.pid, count(delivery.id), min(delivery.claimed_at), max(delivery.sent_at), min(lease.taken_at)
    FROM lease LEFT JOIN delivery ON delivery.lease_id = lease.id AND delivery.sent_at IS NOT NULL
    WHERE lease.mailing_id = :mailing GROUP BY lease.id ORDER BY lease.id
"""


@dataclass(frozen=True, slots=True)
class Books:
    """The ledger and the witness beside each other. Addresses, each once in the ledger."""

    ledger: dict[str, str]  # address -> status
    served: Counter[str]

    @classmethod
    def of(cls, ledger: dict[str, str], served: Iterable[str]) -> Books:
        """From addresses with their status, and the witness's addresses as often as it took a message for them."""
        return cls(ledger, Counter(served))

    @property
    def figures(self) -> dict[str, Any]:
        """`twice` and `lost` must be 0; of who is in doubt the witness knows better."""
        doubt = {address for address, status in self.ledger.items() if status == "in_doubt"}
        return {
            "recipients": len(self.ledger),
            "statuses": dict(Counter(self.ledger.values())),
            "witness_messages": self.served.total(),
            "twice": sum(times > 1 for times in self.served.values()),
            "lost": len(self.ledger.keys() - doubt - self.served.keys()),
            "strangers": len(self.served.keys() - self.ledger.keys()),
            "in_doubt": len(doubt),
            "in_doubt_and_served": len(doubt & self.served.keys()),
        }


def books(database: Database, mailing: int, witness: Witness) -> Books:
    """Read both, when all is over."""
    with database.connection(write=False) as connection:
        rows = connection.execute(text(LEDGER), {"mailing": mailing}).all()
    ledger = {address: str(status) for status, address in rows}
    if len(ledger) != len(rows):
        raise SystemExit("An address stands twice in the ledger, so that the witness could not tell who was served twice.")
    return Books.of(ledger, (to for _, _, to in witness.served()))


def shares(database: Database, mailing: int) -> list[dict[str, Any]]:
    """What each sender did: messages, seconds from its first claim to its last receipt, and the rate of these."""
    with database.connection(write=False) as connection:
        rows = connection.execute(text(SHARES), {"mailing": mailing}).all()
    told = []
    for role, host, pid, sent, first, last, _ in rows:
        seconds = (last - first) / 1000 if sent else 0.0
        rate = round(sent / seconds) if seconds else 0
        told.append({"role": str(role), "host": host.split()[0], "pid": pid, "sent": sent, "seconds": round(seconds, 1), "per_s": rate})
    return told


def prefect_cost(database: Database) -> dict[str, int]:
    """What stands in Prefect's own database: bytes of all, and rows of what grows."""
    with database.connection(write=False) as connection:
        size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        rows = {t: connection.execute(text(f"SELECT count(*) FROM {t}")).scalar_one() for t in ("flow_run", "task_run", "events", "log")}
    return {"bytes": int(size)} | {name: int(n) for name, n in rows.items()}
