"""Sends form responses, system messages among them, as they are asked for: one look after another, with the transport kept open."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from mailings.clock import milliseconds
from mailings.db import Database
from mailings.errors import MailingsError, NotAllowed, Unreachable
from mailings.message import Outcome, Transport
from mailings.model import Delivery, DeliveryStatus, Mailing, MailingStatus, MailingType
from mailings.sending import closing, leases, lifecycle
from mailings.sending.deliver import deliver_portion
from mailings.sending.due import due_responses
from mailings.sending.finding import mailing_named
from mailings.sending.preparing import prepare
from mailings.sending.run import Run, conducting, ready_transport
from mailings.settings import Settings

THOROUGH = 60.0  # seconds between two looks that walk the messages of every form response
NO_PATIENCE = timedelta(0)  # nobody waits for one person's retry while others ask: the next look finds it when it is due


@dataclass(frozen=True, slots=True)
class Served:
    """What a look did for one mailing: how its messages came out; `trouble` = the sentence it was paused with, or could not begin for."""

    mailing: str
    counts: Counter[Outcome] = field(default_factory=Counter)
    trouble: str | None = None


@dataclass
class Responder:
    """One loop's hands: the open transport, and the event that ends it after what is in hand."""

    database: Database
    settings: Settings
    stop: threading.Event = field(default_factory=threading.Event)
    _transport: Transport | None = None
    _thorough_at: float = 0.0  # by the monotonic clock: when to look thoroughly next
    _not_before: int = 0  # milliseconds: until then the other side wants nothing more of anybody

    def look(self) -> list[Served]:
        """Serve everybody who waits and is nobody else's to serve; what was done for each mailing something was done for.

        Raises Unreachable when the database does not answer. Trouble of one mailing is a value, and the others go on. Nothing is done
        while the other side asked to be left alone.
        """
        if milliseconds() < self._not_before:
            return []
        thorough = time.monotonic() >= self._thorough_at
        with self.database.reading() as session:
            found = [due.name for due in due_responses(session, thorough=thorough)]
        if thorough:
            self._thorough_at = time.monotonic() + THOROUGH
        served = [self._served(name) for name in found if not self.stop.is_set()]
        return [one for one in served if one is not None]

    def rest(self) -> None:
        """Let go of the transport's connections until they are needed."""
        if self._transport is not None:
            self._transport.close()

    def _served(self, name: str) -> Served | None:
        """None where somebody else is at it, or it was paused meanwhile."""
        try:
            lent = self._lent()
            with conducting(self.database, name, self.settings) as run:
                run.lent, run.stop, run.patience = lent, self.stop, NO_PATIENCE
                return self._conducted(run)
        except Unreachable:
            raise
        except NotAllowed:
            return None
        except MailingsError as error:  # a template, a setting: the others do not wait for whoever mends it
            return Served(name, trouble=str(error))

    def _conducted(self, run: Run) -> Served:
        with self.database.writing() as session:
            mailing = mailing_named(session, run.mailing, locked=True)
            lifecycle.pick_up(mailing)
            prepare(session, run, mailing, self.settings)
        counts: Counter[Outcome] = Counter()
        more = True
        while more:
            portion = deliver_portion(self.database, run, run.portion)
            counts.update(portion.counts)
            more = portion.more
        self._not_before = max(self._not_before, run.not_before)
        with self.database.writing() as session:
            closing.close(session, mailing_named(session, run.mailing, locked=True))
            leases.forget(session, run.by.mailing_id)
        return Served(run.mailing, counts, portion.trouble)

    def _lent(self) -> Transport:
        if self._transport is None:
            self._transport = ready_transport(self.settings.email_transport)
        return self._transport


def held(session: Session) -> dict[str, str]:
    """The form responses that are paused, or were never opened, while somebody waits for them; each with what keeps it, as a sentence."""
    waits = exists().where(Delivery.mailing_id == Mailing.id, Delivery.status == DeliveryStatus.QUEUED, ~Delivery.test)
    asked = select(Mailing).where(
        Mailing.type == MailingType.FORM_RESPONSE, Mailing.status.in_((MailingStatus.PAUSED, MailingStatus.DRAFT)), waits
    )
    return {one.name: _held(one) for one in session.scalars(asked.order_by(Mailing.id))}


def _held(mailing: Mailing) -> str:
    if mailing.status is MailingStatus.DRAFT:
        return f"{mailing.name} is not open yet. Somebody waits for it; open it with: mailings send {mailing.name}"
    why = mailing.held_reason or "by a person"
    return f"{mailing.name} is paused: {why} Somebody waits for it; let it go on with: mailings resume {mailing.name}"
