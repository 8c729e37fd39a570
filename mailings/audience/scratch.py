"""Tables that live for one transaction: who is named, and the list as it should be. What has grown is told to planners."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Boolean, Column, Index, MetaData, String, Table
from sqlalchemy.orm import Session

from mailings.model.base import BIG

MANY = 1_000  # rows that came at once, from which on PostgreSQL is told to count the table


@contextmanager
def scratch(session: Session, table: Table) -> Iterator[Table]:
    """The table, made for the block. After an error it goes with the transaction."""
    connection = session.connection()
    table.create(connection)
    yield table
    table.drop(connection)


def counted(session: Session, table: Table) -> None:
    """Tell PostgreSQL how much the table holds: it would guess 200 people and walk a million one by one (65 s against 20)."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ANALYZE {table.name}")


def grown(session: Session, table: Table, rows: int) -> None:
    """The table has `rows` more. Where they are many PostgreSQL is told: until its autovacuum comes by it believes that a new mailing has
    one row, and walks all deliveries for each recipient it queues one for (48 s at 52,000, four times as long at twice as many)."""
    if rows >= MANY:
        counted(session, table)


def named_people() -> Table:
    """Who the sources name, each once, with the source that counts."""
    key = Column("person_id", BIG, primary_key=True, autoincrement=False)
    return Table("recipient_named", MetaData(), key, Column("source_id", BIG), prefixes=["TEMPORARY"])


def chosen_recipients() -> Table:
    """Recipients somebody chose, each once."""
    return Table("recipient_chosen", MetaData(), Column("recipient_id", BIG, primary_key=True, autoincrement=False), prefixes=["TEMPORARY"])


def wanted_recipients() -> Table:
    """The list as it should be; `recipient_id` = the row that is there already."""
    keys = [Column(name, BIG) for name in ("mailing_id", "recipient_id", "source_id", "person_id", "company_id")]
    texts = [Column(name, String) for name in ("name", "address", "verdict")]
    own = Column("id", BIG, primary_key=True, autoincrement=True)
    found = Index("ix_recipient_wanted_recipient_id", "recipient_id")
    return Table("recipient_wanted", MetaData(), own, *keys, *texts, Column("overridden", Boolean), found, prefixes=["TEMPORARY"])
