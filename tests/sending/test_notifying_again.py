"""What the staff hear of runs that failed beside the usual: a resend of a mailing that is sent, a mailing that is not there."""

from __future__ import annotations

import pytest

from mailings.db import Database
from mailings.errors import TryLater
from mailings.model import MailingStatus
from mailings.sending.notifying import Trouble, notify
from mailings.transports.memory import Memory
from tests.sending.test_notifying import PAUSED, SETTINGS, STAFF, letters, part, stands


def test_a_failed_resend_is_told(any_db: Database, memory: Memory) -> None:
    """A mailing that is sent is no trouble when a run of it failed, and is when sending it again did: told once, with what to do."""
    stands(any_db, MailingStatus.SENT)
    assert notify(any_db, Trouble("høst-nytt", "failed", "The server was away."), STAFF, SETTINGS).nobody == "høst-nytt is sent by now."
    again = Trouble("høst-nytt", "resend failed", "There are no recipients whose latest message is unclicked.")
    assert notify(any_db, again, STAFF[:1], SETTINGS).to == ["ase@fjord.test"]
    assert notify(any_db, again, STAFF[:1], SETTINGS).nobody == "They were told of this within the hour."
    (letter,) = letters(memory)
    assert letter["Subject"] == "høst-nytt was not sent again"
    assert "unclicked" in part(letter, "plain")
    assert "mailings resend høst-nytt" in part(letter, "plain")


def test_a_failure_about_a_mailing_that_is_not_there(any_db: Database, memory: Memory) -> None:
    """A schedule goes on naming a mailing that was deleted: the staff is told, without a page that there is not; of a pause nobody is."""
    failed = Trouble("vår-nytt", "failed", "There is no mailing named vår-nytt.")
    assert notify(any_db, failed, STAFF[:1], SETTINGS).to == ["ase@fjord.test"]
    (letter,) = letters(memory)
    assert letter["Subject"] == "vår-nytt was not sent: there is no such mailing"
    assert "mailings list" in part(letter, "plain")
    assert "/desk/" not in part(letter, "plain")
    assert notify(any_db, PAUSED, STAFF, SETTINGS).nobody == "There is no mailing høst-nytt any more."
    assert len(memory.kept) == 1


def test_it_could_not_be_told_yet(any_db: Database, memory: Memory) -> None:
    """A server that is away has told nobody, also of a mailing that is not there: the error goes to who called, to try again."""
    memory.stall("ase@fjord.test")
    with pytest.raises(TryLater, match=r"vår-nytt.*4\.7\.1"):
        notify(any_db, Trouble("vår-nytt", "failed", "gone"), STAFF[:1], SETTINGS)
