"""Tables that live for one transaction: who is named, and the list as it should be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Boolean, Column, Index, MetaData, String, Table
from sqlalchemy.orm import Session

from mailings.model.base import BIG


@contextmanager
def scratch(session: Session, table: Table) -> Iterator[Table]:
    """The table, made for the block. After an error it goes with the transaction."""
    connection = session.connection()
    table.create(connection)
    yield table
    table.drop(connection)


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
