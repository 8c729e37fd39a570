"""The rate of a limit that was asked to be less, as every sender finds it in the database: halved, raised step by step, over."""

from __future__ import annotations

from sqlalchemy import Connection

from mailings.db import driver_sql

ONCE = 5_000  # milliseconds within which many askings count as one
EVERY = 10_000  # milliseconds of accepted messages that earn a step up
STEP = 0.1  # of the rate before
SLOWEST = 6.0  # messages a minute; a limit that a person set lower is not halved

READ = "SELECT id, per_minute, rate, rate_before, slowed_at FROM bucket WHERE name = ?"
MADE = (
    "INSERT INTO bucket (name, burst, zone, next_free, day_count, rate, rate_before, slowed_at) VALUES (?, 1, 'UTC', 0, 0, ?, ?, ?)"
    " ON CONFLICT (name) DO NOTHING"
)
# as it was seen: of two senders that were asked at the same moment, one halves
SLOWED = (
    "UPDATE bucket SET rate = ?, rate_before = COALESCE(rate_before, ?), slowed_at = ?"
    " WHERE id = ? AND COALESCE(slowed_at, 0) = ? AND COALESCE(rate, 0) = ?"
)
RAISED = "UPDATE bucket SET rate = ?, rate_before = ?, slowed_at = ? WHERE id = ? AND slowed_at = ?"
# a limit without a rate gets one: without, there is no next message that could wait. By our clock, so it is written when that was
PUT_OFF = (
    "INSERT INTO bucket (name, burst, zone, next_free, charged_at, day_count, rate, rate_before, slowed_at)"
    " VALUES (?, 1, 'UTC', ?, ?, 0, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET charged_at = excluded.charged_at,"
    " next_free = CASE WHEN bucket.next_free < excluded.next_free THEN excluded.next_free ELSE bucket.next_free END,"
    " rate = CASE WHEN bucket.rate IS NULL AND bucket.per_minute IS NULL THEN excluded.rate ELSE bucket.rate END,"
    " rate_before = CASE WHEN bucket.rate IS NULL AND bucket.per_minute IS NULL THEN excluded.rate_before ELSE bucket.rate_before END,"
    " slowed_at = CASE WHEN bucket.rate IS NULL AND bucket.per_minute IS NULL THEN excluded.slowed_at ELSE bucket.slowed_at END"
)
# nobody set it: nothing is left of it once it is slowed no more, except the lane in which deliveries still stand
UNSET = (
    "DELETE FROM bucket WHERE rate IS NULL AND per_minute IS NULL AND quiet_from IS NULL AND ramp_from IS NULL AND slowed_at IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM mailing JOIN delivery ON delivery.mailing_id = mailing.id WHERE mailing.status IN ('sending', 'paused')"
    " AND delivery.lane = bucket.id AND delivery.lane <> 0 AND delivery.status = 'queued')"
)


def halve(connection: Connection, name: str, pace: float, now: int) -> float | None:
    """Halve the limit's rate, or make one of half the `pace` (messages a minute); the new rate, None where that was done just now."""
    row = connection.exec_driver_sql(driver_sql(connection, READ), (name,)).first()
    if row is None:
        rate = max(SLOWEST, pace / 2)
        made = connection.exec_driver_sql(driver_sql(connection, MADE), (name, rate, max(pace, rate), now))
        return rate if made.rowcount else None
    number, per_minute, slowed, before, at = row
    if at is not None and abs(now - at) < ONCE:
        return None
    rate = min((one for one in (per_minute, slowed) if one), default=pace)
    less = max(min(SLOWEST, rate), rate / 2)
    marks = (less, per_minute or before or rate, now, number, at or 0, slowed or 0)
    return less if connection.exec_driver_sql(driver_sql(connection, SLOWED), marks).rowcount and less < rate else None


def put_off(connection: Connection, name: str, pace: float, now: int, until: int) -> None:
    """Let nothing more leave under the limit before `until` (ms); where it has no rate, it goes on at `pace` (messages a minute) then."""
    rate = max(SLOWEST, pace)
    connection.exec_driver_sql(driver_sql(connection, PUT_OFF), (name, until, now, rate, rate, now))


def step_up(connection: Connection, name: str, now: int) -> float | None:
    """Add a tenth of the old rate, where the last change is long enough ago; the rate now, 0 = the slowing is over, None = not changed."""
    row = connection.exec_driver_sql(driver_sql(connection, READ), (name,)).first()
    if row is None or row[2] is None or row[4] is None or abs(now - row[4]) < EVERY:
        return None
    number, per_minute, slowed, before, at = row
    goal = min(one for one in (per_minute, before) if one)
    rate = slowed + STEP * (before or goal)
    over = rate >= goal
    marks = (None, None, now, number, at) if over else (rate, before, now, number, at)
    changed = connection.exec_driver_sql(driver_sql(connection, RAISED), marks).rowcount
    return (0.0 if over else rate) if changed else None


def take_away_unset(connection: Connection) -> None:
    """Take away limits that nobody set and whose slowing is over, once nothing queued stands in their lane."""
    connection.exec_driver_sql(driver_sql(connection, UNSET))
