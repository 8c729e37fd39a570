"""Who was on the list when somebody was asked: a mark for each recipient and address, and whether all marks still hold."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, text
from sqlalchemy.orm import Session

from mailings import seams
from mailings.db import driver_sql
from mailings.errors import Misconfigured
from mailings.model import Approval, ApprovedRecipient
from mailings.planner import counted
from mailings.seams import Seam

PORTION = 10_000  # recipients read or written at once: 2 MB, whatever the size of the list
TABLE = ApprovedRecipient.metadata.tables["approved_recipient"]

ELIGIBLE = "SELECT id, address FROM recipient WHERE mailing_id = ? AND verdict = 'eligible' AND id > ? ORDER BY id LIMIT ?"
KEEP = "INSERT INTO approved_recipient (approval_id, recipient_id, mark) VALUES (?, ?, ?)"
KEPT = (
    "SELECT approved.recipient_id, approved.mark, recipient.address, recipient.verdict FROM approved_recipient approved"
    " LEFT JOIN recipient ON recipient.id = approved.recipient_id AND recipient.mailing_id = ?"
    " WHERE approved.approval_id = ? AND approved.recipient_id > ? ORDER BY approved.recipient_id LIMIT ?"
)
NEW = (
    "SELECT count(*) FROM recipient WHERE mailing_id = :mailing AND verdict = 'eligible' AND NOT EXISTS"
    " (SELECT 1 FROM approved_recipient approved WHERE approved.approval_id = :approval AND approved.recipient_id = recipient.id)"
)
Row = Sequence[Any]


class Marker:
    """Marks recipients with the installation's secrets: the first marks, all are believed. Raises Misconfigured without one."""

    def __init__(self, secrets: str) -> None:
        self._keys = [sha256(b"mailings approval " + secret.encode()).digest() for secret in secrets.split()]
        if not self._keys:
            raise Misconfigured("MAILINGS_SECRET is empty; set it to a long random text.")

    def mark(self, recipient_id: int, address: str | None) -> int:
        """63 bits that say this recipient at this address, and tell nobody which."""
        return _mark(self._keys[0], recipient_id, address)

    def is_mark(self, mark: int, recipient_id: int, address: str | None) -> bool:
        """True for a mark of this recipient at this address by any of the secrets."""
        return any(_mark(key, recipient_id, address) == mark for key in self._keys)


def keep_marks(session: Session, approval: Approval, marker: Marker) -> tuple[int, str]:
    """Mark everybody the mailing would go to; how many they are, and the SHA-256 of their marks in the order of their ids."""
    connection, marks, many = session.connection(), sha256(), 0
    insert = driver_sql(connection, KEEP)
    seams.before(Seam.POPULATE)
    for rows in _portions(connection, ELIGIBLE, (approval.mailing_id,)):
        kept = [(approval.id, row[0], marker.mark(row[0], row[1])) for row in rows]
        connection.exec_driver_sql(insert, kept)
        marks.update(b"".join(_written(mark) for _, _, mark in kept))
        many += len(kept)
    seams.after(Seam.POPULATE)
    counted(session, TABLE)
    return many, marks.hexdigest()


def what_changed(session: Session, approval: Approval, marker: Marker) -> str | None:
    """What of the list is not as it was approved, as a phrase; None where it is. Whoever was taken off since is no change."""
    marks, elsewhere = sha256(), 0
    for rows in _portions(session.connection(), KEPT, (approval.mailing_id, approval.id)):
        for recipient_id, mark, address, verdict in rows:
            marks.update(_written(mark))
            elsewhere += verdict == "eligible" and not marker.is_mark(mark, recipient_id, address)
    new = session.execute(text(NEW), {"mailing": approval.mailing_id, "approval": approval.id}).scalar_one()
    if new:
        return f"{new} of those it would go to were not on the list then"
    if elsewhere:
        return f"{elsewhere} of those it would go to had another address then"
    return None if marks.hexdigest() == approval.audience_hash else "the list that was approved is not kept as it was"


def forget_marks(session: Session, approval: Approval) -> None:
    """The marks are not needed any more."""
    session.execute(delete(ApprovedRecipient).where(ApprovedRecipient.approval_id == approval.id))


def _portions(connection: Connection, statement: str, whose: tuple[int, ...]) -> Iterator[Sequence[Row]]:
    last, asked = 0, driver_sql(connection, statement)
    while rows := connection.exec_driver_sql(asked, (*whose, last, PORTION)).fetchall():
        yield rows
        last = rows[-1][0]


def _mark(key: bytes, recipient_id: int, address: str | None) -> int:
    signature = hmac.digest(key, f"{recipient_id}|{address or ''}".encode(), "sha256")
    return int.from_bytes(signature[:8]) >> 1


def _written(mark: int) -> bytes:
    return mark.to_bytes(8)
