"""Returned mail finds its delivery, says what became of it, and is read once; what nobody signed does little (domain.md I, D6, D27)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mailings.db import Database
from mailings.model import DeliveryStatus, ReadMail
from mailings.reported import BounceKind, BounceWhy, EventKind
from tests.tracking import bouncemail
from tests.tracking.bouncemail import COMPLAINT, LETTER, VACATION, a_maildir, arrives, collected, named, verp
from tests.tracking.told import delivery, events, heard, minutes, out, said, standing

ASE = "åse-0000@fjord.test"


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """An empty mailbox."""
    return a_maildir(tmp_path / "returned")


def test_by_its_envelope(any_db: Database, box: Path) -> None:
    """A bounce that came to the delivery's own address is about it: status, cause, words, evidence; and counts against the address."""
    first, second = out(any_db, 2)
    arrives(box, came_to=verp(first), minute=61)
    found = collected(any_db, box)
    assert (found.read, found.bounces, found.unknown, found.new) == (1, 1, 0, 1)
    one = delivery(any_db, first)
    assert (one.status, one.bounce, one.bounce_why, one.code) == (DeliveryStatus.BOUNCED, BounceKind.HARD, BounceWhy.MAILBOX, "550 5.1.1")
    assert "User unknown" in str(one.reason)
    assert delivery(any_db, second).status is DeliveryStatus.SENT
    (told,) = events(any_db)
    assert (told.source, told.address, told.bounce_why, minutes(told.at)) == ("mailbox", ASE, BounceWhy.MAILBOX, 61)
    assert told.original is not None
    assert (told.original["recipient"], told.original["status"]) == (ASE, "5.1.1")
    held = standing(any_db, ASE)
    assert held is not None
    assert (held.bounces, held.blocked_at, held.last_bounce_why) == (1, None, BounceWhy.MAILBOX)


def test_by_its_message_id(any_db: Database, box: Path) -> None:
    """One that came to the plain address is found by the Message-ID it gives back; under another mailing's mark it is not ours."""
    first, second = out(any_db, 2)
    arrives(box, message_id=named(any_db, first))
    arrives(box, message_id=f"<{second}.0123456789ab@acme.test>", recipient="ukjent@fjord.test")
    found = collected(any_db, box)
    assert (found.bounces, found.unknown, found.new) == (2, 1, 1)
    assert [delivery(any_db, n).status for n in (first, second)] == [DeliveryStatus.BOUNCED, DeliveryStatus.SENT]


def test_the_envelope_beats_the_text(any_db: Database, box: Path) -> None:
    """What was forwarded bounces elsewhere: the address we wrote to is blamed, not the one the text names, also where we know that one."""
    first, second = out(any_db, 2)
    arrives(box, came_to=verp(first), recipient="åse-0001@fjord.test", message_id=named(any_db, second))
    collected(any_db, box)
    assert [delivery(any_db, n).status for n in (first, second)] == [DeliveryStatus.BOUNCED, DeliveryStatus.SENT]
    assert (standing(any_db, ASE) is not None, standing(any_db, "åse-0001@fjord.test")) == (True, None)
    original = events(any_db)[0].original
    assert original is not None
    assert original["recipient"] == "åse-0001@fjord.test"


def test_a_forged_envelope(any_db: Database, box: Path) -> None:
    """An address under a mark that we did not make names nothing."""
    (first,) = out(any_db)
    arrives(box, came_to=f"bounces+{first:x}-0123456789ab@acme.test")
    assert collected(any_db, box).unknown == 1
    assert delivery(any_db, first).status is DeliveryStatus.SENT


def test_nobody_signed_it(any_db: Database, box: Path) -> None:
    """Bounces that name only an address of ours count once in a row, however many come: nobody blocks somebody else by writing letters."""
    per = "per@xn--blbr-roah.no"
    heard(any_db, said(any_db, None, EventKind.BOUNCED, 1, bounce=BounceKind.HARD, address=per))
    for n in range(8):
        arrives(box, minute=10 + n, recipient="Per@blåbær.no")
    found = collected(any_db, box)
    assert (found.bounces, found.unknown, found.new) == (8, 0, 8)
    held = standing(any_db, per)
    assert held is not None
    assert (held.bounces, held.blocked_at) == (2, None)
    arrives(box, recipient="fremmed@ukjent.test")
    assert collected(any_db, box).unknown == 1
    assert standing(any_db, "fremmed@ukjent.test") is None


def test_answering_programs(any_db: Database, box: Path) -> None:
    """A vacation notice is an event and nothing else: no status, no bounce, no count (D27); a person's letter is not even that."""
    (first,) = out(any_db)
    arrives(box, VACATION, came_to=verp(first))
    arrives(box, LETTER, came_to=verp(first))
    found = collected(any_db, box)
    assert (found.auto_replies, found.others, found.new) == (1, 1, 1)
    one = delivery(any_db, first)
    assert (one.status, one.bounce, one.soft_bounced_at) == (DeliveryStatus.SENT, None, None)
    assert [told.kind for told in events(any_db)] == [EventKind.AUTO_REPLY]
    assert standing(any_db, ASE) is None


