"""What a sending process does: the verbs of flows/send_mailing.py, one after another, without Prefect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from mailings.audience.populate import populate
from mailings.db import database
from mailings.message import Word
from mailings.model import MailingStatus
from mailings.sending import closing, lifecycle, preflight
from mailings.sending.deliver import deliver_portion
from mailings.sending.doubt import gathering, settling
from mailings.sending.finding import mailing_named
from mailings.sending.preparing import prepare
from mailings.sending.run import Run, conducting, joining
from mailings.settings import settings
from tests.torture.world import BATCH, NAME, PORTION


def send(between: Callable[[], None]) -> None:
    """Send the mailing as the flow does, in small batches; `between` is called after each portion."""
    with conducting(database(), NAME, settings()) as run:
        run.batch_size, run.patience = BATCH, timedelta(seconds=60)
        with database().writing() as session:
            status = lifecycle.pick_up(mailing_named(session, NAME, locked=True))
        if status is MailingStatus.POPULATING:
            _make_the_list()
        if status is not MailingStatus.SENT:
            _deliver(run, between)
        with database().writing() as session:
            closing.close(session, mailing_named(session, NAME, locked=True))


def join(between: Callable[[], None]) -> None:
    """Send beside the conductor, as flows/deliver_shard.py does."""
    with joining(database(), NAME, settings()) as run:
        run.batch_size = BATCH
        while deliver_portion(database(), run, PORTION).more:
            between()


def settle(words: Sequence[Word]) -> None:
    """Settle what is in doubt, as flows/settle_deliveries.py does: by what is said of it, the rest by the mailing's policy."""
    with database().writing() as session:
        gathering.keep(session, words)
    with database().writing() as session:
        settling.settle(session, mailing_named(session, NAME, locked=True), settings())


def pause_and_resume(_between: Callable[[], None]) -> None:
    """A person pauses the mailing and lets it go on."""
    with database().writing() as session:
        mailing = mailing_named(session, NAME, locked=True)
        if mailing.status is MailingStatus.SENDING:
            lifecycle.pause(mailing)
    with database().writing() as session:
        lifecycle.resume(session, mailing_named(session, NAME, locked=True))


def _make_the_list() -> None:
    with database().writing() as session:
        populate(session, mailing_named(session, NAME, locked=True), launch=True)
    with database().writing() as session:
        problems = preflight.check(session, mailing_named(session, NAME), settings(), []).problems
        assert not problems, problems
    with database().writing() as session:
        lifecycle.begin_sending(session, mailing_named(session, NAME, locked=True))


def _deliver(run: Run, between: Callable[[], None]) -> None:
    with database().writing() as session:
        prepare(session, run, mailing_named(session, NAME, locked=True), settings())
    run.portion = PORTION
    while deliver_portion(database(), run, run.portion).more:
        between()
