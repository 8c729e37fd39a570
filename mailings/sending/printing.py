"""What was printed of a document mailing becomes one PDF, with a list of addresses beside it; where they are, for who asks."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from mailings.channels import carrier
from mailings.channels.email.identity import mark_of
from mailings.db import Database
from mailings.errors import Misconfigured, NotAllowed
from mailings.letter import Stack
from mailings.model import Delivery, DeliveryStatus, Mailing, MailingType, Recipient
from mailings.readable import counted
from mailings.sending.books import books_of
from mailings.sending.finding import mailing_named
from mailings.settings import Settings
from mailings.transports.pdf.place import PdfFile, Place

PRINTER = "pdf"  #: the transport whose parts are merged
OPEN = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING, DeliveryStatus.IN_DOUBT)  # for these a part may still be the witness


@dataclass(frozen=True, slots=True)
class Letters:
    """The PDFs of a mailing, oldest first, in `folder`. `fresh` = the one just made; `missing` = letters that no file here holds."""

    mailing: str
    folder: Path
    files: list[PdfFile] = field(default_factory=list)
    fresh: PdfFile | None = None
    missing: int = 0

    @property
    def sentence(self) -> str:
        """Where they are, for people."""
        if self.missing:
            gone = counted(self.missing, f"letter of {self.mailing} is", f"letters of {self.mailing} are")
            return (
                f"{gone} not in {self.folder}: printed on another machine, or taken away."
                " Bring that folder here and ask again, and give all workers the same MAILINGS_DOCUMENT_PATH; or print everybody anew,"
                f" as a mailing of its own: mailings copy {self.mailing} {self.mailing}-again"
            )
        if not self.files:
            return f"Nothing of {self.mailing} is printed yet."
        told = "; ".join(f"{self.folder / one.pdf} ({counted(one.letters, 'letter')}, {counted(one.pages, 'page')})" for one in self.files)
        return f"To print: {told}. Addresses beside it in {self.files[-1].csv}."


def letters_of(mailing: Mailing, settings: Settings) -> Letters:
    """The PDFs there are. Raises NotAllowed for a mailing that is none of letters, Unreadable where nobody can say."""
    if mailing.type is not MailingType.DOCUMENT:
        raise NotAllowed(f"{mailing.name} is of type {mailing.type}; only a document mailing has letters to print.")
    place = place_of(mailing, settings)
    return Letters(mailing.name, place.folder, place.printed())


def place_of(mailing: Mailing, settings: Settings) -> Place:
    """The folder of a mailing's letters."""
    return Place(settings.document_path, _stack(mailing, settings))


def print_letters(database: Database, name: str, settings: Settings) -> Letters:
    """Merge what is printed and in no PDF yet. Safe to repeat. No transaction is open while files are written.

    Raises NotAllowed, NotFound, and Misconfigured where the folder cannot be written to.
    """
    from mailings.transports.pdf.merging import let_go, merge  # noqa: PLC0415  pikepdf, which only who merges needs

    with database.reading() as session:
        mailing = mailing_named(session, name)
        before = letters_of(mailing, settings)
        stack, duplex = _stack(mailing, settings), bool((mailing.more.get("document") or {}).get("duplex"))
        ours = carrier(mailing, settings) == PRINTER
        wanted, unwanted = (_printed(session, mailing), _unwanted(session, mailing)) if ours else ((), ())
    place = Place(settings.document_path, stack)
    try:
        merged = merge(place, stack, wanted, duplex=duplex) if wanted else None
        let_go(place, frozenset(unwanted))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Misconfigured(f"The letters of {name} cannot be merged in {place.folder} ({why}); make room, and run it again.") from error
    return Letters(name, place.folder, place.printed(), merged.file, merged.missing) if merged else before


def finish_letters(database: Database, name: str, settings: Settings) -> Letters | None:
    """The same at the end of a run: None for other types, and while letters are still to be printed."""
    with database.reading() as session:
        mailing = mailing_named(session, name)
        if mailing.type is not MailingType.DOCUMENT or carrier(mailing, settings) != PRINTER:
            return None
        books = books_of(session, mailing.id)
        if books.deliveries["queued"] or books.deliveries["sending"]:
            return None
    return print_letters(database, name, settings)


def _printed(session: Session, mailing: Mailing) -> array[int]:
    """The deliveries that are printed, in order; nobody's who was erased since (domain.md D30)."""
    wanted = select(Delivery.id).join(Recipient, Recipient.id == Delivery.recipient_id)
    sent = Delivery.status.in_((DeliveryStatus.SENT, DeliveryStatus.DELIVERED))
    wanted = wanted.where(Delivery.mailing_id == mailing.id, sent, ~Delivery.test, Recipient.erased_at.is_(None))
    return array("q", session.scalars(wanted.order_by(Delivery.id)))


def _unwanted(session: Session, mailing: Mailing) -> array[int]:
    """The deliveries of which no letter is wanted any more; not those whose part may still witness that they were printed."""
    whole = select(Delivery.id).outerjoin(Recipient, Recipient.id == Delivery.recipient_id)
    sent = Delivery.status.in_((DeliveryStatus.SENT, DeliveryStatus.DELIVERED))
    nobody = or_(~sent, Recipient.id.is_(None), Recipient.erased_at.is_not(None))
    return array("q", session.scalars(whole.where(Delivery.mailing_id == mailing.id, ~Delivery.status.in_(OPEN), nobody)))


def _stack(mailing: Mailing, settings: Settings) -> Stack:
    """What names its folder and its order; the images of letters are not needed any more."""
    language = str((mailing.more.get("document") or {}).get("language") or settings.language)
    return Stack(mailing.name, mark_of(mailing), language=language)
