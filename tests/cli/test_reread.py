"""`mailings reread`, typed as a person would: says what it did, changes nothing twice, knows no mailing that is not there."""

from __future__ import annotations

from pathlib import Path

import orjson
from sqlalchemy import text

from mailings.db import Database
from tests.cli.typed import type_in
from tests.tracking.visiting import click, raw, readings, record, sent_mailing, visit


def test_reread(db: Database, tmp_path: Path) -> None:
    """Readings that other rules left are replaced, and said; a second time nothing changes; the events stay as they came."""
    _, (one, other, *_) = sent_mailing(db)
    record(db, visit(one), click(one), click(other, agent="curl/8"))
    before = raw(db), readings(db)
    with db.writing() as session:
        session.execute(text("UPDATE event_reading SET machine = 'guessed', first = FALSE"))
    url = db.url.render_as_string(hide_password=False)
    first = type_in(tmp_path, "reread", "høst-nytt", "--json", MAILINGS_DATABASE_URL=url)
    assert orjson.loads(first.stdout) == {"mailing": "høst-nytt", "version": 1, "messages": 2, "changed": 3}, first.stderr
    second = type_in(tmp_path, "reread", MAILINGS_DATABASE_URL=url)
    assert second.stdout.strip() == "2 messages with visits were read again by rules 1: no readings changed."
    assert (raw(db), readings(db)) == before


def test_no_such_mailing(db: Database, tmp_path: Path) -> None:
    """A name that is none is exit 1 and one sentence."""
    told = type_in(tmp_path, "reread", "vår-nytt", MAILINGS_DATABASE_URL=db.url.render_as_string(hide_password=False))
    assert (told.returncode, told.stdout) == (1, "")
    assert "vår-nytt" in told.stderr
