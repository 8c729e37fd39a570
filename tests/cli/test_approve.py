"""`mailings approve`, typed as a person would: what it shows, what it asks, what it says next."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailings.db import Database
from mailings.model import MailingStatus
from tests.cli.desk import Desk
from tests.sending import asking, world
from tests.sending.asking import NAME

SENDER = {"name": "Fjord", "address": "news@fjord.test", "use": "always"}


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Desk:
    """A terminal in an empty folder; somebody is asked about a mailing to three."""
    asking.ready(db, 3, html="<p>Hei [[ customer.name ]]</p>", sender=SENDER)
    with db.writing() as session:
        asking.join_in(session, "Utmeldt", "").no_mailings = True
    asking.ask(db)
    return Desk(tmp_path, db)


def test_shown_and_approved(db: Database, desk: Desk) -> None:
    """It shows how many get it, who is left out, warnings and messages; then it says what comes next, and status tells who approved it."""
    said = desk.says("approve", NAME, "--yes", "--comment", "Så fint!")
    for words in ("høst-nytt would go to 3 recipients.", "Left out: 1 stopped.", "! Det mangler en tekst.", "To Åse Ødegård 0: Høst"):
        assert words in said
    assert "  Hei Åse Ødegård 2" in said
    assert "høst-nytt is approved." in said
    assert "mailings send høst-nytt" in said
    told = desk.document("status", NAME)["approval"]
    assert (told["decision"], told["door"], told["comment"], told["eligible"]) == ("approved", "cli", "Så fint!", 3)
    assert told["by"]


def test_nobody_to_ask(db: Database, desk: Desk) -> None:
    """Where nobody can be asked and --yes is not said, nothing is answered, and nothing shown that nobody reads."""
    said = desk.says("approve", NAME, code=1)
    assert "say --yes" in said
    assert "would go to" not in said
    assert asking.question(db).decision is None
    assert desk.document("status", NAME)["reason"] == "awaiting approval"


def test_nothing_to_answer(db: Database, desk: Desk) -> None:
    """Where nothing awaits approval that is said, with --yes or without: nobody is sent to try again with --yes for it."""
    desk.says("cancel", NAME)
    for words in ((), ("--yes",)):
        said = desk.says("approve", NAME, *words, code=1)
        assert "say --yes" not in said
        assert "approv" in said
    assert "There is no mailing" in desk.says("approve", "vår-nytt", code=1)


def test_declined(db: Database, desk: Desk) -> None:
    """A no makes it a draft; for machines one document comes out, and nothing else. A second answer is told that."""
    document = desk.document("approve", NAME, "--decline", "--yes", "--comment", "Ikke i dag")
    assert (document["name"], document["status"], document["approval"]["decision"]) == (NAME, "draft", "declined")
    assert "Nobody need answer any more: høst-nytt was declined by" in desk.says("approve", NAME, "--yes", code=1)


def test_neither_sent_nor_resumed(db: Database, desk: Desk) -> None:
    """While somebody is asked, sending and resuming are refused and name the command; cancelling works."""
    for command in ("resume", "send"):
        assert "mailings approve høst-nytt" in desk.says(command, NAME, code=1)
    desk.says("cancel", NAME)
    assert world.status(db, 1) is MailingStatus.CANCELLED
