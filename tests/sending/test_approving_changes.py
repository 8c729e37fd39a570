"""What was approved is what is sent: whatever decides content or list may not change between the answer and the first message."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from mailings.clock import now
from mailings.db import Database
from mailings.errors import Misconfigured
from mailings.model import Decision, Mailing, MailingFile, MailingStatus, Recipient, RegisteredLink, Topic, TrackedLink
from mailings.sending.approval.approved_list import Marker
from mailings.sending.approval.content_hash import SAID, content_hash
from mailings.sending.finding import mailing_named
from tests.sending import asking, world
from tests.sending.asking import NAME

ROOT = Path(__file__).parents[2]
#: columns of a mailing that decide neither what it says nor where it leads
UNSAID = {
    "id",
    "name",
    "status",
    "held_reason",
    "folder_id",
    "archive_selection_id",
    "archive_project_id",
    "rate",
    "approval",
}
UNSAID |= {"update_when_sending", "template", "recurs_from", "occasion", "created_by"}
UNSAID |= {f"{what}_at" for what in ("populated", "frozen", "scheduled", "started", "finished", "created", "figures", "events_deleted")}


#: somebody who came into the selection since, with consent, put on the list by hand
ANOTHER = (
    "INSERT INTO recipient (mailing_id, person_id, source_id, address, verdict, overridden)"
    " SELECT 1, max(id), 1, 'ny@blåbær.test', 'eligible', FALSE FROM person"
)


def whole(db: Database) -> int:
    """A mailing with a file, a link of its own, and a registered link in its text; not yet asked about."""
    mailing_id = asking.ready(db, html='<p>Hei <a href="[[ link.meny ]]">meny</a> <a href="[[ link.kart ]]">kart</a></p>')
    with db.writing() as session:
        session.add(Topic(name="Nyheter"))
        session.add(MailingFile(mailing_id=mailing_id, inline=False, name="blåbær.pdf", content_type="application/pdf", data=b"%PDF-1"))
        session.add(TrackedLink(mailing_id=mailing_id, number=1, name="meny", url="https://fjord.test/meny", actions={"set": {"a": 1}}))
        session.add(RegisteredLink(name="kart", url="https://fjord.test/kart", created_at=now()))
        session.add(RegisteredLink(name="annet", url="https://fjord.test/annet", created_at=now()))
    return mailing_id


def column(name: str, value: Any) -> Callable[[Session], object]:
    """A change of one column of the mailing."""
    return lambda session: setattr(mailing_named(session, NAME), name, value)


CHANGES: dict[str, Callable[[Session], object]] = {
    "subject": column("subject", "Vår"),
    "preheader": column("preheader", "Nå"),
    "html": column("html", "<p>Hei!</p>"),
    "text": column("text", "Hei"),
    "sender": column("sender", {"name": "En annen"}),
    "reply to": column("reply_to", {"use": "from"}),
    "topic": column("topic_id", 1),
    "override": column("override_consent", True),
    "tracking": column("tracking", {"opens": False}),
    "one per address": column("one_per_address", False),
    "a file's bytes": lambda session: session.execute(text("UPDATE mailing_file SET data = :data"), {"data": b"%PDF-2"}),
    "a file's name": lambda session: session.execute(text("UPDATE mailing_file SET name = 'bringebær.pdf'")),
    "a file more": lambda session: session.add(MailingFile(mailing_id=1, inline=True, name="x", content_type="image/png", data=b"")),
    "a link's address": lambda session: session.execute(text("UPDATE tracked_link SET url = 'https://annet.test'")),
    "a link's actions": lambda session: session.query(TrackedLink).update({"actions": {"set": {"a": 2}}}),
    "a registered link": lambda session: session.query(RegisteredLink).filter_by(name="kart").update({"url": "https://annet.test"}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_content_that_changed(any_db: Database, what: str) -> None:
    """Each part of what a mailing says, changed after it was approved, keeps it from being sent: a draft again, the approval void."""
    mailing_id = whole(any_db)
    asking.ask(any_db)
    asking.approve(any_db)
    with any_db.writing() as session:
        CHANGES[what](session)
    assert asking.refused(any_db).startswith("What was approved has changed: its content")
    assert (world.status(any_db, mailing_id), asking.queued(any_db)) == (MailingStatus.DRAFT, set())
    found = asking.question(any_db)
    assert found.decision is Decision.VOID
    assert (found.comment or "").startswith("What was approved has changed")
    assert found.decided_by == "Désirée van der IJssel"


def test_what_is_no_change(any_db: Database) -> None:
    """A rate, a registered link it does not use, or a link table made while compiling change nothing of what was approved."""
    mailing_id = whole(any_db)
    asking.ask(any_db)
    asking.approve(any_db)
    with any_db.writing() as session:
        mailing_named(session, NAME).rate = 60
        session.query(RegisteredLink).filter_by(name="annet").update({"url": "https://annet.test"})
        session.add(TrackedLink(mailing_id=mailing_id, number=2, url="https://fjord.test/made-while-compiling"))
    assert len(asking.send(any_db)) == 3


def test_every_column_is_weighed() -> None:
    """Each column of a mailing either decides what it says, and is in the hash, or is known not to."""
    assert set(Mailing.__table__.columns.keys()) == set(SAID) | UNSAID


def test_the_same_in_any_process(db: Database) -> None:
    """Another process, with another hash seed, finds the same content the same."""
    whole(db)
    code = (
        "import sys; from mailings.db import Database; from mailings.sending.approval.content_hash import content_hash\n"
        "from mailings.sending.finding import mailing_named\n"
        "with Database(sys.argv[1]).reading() as session: print(content_hash(session, mailing_named(session, sys.argv[2])))"
    )
    command = [sys.executable, "-c", code, db.url.render_as_string(hide_password=False), NAME]
    found = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "7"}, capture_output=True, text=True, timeout=60)
    with db.reading() as session:
        assert found.stdout.strip() == content_hash(session, mailing_named(session, NAME)), found.stderr


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("UPDATE recipient SET address = 'annen@blåbær.test' WHERE id = 2", "1 of those it would go to had another address then"),
        (ANOTHER, "1 of those it would go to were not on the list then"),
        ("UPDATE approved_recipient SET mark = mark + 1 WHERE recipient_id = 3", "1 of those it would go to had another address"),
        ("DELETE FROM approved_recipient WHERE recipient_id = 1", "1 of those it would go to were not on the list"),
        ("UPDATE recipient SET verdict = 'duplicate' WHERE id = 1; DELETE FROM approved_recipient WHERE recipient_id = 1", "not kept"),
    ],
)
def test_a_list_that_changed(any_db: Database, change: str, says: str) -> None:
    """Somebody new on the list, another address, or marks that are not those that were kept: it is not sent."""
    asking.ready(any_db)
    asking.ask(any_db)
    asking.approve(any_db)
    with any_db.writing() as session:
        asking.join_in(session, "Ny")
        for statement in change.split("; "):
            session.execute(text(statement))
    assert says in asking.refused(any_db)
    assert asking.queued(any_db) == set()


def test_a_secret_that_was_rotated(any_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Marks made with an earlier secret hold while that secret is still believed, and tell nobody's address."""
    old, new = Marker("gammel"), Marker("ny gammel")
    mark = old.mark(7, "åse@fjord.test")
    assert 0 <= mark < 2**63
    assert new.is_mark(mark, 7, "åse@fjord.test")
    assert not Marker("ny").is_mark(mark, 7, "åse@fjord.test")
    assert not new.is_mark(mark, 8, "åse@fjord.test")
    assert not new.is_mark(mark, 7, "aase@fjord.test")
    with pytest.raises(Misconfigured):
        Marker(" ")


def test_removed_by_hand(any_db: Database) -> None:
    """Whoever is taken off the list after it was approved is no change of it: the others get it."""
    asking.ready(any_db)
    asking.ask(any_db)
    asked = asking.eligible(any_db)
    asking.approve(any_db)
    with any_db.writing() as session:
        session.query(Recipient).filter_by(id=2).update({"verdict": "stopped"})
    assert asking.send(any_db) == {each for each in asked if each[0] != 2}
