"""What a server refuses at hand-over counts against the address like a bounce, where it is the address's fault (D6, D7, D18)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from mailings import clock
from mailings.db import Database
from mailings.model import Delivery, DeliveryNote, DeliveryStatus
from mailings.reported import BounceKind, BounceWhy, EventKind
from mailings.settings import Settings
from mailings.tracking.refusals import count_refusals
from tests.sending import world
from tests.tracking.told import B, K, delivery, events, heard, minutes, out, said, standing

ASE = "åse-0000@fjord.test"
UNKNOWN = ("550 5.1.1", "550 5.1.1 <åse-0000@fjord.test>: Recipient address rejected: User unknown")


def refused(db: Database, name: str, minute: float, said: tuple[str, str] = UNKNOWN, by: str | None = None) -> int:
    """A mailing to åse-0000 that a server refused, as receipts record it; the delivery's number."""
    (number,) = out(db, status="failed", name=name)
    refuse(db, number, minute, said, by)
    return number


def refuse(db: Database, number: int, minute: float, said: tuple[str, str] = UNKNOWN, by: str | None = None) -> None:
    """The delivery is refused with these words, a line of history beside it."""
    code, reason = said
    with db.writing() as session:
        failed = {"status": DeliveryStatus.FAILED, "code": code, "reason": reason}
        session.execute(update(Delivery).where(Delivery.id == number).values(**failed))
        at = world.START + timedelta(minutes=minute)
        session.add(DeliveryNote(delivery_id=number, at=at, what="failed", why=reason, by=by))


def counted(db: Database, **settings: object) -> int:
    """How many refusals a look finds."""
    return count_refusals(db, Settings(**settings, _env_file=None))


def bounces(db: Database) -> int:
    """In a row, of åse-0000; -1 where nothing stands against it."""
    found = standing(db, ASE)
    return found.bounces if found else -1


def test_refused_for_good(any_db: Database) -> None:
    """A refused recipient stays failed, with its cause; the address has one bounce more, and is not blocked by one (own SMTP, D6)."""
    number = refused(any_db, "brev", 3)
    assert counted(any_db) == 1
    one = delivery(any_db, number)
    assert (one.status, one.code, one.bounce, one.bounce_why) == (DeliveryStatus.FAILED, "550 5.1.1", None, BounceWhy.MAILBOX)
    (told,) = events(any_db)
    assert (told.kind, told.source, told.bounce, minutes(told.at)) == (EventKind.DROPPED, "refused", BounceKind.HARD, 3)
    held = standing(any_db, ASE)
    assert held is not None
    assert (held.bounces, held.blocked_at, held.last_bounce_why) == (1, None, BounceWhy.MAILBOX)


def test_counted_once(any_db: Database) -> None:
    """However often one looks, a refusal counts once; what is refused later is found by the next look."""
    refused(any_db, "brev-1", 1)
    assert [counted(any_db), counted(any_db)] == [1, 0]
    refused(any_db, "brev-2", 2)
    with clock.standing_at(clock.now() + timedelta(minutes=10)):
        assert [counted(any_db), counted(any_db)] == [1, 0]
    assert bounces(any_db) == 2


def test_a_line_that_becomes_visible_late(db: Database) -> None:
    """A line of history below the last one seen, committed after the look, is found by the next."""
    late, seen = refused(db, "brev-1", 1), refused(db, "brev-2", 2)
    with db.writing() as session:  # as if its transaction were still open
        session.execute(update(DeliveryNote).where(DeliveryNote.delivery_id == late).values(what="later"))
    assert counted(db) == 1
    with db.writing() as session:
        session.execute(update(DeliveryNote).where(DeliveryNote.delivery_id == late).values(what="failed"))
    with clock.standing_at(clock.now() + timedelta(minutes=10)):
        assert counted(db) == 1
    assert {told.delivery_id for told in events(db)} == {late, seen}


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("550 5.7.1", "550 5.7.1 Message rejected due to SPF policy"), BounceKind.POLICY),
        (("554", "554 Service unavailable; Client host blocked using zen.spamhaus.org"), BounceKind.POLICY),
        (("554 5.7.1", "554 5.7.1 Relay access denied"), BounceKind.POLICY),
        (("554", "554 nei"), BounceKind.POLICY),
        (("550", "550 nei"), BounceKind.HARD),
        (("552 5.2.2", "552 5.2.2 Mailbox full"), BounceKind.SOFT),
        (("451 4.3.0", "given up after 9 attempts in 24 hours: 451 4.3.0 try later"), BounceKind.SOFT),
    ],
)
def test_whose_fault_it_is(db: Database, words: tuple[str, str], kind: BounceKind) -> None:
    """Policy, reputation and our own faults never blame the address; what was given up on stays soft and counts (D7, D18)."""
    refused(db, "brev", 1, words)
    assert counted(db) == 1
    assert events(db)[0].bounce is kind
    assert bounces(db) == (-1 if kind is BounceKind.POLICY else 1)


def test_what_is_no_server_s_word(db: Database) -> None:
    """A failure without a mail server's reply, one that a person or a policy decided, a provider's own error: nobody is blamed."""
    refused(db, "uten-svar", 1, ("", "nobody could be reached"))
    refused(db, "av-kari", 2, by="kari")
    refused(db, "api", 3, ("400", "400 bad request"))
    (test,) = out(db, name="prøve")
    with db.writing() as session:
        session.execute(update(Delivery).where(Delivery.id == test).values(test=True))
    refuse(db, test, 4)
    assert counted(db) == 0
    assert standing(db, ASE) is None


def test_five_in_a_row_with_bounces(any_db: Database) -> None:
    """Refusals and bounces count together; with the fifth nothing more goes to the address; what is delivered later clears the count."""
    came_back, arrived = [out(any_db, name=f"retur-{n}")[0] for n in range(2)], out(any_db, name="fram")[0]
    numbers = [out(any_db, name=f"brev-{n}", status="failed")[0] for n in range(3)]
    (waiting,) = out(any_db, status="queued", name="vår-nytt")
    for n, number in enumerate(came_back, 1):  # after `arrived` was taken: quiet for five days, it clears what came before
        heard(any_db, said(any_db, number, K.BOUNCED, n, bounce=B.HARD), source="mailbox")
    for n, number in enumerate(numbers[:2]):
        refuse(any_db, number, 3 + n)
    counted(any_db)
    assert (bounces(any_db), delivery(any_db, waiting).status) == (4, DeliveryStatus.QUEUED)
    refuse(any_db, numbers[2], 5)
    with clock.standing_at(clock.now() + timedelta(minutes=10)):
        counted(any_db)
    assert (bounces(any_db), delivery(any_db, waiting).status) == (5, DeliveryStatus.CANCELLED)
    heard(any_db, said(any_db, arrived, K.DELIVERED, 7), source="mailbox")
    assert bounces(any_db) == 0