def test_delays_and_receipts(any_db: Database, box: Path) -> None:
    """A delay is a soft bounce on the way, not its end; a receipt means it arrived."""
    first, second = out(any_db, 2)
    delayed = {"action": "delayed", "status": "4.4.1", "reply": "451 4.4.1 timeout", "subject": "Delayed Mail (still being retried)"}
    arrives(box, came_to=verp(first), minute=5, **delayed)
    receipt = {"action": "delivered", "status": "2.0.0", "reply": "250 2.0.0 Ok", "subject": "Successful Mail Delivery Report"}
    arrives(box, came_to=verp(second), recipient="åse-0001@fjord.test", **receipt)
    found = collected(any_db, box)
    assert (found.delays, found.receipts, found.bounces, found.new) == (1, 1, 0, 2)
    one = delivery(any_db, first)
    assert (one.status, minutes(one.soft_bounced_at), one.bounce) == (DeliveryStatus.SENT, 5, None)
    assert delivery(any_db, second).status is DeliveryStatus.DELIVERED
    assert standing(any_db, ASE) is None


def test_complaints(any_db: Database, box: Path) -> None:
    """A complaint about a message of ours is its reader's last word; one that names an address alone is nobody's word."""
    first, second, third = out(any_db, 3)
    arrives(box, COMPLAINT, came_to="abuse@acme.test", message_id=named(any_db, first))
    arrives(box, COMPLAINT, came_to="abuse@acme.test", recipient="åse-0001@fjord.test")
    arrives(box, COMPLAINT, came_to="abuse@acme.test", feedback="not-spam", message_id=named(any_db, third))
    found = collected(any_db, box)
    assert (found.complaints, found.unknown) == (3, 1)
    stamped = [delivery(any_db, n).complained_at is not None for n in (first, second, third)]
    assert stamped == [True, False, False]
    held = standing(any_db, ASE)
    assert held is not None
    assert held.complained_at is not None
    assert standing(any_db, "åse-0001@fjord.test") is None


def test_read_once(any_db: Database, box: Path) -> None:
    """A message is read once, wherever mail programs move it and however they mark it; no message is changed or taken away."""
    first, second = out(any_db, 2)
    file = arrives(box, came_to=verp(first))
    file.rename(box / "cur" / f"{file.name}:2,S")
    assert collected(any_db, box).read == 1
    (box / "cur" / f"{file.name}:2,S").rename(box / "cur" / f"{file.name}:2,RS")
    later = arrives(box, came_to=verp(second), recipient="åse-0001@fjord.test")
    assert (collected(any_db, box).read, collected(any_db, box).read) == (1, 0)
    assert sorted(p.name for p in box.glob("*/*")) == sorted([f"{file.name}:2,RS", later.name])


def test_told_again(any_db: Database, box: Path) -> None:
    """The same message under another name, with other line ends, is no news."""
    (first,) = out(any_db)
    file = arrives(box, came_to=verp(first))
    collected(any_db, box)
    (box / "new" / "9").write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    found = collected(any_db, box)
    assert (found.read, found.bounces, found.new) == (1, 1, 0)


def test_what_lies_about(any_db: Database, box: Path) -> None:
    """A pipe, a folder, rubbish and a message nobody may open hold nothing up; a file of gigabytes is read to a quarter of a MiB."""
    (first,) = out(any_db)
    os.mkfifo(box / "new" / "pipe")
    (box / "new" / "folder").mkdir()
    (box / "new" / "rubbish").write_bytes(bytes(range(256)) * 40)
    huge = arrives(box, came_to=verp(first))
    with huge.open("ab") as grown:
        grown.truncate(5 << 30)
    found = collected(any_db, box)
    assert (found.read, found.others, found.bounces, found.broken) == (2, 1, 1, 0)


def test_what_vanished_is_forgotten(any_db: Database, box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When somebody empties the mailbox, the names of what was there are not kept for ever; those of what is left are."""
    monkeypatch.setattr("mailings.tracking.remembering.SLACK", 2)
    out(any_db)
    files = [arrives(box, LETTER) for _ in range(6)]
    collected(any_db, box)
    for file in files[:4]:
        file.unlink()
    assert collected(any_db, box).read == 0
    with any_db.reading() as session:
        assert session.scalar(select(func.count()).select_from(ReadMail)) == 2
    assert collected(any_db, box).read == 0


def test_hundreds_in_portions(any_db: Database, box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mailbox of several portions is read to its end, and progress is told after each."""
    monkeypatch.setattr("mailings.tracking.mailbox.PORTION", 10)
    numbers = out(any_db, 25)
    for n, one in enumerate(numbers):
        arrives(box, came_to=verp(one), recipient=f"åse-{n:04}@fjord.test")
    told: list[int] = []
    bouncemail.collect(any_db, bouncemail.settings(box), lambda so_far: told.append(so_far.new))
    assert told == [10, 20, 25]
    assert {delivery(any_db, one).status for one in numbers} == {DeliveryStatus.BOUNCED}
