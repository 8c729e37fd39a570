"""Figures are added by several while they are folded and counted anew: none is lost, none counts twice, nobody waits for long."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import select

from mailings.db import Database
from mailings.model import Delivery, Mailing, MailingStatus
from mailings.model.figure import STALE, stale
from mailings.reports.counting_anew import count_anew, freshen, is_stale
from mailings.settings import Settings
from mailings.tracking import tally
from mailings.tracking.recording import record_visits
from tests.reports.told import anew, kept, sums
from tests.tracking.visiting import click, sent_mailing, visit
from tests.warm import Warm


def settled(db: Database, recipients: int) -> tuple[int, list[int]]:
    """A mailing that is sent, with its figures kept; its id and deliveries."""
    mailing_id, deliveries = sent_mailing(db, recipients=recipients)
    with db.writing() as session:
        session.get_one(Mailing, mailing_id).status = MailingStatus.SENT
    freshen(db, mailing_id)
    return mailing_id, deliveries


def go_on(processes: list[subprocess.Popen[str]]) -> None:
    """A line on the input of each."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go on\n")
        process.stdin.flush()


@contextmanager
def adding(db: Database, deliveries: list[int], link: int) -> Iterator[subprocess.Popen[str]]:
    """A process that is ready to write clicks of these deliveries; it begins, and half-way goes on, at a line on its input."""
    url, listed = db.url.render_as_string(hide_password=False), ",".join(map(str, deliveries))
    words = ["-m", "tests.reports.adding", url, listed, "12", str(link)]
    with Warm(words, dict(os.environ), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def test_two_add_while_a_third_counts(any_db: Database) -> None:
    """Two processes write clicks, of messages they share too, while the figures are counted anew again and again."""
    mailing_id, deliveries = settled(any_db, recipients=12)
    counts = 0
    with ExitStack() as stack:
        processes = [stack.enter_context(adding(any_db, part, link)) for part, link in ((deliveries[:8], 1), (deliveries[4:], 2))]
        go_on(processes)
        while any(process.poll() is None for process in processes):
            with any_db.writing() as session:
                count_anew(session, mailing_id) if counts % 2 else stale(session, [mailing_id])
            freshen(any_db, mailing_id)
            counts += 1
            if counts == 2:  # however quick they are, they were counted twice on their way
                go_on(processes)
        assert [process.returncode for process in processes] == [0, 0]
    freshen(any_db, mailing_id)
    assert sums(any_db, mailing_id) == anew(any_db, mailing_id)
    assert kept(any_db, mailing_id)["clicks", "1"] == 8 * 12


def test_an_addition_beside_a_count_is_neither_lost_nor_doubled(any_db: Database) -> None:
    """What is committed while somebody counts is added to what was counted."""
    mailing_id, (one, two) = settled(any_db, recipients=2)
    with any_db.writing() as session:
        record_visits(session, [visit(one)], Settings())
        if any_db.sqlite:  # its one writer is this; the counting that only reads is beside it in `freshen`
            count_anew(session, mailing_id)
        else:
            freshen_beside(any_db, mailing_id)
        record_visits(session, [click(two, 1)], Settings())
    assert sums(any_db, mailing_id) == anew(any_db, mailing_id) == kept(any_db, mailing_id)
    assert kept(any_db, mailing_id)["opened", ""] == 2


def freshen_beside(db: Database, mailing_id: int) -> None:
    """Count anew in a transaction of its own, while another is open."""
    with db.writing() as session:
        count_anew(session, mailing_id)


def test_a_change_that_is_marked_is_counted_at_the_next_look(any_db: Database) -> None:
    """A stale mark lets looks count the rows until somebody keeps them again; a mailing still in somebody's hands stays marked."""
    mailing_id, (one, two) = settled(any_db, recipients=2)
    with any_db.writing() as session:
        session.get_one(Delivery, one).bounce = None
        session.get_one(Delivery, one).status = "in_doubt"  # as settling by hand moves rows: behind the back of additions
        stale(session, [mailing_id])
    assert kept(any_db, mailing_id)["status", "in_doubt"] == 1
    assert sums(any_db, mailing_id)["status", "in_doubt"] == 0
    freshen(any_db, mailing_id)
    assert sums(any_db, mailing_id)["status", "in_doubt"] == 1
    with any_db.writing() as session:
        session.get_one(Delivery, two).status = "sending"
        stale(session, [mailing_id])
    freshen(any_db, mailing_id)
    with any_db.reading() as session:
        assert is_stale(session, mailing_id)
        assert session.scalars(select(Delivery.status).where(Delivery.id == two)).one() == "sending"


def test_folding_keeps_the_sums_and_few_rows(any_db: Database) -> None:
    """After every few thousand additions a figure is one row again, and says what it said; nothing that is zero stays."""
    mailing_id, _ = settled(any_db, recipients=3)
    with any_db.writing() as session:
        for turn in range(tally.FOLD_EVERY):
            tally.add(session, {(mailing_id, "clicks", "1"): 1, (mailing_id, "clicks", "2"): 1 if turn % 2 else -1})
    with any_db.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT count(*) FROM figure").scalar_one()
    assert rows < tally.FOLD_EVERY
    assert sums(any_db, mailing_id)["clicks", "1"] == tally.FOLD_EVERY
    with any_db.writing() as session:
        tally.fold(session, mailing_id)
        rows = session.connection().exec_driver_sql("SELECT what, key, n FROM figure WHERE what = 'clicks'").all()
    assert [tuple(row) for row in rows] == [("clicks", "1", tally.FOLD_EVERY)]
    assert STALE not in {what for what, _ in kept(any_db, mailing_id)}
