"""For whom a mailing waits, and until when: deliveries the other side asked us to try later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailings.sending.limits.domains import domain_of

SHOWN = 3  # recipient domains named, those with most waiting first

# the address a recipient has today, or the one this delivery kept
TO = "COALESCE(delivery.address, recipient.address)"
# before it, only the rows of the index on what is due: those that wait are few beside those that are done
BY_DOMAIN = (
    "SELECT lower({domain}) AS domain, count(*) AS n, min(next_attempt_at) AS next, max(claimed_at) AS last"
    " FROM delivery JOIN recipient ON recipient.id = delivery.recipient_id"
    " WHERE delivery.mailing_id = :mailing AND next_attempt_at IS NOT NULL AND status = 'queued' AND attempts > 0 AND NOT test"
    " GROUP BY 1"
)
ALL = "SELECT domain, n, sum(n) OVER (), min(next) OVER (), max(last) OVER () FROM ({by_domain}) waits ORDER BY n DESC, domain LIMIT :shown"


def waiting_of(session: Session, mailing_id: int, deadline: timedelta) -> dict[str, Any]:
    """What the status document says of those to be tried later, nothing where nobody waits (cli.md).

    `waiting` recipients, `waiting_at` the recipient domains with most of them, `next_attempt` the earliest, and `given_up_by`:
    then the last of them has been tried for `deadline`, counted from its first attempt.
    """
    domain = domain_of(TO, session.get_bind().dialect.name)
    asked = ALL.format(by_domain=BY_DOMAIN.format(domain=domain))
    rows = session.execute(text(asked), {"mailing": mailing_id, "shown": SHOWN}).all()
    if not rows:
        return {}
    _, _, count, earliest, last = rows[0]
    until = {} if last is None else {"given_up_by": _iso(datetime.fromtimestamp(last / 1000, UTC) + deadline)}
    return {
        "waiting": int(count),
        "next_attempt": _iso(datetime.fromtimestamp(earliest / 1000, UTC)),
        "waiting_at": {row.domain: row.n for row in rows},
    } | until


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
