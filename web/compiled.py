"""Mailings made ready to be read online: compiling one takes 30 ms and more of the processor, filling it in for a reader one or two."""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock

from sqlalchemy.orm import Session

from mailings.channels.email import compiled_of
from mailings.channels.email.composing import CompiledEmail
from mailings.model import Mailing, MailingStatus
from mailings.settings import Settings

MOST = 16  # mailings, about half a megabyte each
FRESH = 60.0  # seconds; only what is no part of the mailing itself can change meanwhile: where a registered link leads
CHANGES = (MailingStatus.DRAFT, MailingStatus.SCHEDULED, MailingStatus.POPULATING)  # statuses in which what is said may still change


class Compiled:
    """Keeps them, for any number of threads; one is compiled at a time, so that many readers at once do not compile the same."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[float, CompiledEmail]] = OrderedDict()
        self._lock = Lock()

    def of(self, session: Session, mailing: Mailing, settings: Settings) -> CompiledEmail:
        """The mailing as a page. Raises BadTemplate."""
        if mailing.status in CHANGES:
            return compiled_of(session, mailing, settings).as_page()
        with self._lock:
            since, page = self._kept.get(mailing.id, (0.0, None))
            if page is None or time.monotonic() - since > FRESH:
                page = compiled_of(session, mailing, settings).as_page()
                self._kept[mailing.id] = time.monotonic(), page
            self._kept.move_to_end(mailing.id)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
            return page
