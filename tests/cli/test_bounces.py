"""`mailings bounces`, typed as a person would: collect, list, clear."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from mailings.db import Database
from mailings.model import AuditEntry
from tests.cli.typed import type_in
from tests.servers.mailbox import nobody_listens
from tests.tracking.bouncemail import BOUNCES, SECRET, VACATION, a_maildir, arrives, verp
from tests.tracking.told import B, K, events, heard, out, said, standing

PER = "per@xn--blbr-roah.no"


@pytest.fixture
def place(db: Database, tmp_path: Path) -> dict[str, str]:
    """The environment of an installation with a bounce mailbox."""
    a_maildir(tmp_path / "retur")
    own = {"DATABASE_URL": db.url.render_as_string(hide_password=False), "SECRET": SECRET, "BOUNCE_ADDRESS": BOUNCES}
    return {f"MAILINGS_{name}": value for name, value in (own | {"BOUNCE_MAILBOX": f"maildir:{tmp_path}/retur"}).items()}


def test_collect(db: Database, tmp_path: Path, place: dict[str, str]) -> None:
    """What was read is counted by its kind, once; in words and as one document; in a pipe the mailing's list is a row a line."""
    first, second = out(db, 2)
    arrives(tmp_path / "retur", came_to=verp(first))
    arrives(tmp_path / "retur", VACATION, came_to=verp(second))
    told = type_in(tmp_path, "bounces", "collect", **place)
    assert told.stdout.strip() == "Read 2 messages: 1 bounce, 1 automatic reply. 2 told something new.", told.stderr
    again = orjson.loads(type_in(tmp_path, "bounces", "collect", "--json", **place).stdout)
    assert (again["read"], again["new"], again["refused"], again["troubles"]) == (0, 0, 0, [])
    (row,) = orjson.loads(type_in(tmp_path, "bounces", "list", "--mailing", "høst-nytt", "--json", **place).stdout)
    shown = {name: row[name] for name in ("type", "address", "code", "why", "kind", "cleaned")}
    assert shown == {
        "type": "address", "address": "åse-0000@fjord.test", "code": "550 5.1.1", "why": "mailbox", "kind": "hard", "cleaned": False,
    }  # fmt: skip
    narrow = place | {"COLUMNS": "60"}
    listed = type_in(tmp_path, "bounces", "list", "--mailing", "høst-nytt", **narrow).stdout
    assert any("åse-0000@fjord.test" in line and "550 5.1.1" in line and "User unknown" in line for line in listed.splitlines()), listed


def test_blocked_and_cleared(db: Database, tmp_path: Path, place: dict[str, str]) -> None:
    """A blocked address is listed with why, and may be written to again when a person says so, with a line in the log."""
    heard(db, said(db, None, K.BOUNCED, 1, bounce=B.INVALID, address=PER, reason="550 ukjent"))
    assert "per@blåbær.no" in type_in(tmp_path, "bounces", "list", **place).stdout  # as people write it
    told = type_in(tmp_path, "bounces", "clear", "Per@blåbær.no", "ingen@fjord.test", **place)
    assert told.stdout.strip() == "1 may be written to again. Nothing stood against 1 of them.", told.stderr
    held = standing(db, PER)
    assert held is not None
    assert held.blocked_at is None
    assert type_in(tmp_path, "bounces", "list", **place).stdout.strip() == "There are none."
    with db.reading() as session:
        (line,) = session.query(AuditEntry).all()
        assert (line.what, line.subject) == ("clear bounces", "blocked addresses")  # as at the desk
        assert line.details == {"changed": 1, "cleaned": 0, "cancelled": 0}


def test_wrong_words(db: Database, tmp_path: Path, place: dict[str, str]) -> None:
    """What cannot be done is one sentence and an exit code: two lists at once, no address, no mailbox, a server that is not there."""
    assert type_in(tmp_path, "bounces", "list", "--blocked", "--complaints", **place).returncode == 2
    assert type_in(tmp_path, "bounces", "clear", "nei", **place).returncode == 2
    unset = {name: value for name, value in place.items() if name != "MAILINGS_BOUNCE_MAILBOX"}
    told = type_in(tmp_path, "bounces", "collect", **unset)
    assert (told.returncode, told.stdout) == (3, "")
    assert "MAILBOX: it is not set, so nobody knows where returned mail arrives; write maildir:PATH, or" in " ".join(told.stderr.split())
    gone = place | {"MAILINGS_BOUNCE_MAILBOX": f"imap://retur:hemmelig@127.0.0.1:{nobody_listens()}/"}
    told = type_in(tmp_path, "bounces", "collect", **gone)
    assert told.returncode == 3
    assert "hemmelig" not in told.stderr + told.stdout
    assert "***" in type_in(tmp_path, "doctor", **gone).stdout
    assert events(db) == []
