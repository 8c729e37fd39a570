"""System messages as an operator sees them: listed apart, followed, paused, never drafted, and renewed by an upgrade."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from mailings.consent.standing import block_address
from mailings.db import Database, connected
from mailings.model import MailingStatus
from mailings.sending.finding import mailing_named
from tests.cli.test_deliver import environment
from tests.cli.typed import type_in
from tests.sending import world
from tests.sending.asked import DANISH, ask, mailing, messages, person

CONFIRM = "system-confirm-sign-up-da"


@pytest.fixture
def asked(db: Database) -> Database:
    """An installation with a mailing of its own, and somebody who asked for a link."""
    world.mailing(db, "høst-nytt", status=MailingStatus.SENT)
    ask(db, person(db))
    return db


def test_listed_apart(asked: Database, tmp_path: Path) -> None:
    """People see them in a table of their own; programs are told which they are."""
    shown = type_in(tmp_path, "list", **environment(asked)).stdout
    ours, system = shown.split("System messages")
    assert ("høst-nytt" in ours, DANISH in ours, DANISH in system, "høst-nytt" in system) == (True, False, True, False)
    rows = orjson.loads(type_in(tmp_path, "list", "--json", **environment(asked)).stdout)
    assert {row["name"]: row["system"] for row in rows} == {"høst-nytt": False, DANISH: True}


def test_followed_and_steered(asked: Database, tmp_path: Path) -> None:
    """Status balances; pausing, cancelling and opening again work as on any mailing."""
    told = environment(asked)
    document = orjson.loads(type_in(tmp_path, "status", DANISH, "--json", **told).stdout)
    assert (document["status"], document["balanced"], document["deliveries"]["queued"]) == ("sending", True, 1)
    for word, status in (("pause", "paused"), ("resume", "sending"), ("cancel", "cancelled"), ("resume", "sending")):
        found = type_in(tmp_path, word, DANISH, **told)
        assert (found.returncode, mailing(asked).status) == (0, status), found.stderr
    assert messages(asked) == [("cancelled", None)]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("resend", DANISH, "--reload"), "goes to whoever asks"),
        (("delete", DANISH), "only a draft"),
    ],
)
def test_what_makes_no_sense(asked: Database, tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    """What is for mailings with a list and a draft is refused in a sentence, and changes nothing."""
    found = type_in(tmp_path, *words, **environment(asked))
    assert (found.returncode, says in found.stdout + found.stderr) == (1, True), found.stdout + found.stderr
    assert messages(asked) == [("queued", None)]


def test_looked_at_like_any_other(asked: Database, tmp_path: Path) -> None:
    """Such a mailing may be looked over and shown as any form response, and nothing is sent by that."""
    told = environment(asked)
    assert type_in(tmp_path, "check", DANISH, **told).returncode == 0
    shown = type_in(tmp_path, "preview", DANISH, "--to", "ase@fjord.test", **told)
    assert (shown.returncode, "Dit link" in shown.stdout) == (0, True), shown.stderr
    assert messages(asked) == [("queued", None)]


def test_somebody_is_asked_to_confirm(db: Database, tmp_path: Path) -> None:
    """`people ask` queues the message whose link gives consent; whoever may not be written to is refused in a sentence."""
    told = environment(db)
    person(db)
    assert type_in(tmp_path, "people", "ask", "ase@fjord.test", **told).returncode == 0
    assert messages(db, CONFIRM) == [("queued", None)]
    assert "confirm" in mailing(db, CONFIRM).html
    with db.writing() as session:
        block_address(session, "ase@fjord.test", "550 no such user")
    refused = type_in(tmp_path, "people", "ask", "ase@fjord.test", **told)
    assert (refused.returncode, "may not be written to" in refused.stderr) == (1, True)


def test_an_upgrade_renews_the_words(tmp_path: Path) -> None:
    """`mailings init` gives those that are there the words of the installed version, and makes none that nobody asked for."""
    db = connected(f"sqlite:///{tmp_path / 'new.db'}")
    assert type_in(tmp_path, "init", **environment(db)).returncode == 0
    assert orjson.loads(type_in(tmp_path, "list", "--json", **environment(db)).stdout) == []
    ask(db, person(db))
    today = mailing(db).html
    with db.writing() as session:
        mailing_named(session, DANISH).html = "<p>gammelt</p>"
    assert type_in(tmp_path, "init", **environment(db)).returncode == 0
    assert mailing(db).html == today
    db.engine.dispose()
