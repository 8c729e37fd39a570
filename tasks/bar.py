"""A run's progress bar in Prefect, fed from the database by a small thread: it moves while a portion is under way, too."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.client.schemas.filters import ArtifactFilter
from prefect.exceptions import ObjectNotFound
from prefect.logging import get_run_logger

from mailings.db import database
from mailings.errors import MailingsError
from mailings.reports.watching import Watch, look_at
from tasks.artifacts import REFUSALS, artifact, connected, drawn, key_of, run_id
from tasks.words import progress_line

EVERY = 2.0  # seconds between two updates of a bar: one costs 10 ms of the server, and nobody reads faster
SHARE = 30  # counting a big mailing takes a while: never more than a thirtieth of the time goes into it
AWAY = 30.0  # seconds until a server that did not answer is asked again
ENDING = 10.0  # seconds the run waits at its end for an update that is under way


@contextmanager
def bar_of(mailing: str) -> Iterator[None]:
    """A bar for the block, one of the run however often it is taken up; it ends where the mailing stands. Outside a flow run none.

    A server that does not answer costs the bar and nothing else.
    """
    run = run_id()
    if run is None:
        yield
        return
    bar, over = Bar(mailing, run), threading.Event()
    # in a copy of the run's context: what it makes is the run's, what it logs too
    thread = threading.Thread(target=copy_context().run, args=(bar.follow, over), name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(ENDING)


class Bar:
    """One run's bar."""

    def __init__(self, mailing: str, run: UUID) -> None:
        self.mailing, self.run = mailing, run
        self.artifact: UUID | None = None
        self.watch = Watch()
        self.shown: tuple[float, str] | None = None
        self.away = False  # the server did not answer last time; said once

    def follow(self, over: threading.Event) -> None:
        """Move the bar until `over`, and then once more; where it ends while the server is away it stays where it was."""
        with connected() as client:
            while not over.is_set():
                begun = time.monotonic()
                self.move(client)
                took = time.monotonic() - begun
                over.wait(max(EVERY, AWAY if self.away else 0, took * SHARE))
            if not self.away:
                self.move(client)

    def move(self, client: SyncPrefectClient) -> None:
        """One look at the mailing, shown where it differs from the last."""
        try:
            with database().reading() as session:
                look = look_at(session, self.mailing, self.watch.last)
        except MailingsError:
            return  # the run itself meets the same trouble and says so
        shown = progress_line(look, self.watch.add(look))
        if shown != self.shown:
            self._show(client, *shown)

    def _show(self, client: SyncPrefectClient, share: float, line: str) -> None:
        try:
            self._put(client, share, line)
        except REFUSALS as error:
            if not self.away:
                get_run_logger().warning("Prefect's server does not take the progress (%s); sending goes on.", type(error).__name__)
            self.away = True
        else:
            self.away, self.shown = False, (share, line)

    def _put(self, client: SyncPrefectClient, share: float, line: str) -> None:
        self.artifact = self.artifact or self._before(client)
        if self.artifact is not None:
            with suppress(ObjectNotFound):  # somebody deleted it
                client.update_artifact(self.artifact, ArtifactUpdate(data=share, description=drawn(line)))
                return
        self.artifact = client.create_artifact(artifact("progress", key_of(self.mailing, "progress"), share, line)).id

    def _before(self, client: SyncPrefectClient) -> UUID | None:
        """The run's bar of an earlier attempt: before it was suspended, died, or was tried again."""
        asked = {"flow_run_id": {"any_": [str(self.run)]}, "type": {"any_": ["progress"]}}
        found = client.read_artifacts(artifact_filter=ArtifactFilter.model_validate(asked))
        return found[0].id if found else None
