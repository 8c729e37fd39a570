"""What the mailing says, half a megabyte maybe, is not read for what readers and providers do: they need its name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from mailings.db import Database
from mailings.model import Delivery
from mailings.tracking.readers import reader_of
from tests.tracking.clicked import click, delivered, linked, outcomes, reader, run, sent
from tests.tracking.told import K, delivery, heard, out, said


@contextmanager
def asked(db: Database) -> Iterator[list[str]]:
    """The statements that read from mailings."""
    statements: list[str] = []

    def note(*told: object) -> None:
        """One statement."""
        if " mailing" in str(told[2]):
            statements.append(str(told[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def heavy(statements: list[str]) -> list[str]:
    """Those that read the HTML or the text."""
    return [line for line in statements if "mailing.html" in line or "mailing.text" in line]


def test_reports_do_not_read_it(any_db: Database) -> None:
    """Of many reports of a mailing each has its effect, readers who leave too, and what was written to them is not read once."""
    numbers = out(any_db, 3, html="<p>Blåbær</p>")
    reports = [said(any_db, number, K.UNSUBSCRIBED) for number in numbers]
    with asked(any_db) as statements:
        assert heard(any_db, *reports) == 3
    assert all(delivery(any_db, number).unsubscribed_at for number in numbers)
    assert statements
    assert heavy(statements) == []


def test_errands_do_not_read_it(any_db: Database) -> None:
    """What a click sets going is done by the mailing's name and author."""
    with any_db.writing() as session:
        autumn = sent(session, html="<p>Blåbær</p>")
        linked(session, autumn, follow_up={"description": "Ring"})
        click(session, delivered(session, autumn, reader(session)))
    with asked(any_db) as statements:
        assert run(any_db) == 1
    assert [outcome and outcome.startswith("Made a") for outcome in outcomes(any_db)] == [True]
    assert statements
    assert heavy(statements) == []


def test_a_reader_does_not_read_it_unless_it_is_shown(any_db: Database) -> None:
    """Whose link it is takes no HTML; who shows the message online finds it there."""
    (number,) = out(any_db, 1, html="<p>Blåbær</p>")
    with any_db.reading() as session, asked(any_db) as statements:
        found = reader_of(session, number)
        assert (found.mailing.name, found.delivery) == ("høst-nytt", session.get(Delivery, number))
        assert heavy(statements) == []
        assert found.mailing.html == "<p>Blåbær</p>"
        assert heavy(statements)
