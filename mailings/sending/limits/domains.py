"""Recipient domains in SQL: the domain of an address, the lane it belongs to, and which of them have a limit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection

from mailings.db import driver_sql

DOMAIN = "domain:"  # how the name of a recipient domain's bucket begins

LOOK = "SELECT id, name, rate, slowed_at FROM bucket WHERE name LIKE 'domain:%' OR rate IS NOT NULL ORDER BY id"
ANY = "SELECT 1 FROM bucket WHERE name LIKE 'domain:%' LIMIT 1"
PROVIDED = "FROM mail_domain JOIN bucket ON bucket.name = 'domain:' || mail_domain.provider"
PROVIDERS = "SELECT name, provider FROM mail_domain WHERE provider IS NOT NULL AND name"
LIMITED = "SELECT name FROM bucket WHERE name"


class Limited(NamedTuple):
    """A bucket that a recipient domain has, or whose rate was slowed (messages a minute, None = it was not; when, in milliseconds)."""

    id: int
    name: str
    rate: float | None
    slowed_at: int | None


def domain_of(address: str, dialect: str) -> str:
    """The SQL of the domain of `address`, an SQL expression; an @-sign before the last cannot occur (addresses.py)."""
    at = "instr" if dialect == "sqlite" else "strpos"
    return f"substr({address}, {at}({address}, '@') + 1)"


def lane_of(address: str, dialect: str) -> str:
    """The SQL of the lane that `address`, an SQL expression, belongs to: its own domain's limit, else its provider's, else 0."""
    domain = domain_of(address, dialect)
    own = f"SELECT bucket.id FROM bucket WHERE bucket.name = 'domain:' || {domain}"  # noqa: S608
    theirs = f"SELECT bucket.id {PROVIDED} WHERE mail_domain.name = {domain}"
    return f"COALESCE(({own}), ({theirs}), 0)"


def any_limit(connection: Connection) -> bool:
    """True when some recipient domain has a limit."""
    return connection.exec_driver_sql(driver_sql(connection, ANY)).first() is not None


def limited(connection: Connection) -> list[Limited]:
    """Every bucket of a recipient domain, and those that were slowed."""
    return [Limited(*row) for row in connection.exec_driver_sql(driver_sql(connection, LOOK)).fetchall()]


def provided(connection: Connection) -> dict[str, int]:
    """Domains whose provider has a limit, with its lane."""
    found = connection.exec_driver_sql(f"SELECT mail_domain.name, bucket.id {PROVIDED}")
    return {row[0]: row[1] for row in found}


def domains_of(connection: Connection, deliveries: Collection[int]) -> dict[int, str]:
    """The recipient domain of each of the deliveries."""
    domain = domain_of("COALESCE(delivery.address, recipient.address)", connection.dialect.name)
    sql = f"SELECT delivery.id, {domain} FROM delivery LEFT JOIN recipient ON recipient.id = delivery.recipient_id WHERE delivery.id"  # noqa: S608
    return {number: domain for number, domain in _among(connection, sql, deliveries) if domain is not None}


def buckets_of(connection: Connection, domains: Collection[str]) -> dict[str, str]:
    """The name of the bucket that holds for each domain, or would: its own where there is one, else its provider's, else its own."""
    providers = dict(_among(connection, PROVIDERS, domains))
    own = {name for (name,) in _among(connection, LIMITED, [DOMAIN + domain for domain in domains])}
    return {domain: DOMAIN + (domain if DOMAIN + domain in own else providers.get(domain, domain)) for domain in domains}


def among(connection: Connection, values: Collection[int] | Collection[str]) -> tuple[str, object]:
    """The SQL that follows a column to mean that it is one of the values, and the one mark it needs."""
    if connection.dialect.name == "sqlite":
        return "IN (SELECT value FROM json_each(?))", orjson.dumps(list(values)).decode()
    return "= ANY(?)", list(values)


def _among(connection: Connection, sql: str, values: Collection[int] | Collection[str]) -> Sequence[Any]:
    one_of, mark = among(connection, values)
    return [tuple(row) for row in connection.exec_driver_sql(driver_sql(connection, f"{sql} {one_of}"), (mark,))]
