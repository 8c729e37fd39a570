"""Who has a message of ours can write returned mail about that one message: everybody else's stay as they are (domain.md I, D6)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailings.channels.email.identity import mark_of, message_id
from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus, Mailing
from mailings.reported import BounceKind, EventKind
from mailings.tokens import Tokens
from tests.tracking.bouncemail import COMPLAINT, REPORT, SECRET, VACATION, a_maildir, arrives, collected, named
from tests.tracking.told import delivery, events, heard, out, said, standing

VICTIM = "åse-0001@fjord.test"
RECEIPT = {"action": "delivered", "status": "2.0.0", "reply": "250 2.0.0 Ok", "subject": "Successful Mail Delivery Report"}
DELAY = {"action": "delayed", "status": "4.4.1", "reply": "451 4.4.1 timeout", "subject": "Delayed Mail (still being retried)"}


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """An empty mailbox."""
    return a_maildir(tmp_path / "returned")


def forgeries(db: Database, own: int, other: int) -> list[str]:
    """What the reader of `own` can make of its Message-ID to name `other`: another number; without our mark; with one made up."""
    with db.reading() as session:
        mark = mark_of(session.get_one(Mailing, session.get_one(Delivery, other).mailing_id))
    renumbered = named(db, own).replace(f"<{own}.", f"<{other}.")
    return [renumbered, f"<{other}.{mark}@acme.test>", f"<{other}.{mark}0123456789ab@acme.test>"]


@pytest.mark.parametrize(
    ("written", "facts"),
    [
        (COMPLAINT, {}),
        (COMPLAINT, {"feedback": "opt-out"}),
        (REPORT, {"recipient": "x@evil.test"}),
        (REPORT, {"recipient": VICTIM, **RECEIPT}),
        (REPORT, {"recipient": VICTIM, **DELAY}),
        (VACATION, {}),
    ],
    ids=["complaint", "opt-out", "bounce", "receipt", "delay", "vacation"],
)
def test_about_somebody_else(any_db: Database, box: Path, written: str, facts: dict[str, Any]) -> None:
    """A forged Message-ID names nobody, whatever the letter says: no status, no stamp, no event, no block."""
    own, other = out(any_db, 2)
    for forged in forgeries(any_db, own, other):
        arrives(box, written, message_id=forged, **{"recipient": "x@evil.test", **facts})
    found = collected(any_db, box)
    assert (found.read, found.unknown, found.new) == (3, 3, 0)
    one = delivery(any_db, other)
    assert (one.status, one.complained_at, one.unsubscribed_at, one.soft_bounced_at) == (DeliveryStatus.SENT, None, None, None)
    assert events(any_db) == []
    assert standing(any_db, VICTIM) is None


def test_bounces_of_every_mailing(any_db: Database, box: Path) -> None:
    """Forged bounces of many mailings that name somebody's address add one to what was there, and move no delivery."""
    per = "per@xn--blbr-roah.no"
    others = [out(any_db, 2, name=f"nytt-{turn}") for turn in range(7)]
    heard(any_db, said(any_db, None, EventKind.BOUNCED, 1, bounce=BounceKind.HARD, address=per))
    for own, other in others:
        for forged in forgeries(any_db, own, other):
            arrives(box, message_id=forged, recipient="Per@blåbær.no")
    assert collected(any_db, box).bounces == 21
    assert {delivery(any_db, other).status for _, other in others} == {DeliveryStatus.SENT}
    held = standing(any_db, per)
    assert held is not None
    assert (held.bounces, held.blocked_at) == (2, None)


def test_about_oneself(any_db: Database, box: Path) -> None:
    """The Message-ID as it was sent is believed, also one signed before the secret was changed: its reader's complaint holds."""
    own, other = out(any_db, 2)
    with any_db.reading() as session:
        mailing = session.get_one(Mailing, session.get_one(Delivery, own).mailing_id)
        signed_before = message_id(mailing, "acme.test", Tokens("an-older-secret"))(own)
    arrives(box, COMPLAINT, message_id=signed_before)
    assert collected(any_db, box, secret=f"{SECRET} an-older-secret").unknown == 0
    assert [delivery(any_db, one).complained_at is not None for one in (own, other)] == [True, False]
