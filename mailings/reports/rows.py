"""A report's recipients one by one, read as they are walked: memory does not grow with the list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailings.audience.labels import LABEL, READY, VERDICT_LABELS
from mailings.model import Mailing
from mailings.tracking.counts import READ_AT

STEP = 2_000  # rows fetched at a time

_VERDICTS = " ".join(f"WHEN '{verdict}' THEN '{word}'" for verdict, word in VERDICT_LABELS.items())
#: the latest message that is no test; who is to be erased is named no more; people without an address are on no list (D26)
_ROWS = f"""SELECT recipient.id,
    CASE WHEN person.deleted_at IS NULL THEN COALESCE(person.name, company.name, recipient.name) END AS name,
    CASE WHEN person.deleted_at IS NULL THEN COALESCE(delivery.address, recipient.address) END AS email,
    CASE WHEN person.deleted_at IS NULL THEN COALESCE(company.name, employer.name) END AS company,
    CASE recipient.verdict {_VERDICTS} ELSE CASE WHEN delivery.id IS NULL THEN '{READY}' ELSE {LABEL} END END AS label,
    CASE WHEN person.deleted_at IS NULL THEN recipient.erased_at ELSE person.deleted_at END AS erased,
    delivery.sent_at AS sent, {READ_AT} AS opened, delivery.clicked_at AS clicked,
    CASE WHEN delivery.status = 'bounced' AND recipient.verdict = 'eligible' THEN COALESCE(delivery.bounce, '') END AS bounce,
    delivery.bounce_why AS why, delivery.code, delivery.reason
FROM recipient
LEFT JOIN person ON person.id = recipient.person_id
LEFT JOIN company ON company.id = recipient.company_id
LEFT JOIN company employer ON employer.id = person.company_id
LEFT JOIN delivery ON delivery.id =
    (SELECT max(latest.id + 0) FROM delivery latest WHERE latest.recipient_id = recipient.id AND NOT latest.test)
WHERE recipient.mailing_id = :mailing AND recipient.id > :after AND recipient.verdict <> 'no_address'
ORDER BY recipient.id LIMIT {STEP}"""  # noqa: S608  constants


@dataclass(frozen=True, slots=True)
class Row:
    """A recipient. `label` = the one word people see (domain.md C.8), `opened` = read or clicked first (H.1).

    `bounce` = of what kind, where the message came back.
    """

    name: str | None
    email: str | None
    company: str | None
    label: str
    erased: bool
    sent: datetime | None
    opened: datetime | None
    clicked: datetime | None
    bounce: str | None
    why: str | None
    code: str | None
    reason: str | None


def recipient_rows(session: Session, mailing: Mailing) -> Iterator[Row]:
    """The recipients in the order of the list, each once with the latest message. Erased people have no name and no address."""
    last = 0
    while page := session.execute(text(_ROWS), {"mailing": mailing.id, "after": last}).mappings().all():
        last = page[-1]["id"]
        yield from map(_row, page)


def _row(told: Any) -> Row:
    erased = told["erased"] is not None
    name, email, company = (None, None, None) if erased else (told["name"], told["email"], told["company"])
    reason = None if erased else told["reason"]  # a server's answer names whom it refused
    sent, opened, clicked = (
        datetime.fromtimestamp(told[when] / 1000, UTC) if told[when] else None for when in ("sent", "opened", "clicked")
    )
    return Row(name, email, company, told["label"], erased, sent, opened, clicked, told["bounce"], told["why"], told["code"], reason)
