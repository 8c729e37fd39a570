"""A figure: a number of one mailing, kept as it changes, so that a report adds up rows instead of reading a million."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ForeignKey, Index, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from mailings.model.base import Base, Key


class Figure(Base):
    """So many more, or fewer, of `what` under `key`. The figure is the sum of its rows: nobody who adds one waits for another."""

    __tablename__ = "figure"
    __table_args__ = (Index("ix_figure_mailing_id_what_key", "mailing_id", "what", "key"), {"sqlite_autoincrement": True})

    id: Mapped[Key]
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailing.id", ondelete="CASCADE"))
    what: Mapped[str]  # what is counted: opened, clicks, link clickers, ... (mailings/tracking/tally.py names them all)
    key: Mapped[str] = mapped_column(default="")  # of what: a link's number, a domain, an hour; empty where there is one only
    n: Mapped[int]


STALE = "stale"  #: a row of this name: what is told by deliveries is to be counted anew
STALE_CLICKS = "stale clicks"  #: and so are the clicks on links


def stale(session: Session, mailings: Collection[int], what: str = STALE) -> None:
    """Let the figures of these mailings be counted anew at the next look; for changes that additions cannot tell exactly.

    A row more, as every addition is: nobody waits, and what is committed while somebody counts stays to be counted once more.
    """
    if mailings:
        session.execute(insert(Figure), [{"mailing_id": mailing_id, "what": what, "key": "", "n": 1} for mailing_id in mailings])
