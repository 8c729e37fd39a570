"""Remembers what was read of a mailbox: names of messages, or the last of them where they come in order."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.channels.email.mailboxes.letters import Mailbox
from mailings.db import among, insert_into
from mailings.model import Bookmark, ReadMail

SLACK = 1000  # messages that are gone from the mailbox before their names are forgotten: each pass walks the whole of it
AT_ONCE = 20_000  # names held in memory by such a pass


def place(session: Session, name: str) -> str | None:
    """Where the last look ended; None before the first."""
    return session.scalar(select(Bookmark.place).where(Bookmark.name == name))


def put_place(session: Session, name: str, where: str) -> None:
    """Everything until there is kept."""
    put = insert_into(session, Bookmark).values(name=name, at=clock.now(), place=where)
    session.execute(put.on_conflict_do_update(index_elements=["name"], set_={"at": clock.now(), "place": where}))


def read_of(session: Session, mailbox: str, names: Collection[str]) -> set[str]:
    """Which of these messages were read before."""
    return set(session.scalars(select(ReadMail.name).where(ReadMail.mailbox == mailbox, among(session, ReadMail.name, names))))


def remember(session: Session, mailbox: Mailbox, names: Sequence[str]) -> None:
    """These messages are read, and what they say is kept by the same transaction."""
    if not names:
        return
    if mailbox.in_order:
        put_place(session, mailbox.shown, names[-1])
    else:
        rows = [{"mailbox": mailbox.shown, "name": name} for name in names]
        session.execute(insert_into(session, ReadMail.__table__).on_conflict_do_nothing(), rows)


def forget_vanished(session: Session, mailbox: Mailbox, there: int) -> int:
    """Forget the names of messages that somebody took out of a mailbox that now holds `there`; how many. Few are left for later."""
    theirs = ReadMail.mailbox == mailbox.shown
    remembered = session.scalar(select(func.count()).select_from(ReadMail).where(theirs)) or 0
    if remembered <= there + SLACK:
        return 0
    last, forgotten = "", 0
    asked = select(ReadMail.name).where(theirs).order_by(ReadMail.name).limit(AT_ONCE)
    while ordered := session.scalars(asked.where(ReadMail.name > last)).all():
        last, gone = ordered[-1], set(ordered)
        for names in mailbox.names():
            gone.difference_update(names)
        session.execute(delete(ReadMail).where(theirs, among(session, ReadMail.name, gone)))
        forgotten += len(gone)
    return forgotten
