"""What bounces say of an address: blocked at once when it is sure that there is none, counted when it is not (domain.md I, D6, D7)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import orjson
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from mailings import clock, readable
from mailings.clock import milliseconds
from mailings.consent.cancelling import cancel_queued, recipients_at
from mailings.consent.standing import block_address
from mailings.db import among, insert_into
from mailings.model import AddressStanding
from mailings.reported import BounceKind, EventKind, Report
from mailings.tracking.news import News

QUIET = 5 * 24 * 3600 * 1000  # ms after which a message that was taken and did not come back is a success, of the moment it was taken (D6)
REFUSED = "refused"  #: the source of events that a server told at hand-over (refusals.py)
MAILBOX = "mailbox"  #: of events that a message in the bounce mailbox told (returned_mail.py)
COUNTED = "('invalid', 'hard', 'soft')"  # a soft one was given up on (D18); policy is never the address's fault (D7)
TELLING = frozenset({EventKind.BOUNCED, EventKind.DROPPED, EventKind.DELIVERED, EventKind.PROCESSED})
CAME_BACK = "EXISTS (SELECT 1 FROM event back WHERE back.delivery_id = event.delivery_id AND back.kind IN ('bounced', 'dropped'))"
#: of one message one bounce counts; of what names no message of ours and anybody may have written, all together
MESSAGE = f"COALESCE(delivery_id, CASE WHEN source = '{MAILBOX}' THEN 0 ELSE -id END)"
#: our messages to these addresses, as people, companies and bare addresses have them, each found by an index
TAKEN = f"""SELECT standing.normal AS address, delivery.sent_at FROM address_standing standing {{whose}}
        JOIN delivery ON delivery.recipient_id = recipient.id
    WHERE standing.normal {{listed}} AND COALESCE(delivery.address, recipient.address) = standing.normal AND NOT delivery.test
        AND delivery.status IN ('sent', 'delivered') AND delivery.sent_at + {QUIET} <= :now {{besides}}"""  # noqa: S608  constants of this file
WHOSE = (
    "JOIN address ON address.normal = standing.normal JOIN recipient ON recipient.person_id = address.person_id",
    "JOIN company ON company.email_normal = standing.normal JOIN recipient ON recipient.company_id = company.id",
    # no index knows a bare address alone: each mailing is asked, where no person has the address
    "CROSS JOIN mailing CROSS JOIN recipient {bare}",
)
BARE = """AND recipient.mailing_id = mailing.id AND recipient.address = standing.normal AND recipient.person_id IS NULL
        AND recipient.company_id IS NULL
        AND NOT EXISTS (SELECT 1 FROM address WHERE address.normal = standing.normal)"""
BESIDES = ("", "", BARE)
OURS = " UNION ALL ".join(TAKEN.replace("{whose}", whose).replace("{besides}", more) for whose, more in zip(WHOSE, BESIDES, strict=True))
#: all that was told of the address, tests left out (D11), and what a person forgave
COUNT = f"""WITH said AS (
    SELECT event.id, event.address, event.kind, event.source, event.at, event.delivery_id, event.bounce, event.bounce_why, event.code,
        event.reason, event.content_key, delivery.opened_at, delivery.clicked_at, {CAME_BACK} AS came_back
    FROM event JOIN address_standing standing ON standing.normal = event.address
    LEFT JOIN delivery ON delivery.id = event.delivery_id
    WHERE event.address {{listed}} AND event.source <> 'visit'
        AND (event.kind IN ('processed', 'delivered', 'bounced') OR (event.kind = 'dropped' AND event.source = '{REFUSED}'))
        AND event.at > COALESCE(standing.cleared_at, 0) AND (delivery.id IS NULL OR NOT delivery.test)
), success AS (
    SELECT address, max(at) AS at FROM (
        SELECT address, at FROM said WHERE kind = 'delivered' AND NOT came_back
        UNION ALL SELECT address, at FROM said WHERE kind = 'processed' AND NOT came_back AND at + {QUIET} <= :now
        UNION ALL SELECT address, sent_at FROM ({OURS}) AS ours
        UNION ALL SELECT address, opened_at FROM said UNION ALL SELECT address, clicked_at FROM said) AS good GROUP BY address
), bounced AS (
    SELECT address, at, code, reason, bounce_why, {MESSAGE} AS message,
        row_number() OVER (PARTITION BY address ORDER BY at DESC, content_key DESC) AS turn
    FROM said WHERE kind IN ('bounced', 'dropped') AND bounce IN {COUNTED}
), counted AS (
    SELECT bounced.address, count(DISTINCT CASE WHEN success.at IS NULL OR bounced.at > success.at THEN message END) AS bounces,
        max(CASE WHEN turn = 1 THEN bounced.at END) AS at, max(CASE WHEN turn = 1 THEN code END) AS code,
        max(CASE WHEN turn = 1 THEN reason END) AS reason, max(CASE WHEN turn = 1 THEN bounce_why END) AS why
    FROM bounced LEFT JOIN success ON success.address = bounced.address GROUP BY bounced.address)
