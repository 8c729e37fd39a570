"""`mailings settle`, typed as a person would: what it settles, what it leaves, what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailings.db import Database
from mailings.model import MailingStatus
from tests.cli.desk import Desk
from tests.sending import world
from tests.sending.doubting import decided, in_doubt, named, stands

AT = "Nov 22 04:23:01 mx postfix"


class WithLog(Desk):
    """A person at a terminal, with a Postfix log beside."""

    def __init__(self, folder: Path, db: Database) -> None:
        super().__init__(folder, db)
        self.log = folder / "mail.log"

    def logs(self, message_id: str) -> None:
        """Postfix took the message."""
        lines = [f"{AT}/cleanup[1]: AB12345: message-id={message_id}", f"{AT}/qmgr[1]: AB12345: from=<>, size=1, nrcpt=1 (queue active)"]
        self.log.write_text("\n".join(lines) + "\n")
        self.environment["MAILINGS_SMTP_LOG"] = str(self.log)


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> WithLog:
    """A terminal in an empty folder."""
    return WithLog(tmp_path, db)


def test_by_evidence_then_policy_then_a_person(db: Database, desk: WithLog) -> None:
    """It says what was settled by what, what is left until when, and what to do next; saying it again changes nothing."""
    ids = in_doubt(db, 3, in_doubt={"policy": "resend", "after_s": 10**9})
    desk.logs(named(db, ids[0]))
    said = desk.says("settle", "høst-nytt")
    assert said.startswith("høst-nytt: 1 sent (postfix log). 2 stay in doubt; its policy decides from 2058-")
    assert "mailings settle høst-nytt --as sent|queued|failed" in said
    again = desk.document("settle")
    (one,) = again["mailings"]
    assert (one["settled"], one["left"], one["status"], again["troubles"]) == ([], 2, "sent", [])
    assert one["until"].startswith("2058-")
    assert "In doubt: what became of them is settled with: mailings settle høst-nytt" in desk.says("status", "høst-nytt")
    assert "2 to be sent again: mailings send høst-nytt" in desk.says("settle", "høst-nytt", "--as", "queued")
    assert stands(db) == ["sent", "queued", "queued"]
    (_, (_, _, person), _) = decided(db)
    assert person not in ("policy", "postfix log", "")
    assert "mailings settle" not in desk.says("status", "høst-nytt")


def test_a_paused_mailing(db: Database, desk: WithLog) -> None:
    """What is queued again on a paused mailing waits for it to be resumed, and the command says so."""
    in_doubt(db, 1, MailingStatus.PAUSED)
    assert "mailings resume høst-nytt, then mailings send høst-nytt" in desk.says("settle", "høst-nytt", "--as", "queued")


def test_nothing_in_doubt(db: Database, desk: WithLog) -> None:
    """Where nothing is in doubt it says so and ends well, for one mailing and for all."""
    world.mailing(db, recipients=2)
    for words in (["settle"], ["settle", "høst-nytt"], ["settle", "høst-nytt", "--as", "failed"]):
        assert desk.says(*words) == "Nothing is in doubt.\n"
    assert desk.document("settle") == {"evidence": 0, "troubles": [], "mailings": []}


def test_a_log_that_cannot_be_read(db: Database, desk: WithLog) -> None:
    """Exit 2 and one sentence naming the setting; no policy gives anything up meanwhile, but a person may."""
    in_doubt(db, 1, in_doubt={"policy": "drop", "after_s": 0})
    desk.environment["MAILINGS_SMTP_LOG"] = str(desk.folder / "gone.log")
    said = desk.says("settle", code=2)
    assert "MAILINGS_SMTP_LOG" in said
    assert "Traceback" not in said
    assert stands(db) == ["in_doubt"]
    desk.says("settle", "høst-nytt", "--as", "sent", code=2)
    assert stands(db) == ["sent"]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["settle", "host-nytt"], 1, "There is no mailing named 'host-nytt'; did you mean høst-nytt?"),
        (["settle", "--as", "sent"], 2, "--as sent needs the mailing's name"),
        (["settle", "høst-nytt", "--as", "delivered"], 2, "'delivered' is not one of"),
    ],
)
def test_what_is_refused(db: Database, desk: WithLog, words: list[str], code: int, sentence: str) -> None:
    """An unknown name, a decision on everything at once and a word that is none are refused; nothing is changed."""
    in_doubt(db, 1)
    assert "1 stays in doubt; a person at any time: " in desk.says("settle", "høst-nytt")
    assert sentence in desk.says(*words, code=code)
    assert stands(db) == ["in_doubt"]
