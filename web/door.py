"""What every page of the web door shares: the database, the settings, the tokens, the pages; and what runs beside the requests."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Annotated, cast

from fastapi import Depends, Request

from mailings.db import Database
from mailings.errors import Unreachable
from mailings.forms.scripts import call_due
from mailings.settings import Settings
from mailings.tokens import Tokens
from mailings.tracking.errands import run_due_errands
from mailings.tracking.visits import Visits
from web.compiled import Compiled
from web.pages import Pages
from web.targets import Targets

log = logging.getLogger("mailings.web")

ERRANDS = 1.0  # seconds between two looks for errands that are due
TROUBLE = 30.0  # seconds until it is tried again after trouble
FAREWELL = 5.0  # seconds errands in hand are waited for at the end


@dataclass(frozen=True)
class Door:
    """One installation's door, kept on the app as `app.state.door`."""

    database: Database
    settings: Settings
    tokens: Tokens
    pages: Pages
    visits: Visits = field(init=False)
    targets: Targets = field(init=False)
    compiled: Compiled = field(init=False, default_factory=Compiled)
    _errands: Beside = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "visits", Visits(self.database, self.settings))
        object.__setattr__(self, "targets", Targets(self.database))
        object.__setattr__(self, "_errands", Beside(self.database, self.settings))

    def start(self) -> None:
        """Begin what runs beside the requests: visits are written, and what clicks set going is done."""
        self.visits.start()
        self._errands.start()

    def stop(self) -> None:
        """End it; every visit is written before this returns, and before anything is waited for that may be ended by force."""
        self.visits.stop()
        self._errands.stop()
        self.targets.close()


class Beside:
    """A thread that runs the errands of clicks when they are due."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database, self.settings = database, settings
        self._stopping = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = Thread(target=self._run, name="errands", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End, after the errands in hand, unless a script of theirs takes too long: what it leaves undone says so itself."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(FAREWELL)
            self._thread = None

    def _run(self) -> None:
        wait = ERRANDS
        while not self._stopping.wait(wait):
            wait = ERRANDS if self._done() else TROUBLE

    def _done(self) -> bool:
        try:
            run_due_errands(self.database, self.settings)
            call_due(self.database, self.settings)
        except Unreachable as error:
            log.warning("Errands of clicks and scripts of forms wait: %s", error)
            return False
        except Exception:  # whatever an action of an installation does, clicks go on
            log.exception("Errands of clicks and scripts of forms wait.")
            return False
        return True


def door_of(request: Request) -> Door:
    """The door a request came in by."""
    return cast(Door, request.app.state.door)


async def _in_the_loop(request: Request) -> Door:
    return door_of(request)  # FastAPI would ask a plain function in a thread: 300 us of a click


AtDoor = Annotated[Door, Depends(_in_the_loop)]
