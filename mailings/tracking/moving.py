"""Moves deliveries by what was reported of them: a status and stamps made of all their events, whatever order those came in."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from mailings.clock import milliseconds

#: what weighs more decides, and of equals what happened first: what came back had arrived, and what arrived had not been dropped
RANK = (
    "CASE kind WHEN 'bounced' THEN 4 WHEN 'delivered' THEN 3 WHEN 'dropped' THEN 2"
    " WHEN 'processed' THEN 1 WHEN 'deferred' THEN 1 WHEN 'complained' THEN 1 ELSE 0 END"
)
STATUS = "CASE rank WHEN 4 THEN 'bounced' WHEN 3 THEN 'delivered' WHEN 2 THEN 'failed' WHEN 1 THEN 'sent' END"
TOLD = f"""WITH ranked AS (
    SELECT delivery_id, at, kind, code, reason, bounce, bounce_why, {RANK} AS rank,
        row_number() OVER (PARTITION BY delivery_id ORDER BY {RANK} DESC, at, content_key) AS turn
    FROM event WHERE delivery_id {{listed}} AND source <> 'visit'
), told AS (
    SELECT delivery_id, max(CASE WHEN turn = 1 THEN {STATUS} END) AS status,
        max(CASE WHEN turn = 1 THEN code END) AS code, max(CASE WHEN turn = 1 THEN reason END) AS reason,
        max(CASE WHEN turn = 1 THEN bounce END) AS bounce, max(CASE WHEN turn = 1 THEN bounce_why END) AS bounce_why,
        min(CASE WHEN rank IN (1, 3, 4) THEN at END) AS taken_at,
        min(CASE WHEN kind = 'deferred' THEN at END) AS soft_bounced_at,
        min(CASE WHEN kind = 'complained' THEN at END) AS complained_at,
        min(CASE WHEN kind = 'unsubscribed' THEN at END) AS unsubscribed_at
    FROM ranked GROUP BY delivery_id)"""  # noqa: S608  constants of this file
#: what our books did not expect gets a line of history; what is in a sender's hands this moment is only a report that was quick
SURPRISED = "('in_doubt', 'queued', 'cancelled', 'failed')"
#: A message the provider has is out, whatever we thought: it is neither queued, in doubt nor cancelled. What we gave up as failed is
#: believed only when it arrived or came back.
MOVES = """told.status <> delivery.status AND (delivery.status IN ('queued', 'sending', 'in_doubt', 'cancelled', 'sent')
    OR (delivery.status = 'failed' AND told.status IN ('delivered', 'bounced'))
    OR (delivery.status = 'delivered' AND told.status = 'bounced'))"""
FROM = "FROM told JOIN delivery ON delivery.id = told.delivery_id"
WHO = "CAST(:source AS TEXT)"
SAID = f"substr({WHO} || COALESCE(': ' || COALESCE(told.reason, told.code), ''), 1, 400)"

EVIDENCE = f"""{TOLD} INSERT INTO evidence (delivery_id, at, verdict, source, said)
    SELECT delivery.id, :now, told.status, {WHO}, {SAID} {FROM} WHERE delivery.status = 'in_doubt' AND told.status IS NOT NULL
    ON CONFLICT DO NOTHING"""
NOTE = f"""{TOLD} INSERT INTO delivery_note (delivery_id, at, what, why, by)
    SELECT delivery.id, :now, told.status, 'settled by ' || {SAID}, {WHO} {FROM} WHERE delivery.status IN {SURPRISED} AND {MOVES}"""
MOVE = f"""{TOLD} UPDATE delivery SET status = told.status, next_attempt_at = NULL,
    code = CASE WHEN told.status IN ('bounced', 'failed') THEN told.code END,
    reason = CASE WHEN told.status IN ('bounced', 'failed') THEN told.reason END,
    bounce = CASE WHEN told.status = 'bounced' AND NOT delivery.test THEN told.bounce END,
    bounce_why = CASE WHEN told.status IN ('bounced', 'failed') AND NOT delivery.test THEN told.bounce_why END
    FROM told WHERE delivery.id = told.delivery_id
    AND (({MOVES}) OR (told.status = delivery.status AND told.status IN ('bounced', 'failed')))"""  # noqa: S608
#: what is no news to us is in nobody's way: few rows need a line of history
SURPRISING = f"SELECT 1 FROM delivery WHERE id {{listed}} AND status IN {SURPRISED} LIMIT 1"  # noqa: S608
#: the first time of each; tests have no stamps (domain.md D11). Taken: as its sender knew, when it was claimed, or as the provider says
EARLIER = "delivery.{0} IS NULL OR delivery.{0} > told.{0}"
TAKEN = "told.taken_at IS NOT NULL AND (sent_at IS NULL OR (claimed_at IS NULL AND sent_at > told.taken_at))"
STAMPS = ("soft_bounced_at", "complained_at", "unsubscribed_at")
FIRST = ", ".join(
    f"{stamp} = CASE WHEN NOT delivery.test AND ({EARLIER.format(stamp)}) THEN told.{stamp} ELSE delivery.{stamp} END" for stamp in STAMPS
)
ANY = " OR ".join(f"(told.{stamp} IS NOT NULL AND ({EARLIER.format(stamp)}))" for stamp in STAMPS)
STAMP = f"""{TOLD} UPDATE delivery SET {FIRST}, sent_at = CASE WHEN {TAKEN} THEN COALESCE(claimed_at, told.taken_at) ELSE sent_at END
    FROM told WHERE delivery.id = told.delivery_id AND (({TAKEN}) OR {ANY})"""  # noqa: S608


def move(session: Session, deliveries: Sequence[int], source: str) -> None:
    """Bring these deliveries to where all that was reported of them says they are. What leaves doubt gets its evidence."""
    if not deliveries:
        return
    sqlite = session.get_bind().dialect.name == "sqlite"
    listed = "IN (SELECT value FROM json_each(:ids))" if sqlite else "= ANY(:ids)"
    marks = {"ids": orjson.dumps(list(deliveries)).decode() if sqlite else list(deliveries), "now": milliseconds(), "source": source}
    surprised = session.execute(text(SURPRISING.replace("{listed}", listed)), {"ids": marks["ids"]}).first()
    for statement in ((EVIDENCE, NOTE) if surprised else ()) + (MOVE, STAMP):
        wanted = {name: value for name, value in marks.items() if f":{name}" in statement or name == "ids"}
        session.execute(text(statement.replace("{listed}", listed)), wanted)
