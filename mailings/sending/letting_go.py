"""Takes away the PDFs, addresses and parts of letters that were printed long enough ago; which deliveries they were of stays known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import exists, func, select

from mailings.clock import now
from mailings.db import Database
from mailings.errors import Misconfigured
from mailings.model import Delivery, Mailing, MailingStatus, MailingType
from mailings.sending.printing import OPEN, place_of
from mailings.settings import Settings
from mailings.transports.pdf.place import Place


def delete_letters(database: Database, settings: Settings) -> int:
    """Of mailings that ended MAILINGS_LETTERS_KEPT_DAYS ago or longer; how many files. 0 days = kept. Safe to repeat.

    No transaction is open while files are deleted. Raises Misconfigured where they cannot be.
    """
    if not settings.letters_kept_days:
        return 0
    gone = 0
    for place in _ended(database, settings):
        try:
            with place.alone():
                for file in _files(place):
                    file.unlink(missing_ok=True)
                    gone += 1
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise Misconfigured(
                f"Old letters in {place.folder} cannot be deleted ({why}); let the installation's user write there."
            ) from error
    return gone


def _ended(database: Database, settings: Settings) -> list[Place]:
    before = now() - timedelta(days=settings.letters_kept_days)
    still = exists().where(Delivery.mailing_id == Mailing.id, Delivery.status.in_(OPEN), ~Delivery.test)
    over = Mailing.status.in_((MailingStatus.SENT, MailingStatus.CANCELLED)) & (
        func.coalesce(Mailing.finished_at, Mailing.started_at) < before
    )
    with database.reading() as session:
        found = session.scalars(select(Mailing).where(Mailing.type == MailingType.DOCUMENT, over, ~still).order_by(Mailing.id))
        places = [place_of(mailing, settings) for mailing in found]
    return [place for place in places if place.folder.is_dir()]


def _files(place: Place) -> Iterator[Path]:
    """What of the folder says where people live: the indexes before their parts, as a part without one is no witness."""
    for one in place.printed():
        yield from (file for file in (place.folder / one.pdf, place.folder / one.csv) if file.exists())
    yield from sorted(place.parts.glob("*.json"))
    yield from sorted(place.parts.glob("*.pdf"))