UPDATE address_standing SET bounces = counted.bounces, last_bounce_at = counted.at,
    last_bounce_code = counted.code, last_bounce_reason = counted.reason, last_bounce_why = counted.why
FROM counted WHERE address_standing.normal = counted.address"""  # noqa: S608  constants of this file


def blame(session: Session, news: Sequence[News], source: str, threshold: int) -> None:
    """Let what is new count for or against the addresses it is about; at `threshold` bounces in a row nothing more goes there (D6)."""
    about = [one for one in news if one.address and not one.test and one.report.kind in TELLING]
    bounced = {one.address for one in about if _blames(one.report, source)}
    if bounced:
        rows = [{"normal": address, "bounces": 0} for address in sorted(filter(None, bounced))]
        session.execute(insert_into(session, AddressStanding.__table__).on_conflict_do_nothing(), rows)
    recount(session, {one.address for one in about if one.address}, threshold)
    _block(session, [one for one in about if one.report.bounce is BounceKind.INVALID], source)


def _blames(report: Report, source: str) -> bool:
    refused = report.kind is EventKind.DROPPED and source == REFUSED
    return (refused or report.kind is EventKind.BOUNCED) and report.bounce is not BounceKind.POLICY


def recount(session: Session, addresses: Collection[str], threshold: int) -> None:
    """Count the bounces in a row of these addresses anew, from all their events: since the last success, or a person's clearing.

    A success is a delivery that did not come back, a person's open or click of it, and a message taken that stayed quiet for five days
    (domain.md D6): as its provider says, or, where nobody tells, as our own books have it.
    """
    known = select(AddressStanding.normal).where(among(session, AddressStanding.normal, sorted(addresses)))
    counted = sorted(session.scalars(known))  # without a row nothing was ever said against it
    if not counted:
        return
    sqlite = session.get_bind().dialect.name == "sqlite"
    listed = "IN (SELECT value FROM json_each(:addresses))" if sqlite else "= ANY(:addresses)"
    marks = {"addresses": orjson.dumps(counted).decode() if sqlite else counted, "now": milliseconds()}
    bare = "INDEXED BY uq_recipient_bare_address" if sqlite else ""  # without statistics SQLite would walk all bare recipients
    session.execute(text(COUNT.replace("{listed}", listed).replace("{bare}", bare)), marks)
    over = update(AddressStanding).where(
        among(session, AddressStanding.normal, counted), AddressStanding.bounces >= threshold, AddressStanding.blocked_at.is_(None)
    )
    heard = over.values(changed_at=clock.now()).returning(AddressStanding.normal, AddressStanding.bounces)
    for normal, bounces in sorted(session.execute(heard).all()):
        cancel_queued(session, recipients_at(normal), f"The address is blocked: {readable.counted(bounces, 'bounce')} in a row.")


def _block(session: Session, invalid: Sequence[News], source: str) -> None:
    """There is no such address: nothing more is written to it, unless a person has allowed it again since."""
    told = {one.address: one for one in sorted(invalid, key=lambda one: (one.report.at, one.report.content_key), reverse=True)}
    stands = select(AddressStanding).where(among(session, AddressStanding.normal, sorted(filter(None, told))))
    known = {standing.normal: standing for standing in session.scalars(stands.execution_options(populate_existing=True))}
    for address, one in sorted(told.items(), key=lambda item: item[0] or ""):
        standing = known.get(address or "")
        settled = standing is not None and (
            standing.blocked_at is not None or (standing.cleared_at is not None and one.report.at <= standing.cleared_at)
        )
        if address and not settled:
            said = " ".join(filter(None, (one.report.code, one.report.reason))) or "invalid address"
            block_address(session, address, f"{source} reports: {said}")
