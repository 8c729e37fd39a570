"""Finds what is in doubt, to be settled: on which mailings, since when, and under which Message-IDs the world may have spoken of it."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailings.channels.email.identity import InDoubt
from mailings.clock import timestamp
from mailings.model import Mailing, MailingType
from mailings.sending.doubt.texts import texted
from mailings.sending.finding import mailing_named
from mailings.sending.recovery import recover

LATE = 7 * 24 * 3600.0  # seconds after which nothing more is expected of a message a server took; queues give up after five days

#: open, or in the hands of a sender that may have died. One walk over the deliveries: no index knows the status (model/delivery.py)
WITH_DOUBT = "SELECT DISTINCT mailing_id FROM delivery WHERE status IN ('in_doubt', 'sending') AND NOT test"
#: taken as its server's log said, and not yet so long ago that it could not come back
LATELY = "FROM evidence JOIN delivery ON delivery.id = evidence.delivery_id WHERE evidence.at > :late AND delivery.status = 'sent'"
WATCHED = f"SELECT DISTINCT delivery.mailing_id {LATELY} AND NOT delivery.test"
#: nothing is looked for that would name an erased person again (domain.md D30)
THERE = "EXISTS (SELECT 1 FROM recipient WHERE recipient.id = delivery.recipient_id AND recipient.erased_at IS NULL)"
SOUGHT = f"""
    SELECT id, claimed_at FROM delivery WHERE mailing_id = :mailing AND NOT test AND status = 'in_doubt' AND {THERE}
    UNION SELECT delivery.id, claimed_at {LATELY} AND mailing_id = :mailing AND NOT test AND {THERE}
    ORDER BY 1"""  # noqa: S608  see above


class Doubtful(NamedTuple):
    """A mailing on which something is, or lately was, in doubt."""

    mailing_id: int
    name: str


def doubtful(session: Session, name: str | None = None) -> list[Doubtful]:
    """Every mailing that settling may change, by its number; only the one of that name, where one is given. Raises NotFound."""
    if name is not None:
        one = mailing_named(session, name)
        return [Doubtful(one.id, one.name)]
    late = round((timestamp() - LATE) * 1000)
    ids = set(session.scalars(text(WITH_DOUBT))) | set(session.scalars(text(WATCHED), {"late": late}))
    return [Doubtful(mailing.id, mailing.name) for number in sorted(ids) if (mailing := session.get(Mailing, number))]


def come_into_doubt(session: Session, mailings: Sequence[Doubtful]) -> None:
    """Put in doubt what dead senders left; a sender at work keeps what it holds."""
    for mailing in mailings:
        recover(session, mailing.mailing_id)


def sought(session: Session, mailings: Sequence[Doubtful]) -> InDoubt:
    """Whom to look for in what the world says of these mailings; from a moment before the first of them was handed over."""
    found = InDoubt(since=timestamp())
    late = round((found.since - LATE) * 1000)
    for one in mailings:
        numbers, mailing = array("q"), session.get_one(Mailing, one.mailing_id)
        claimed: dict[int, int] = {}
        rows = session.execute(text(SOUGHT), {"mailing": one.mailing_id, "late": late}, execution_options={"yield_per": 5000})
        for number, claimed_at in rows:
            numbers.append(number)
            if mailing.type is MailingType.SMS:
                claimed[number] = claimed_at or 0
            found.since = min(found.since, (claimed_at or 0) / 1000)
        found.add(mailing, numbers)
        found.texted.extend(texted(session, mailing, claimed))
    return found
