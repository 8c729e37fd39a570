"""An address is corrected at the desk, its cause beside it: the new one starts afresh, and nothing is corrected to itself."""

from __future__ import annotations

from sqlalchemy import select

from mailings.consent.standing import block_address
from mailings.db import Database
from mailings.model import AddressStanding, AuditEntry, Delivery, Recipient
from tests.web.desk.listed import NAME, sent
from tests.web.desk.seated import seated
from tests.web.desk.test_bounces import AT, of, stopped


def test_an_address_is_corrected(any_db: Database) -> None:
    """The cause stands beside it; corrected, the new one starts afresh, the old keeps what is against it, and it can be sent again."""
    stopped(any_db)
    person, row, address = of(any_db, "Åse bounced")
    with any_db.writing() as session:
        block_address(session, "rett@fjord.test", "an old block")
    with seated(any_db) as seat:
        assert "mailbox reports: 550 no such user" in seat.look(f"/people/{person}/correct").text
        refused = seat.press(f"/people/{person}/correct", address=address, new="åse at fjord")
        moved = seat.press(f"/people/{person}/correct", address=address, new="Rett@fjord.test", mailing=NAME, recipient=row)
        assert "You may send the mailing again to this person" in seat.look(moved.headers["location"].removeprefix("/desk")).text
        assert "Åse bounced" not in seat.look(AT).text
        seat.press(f"/mailings/{NAME}/recipients/send-again", whom="ticked", id=row)
    assert (refused.status_code, "is no e-mail address" in refused.text) == (400, True)
    with any_db.reading() as session:
        again = session.scalars(select(Delivery).where(Delivery.again_of.is_not(None))).one()
        assert session.get_one(Recipient, again.recipient_id).address == "rett@fjord.test"
        assert session.get_one(AddressStanding, "rett@fjord.test").blocked_at is None
        assert session.get_one(AddressStanding, "bounced@fjord.test").blocked_at is not None
        assert "@" not in str(session.scalars(select(AuditEntry.details)).all())


def test_an_address_is_not_corrected_to_itself(db: Database) -> None:
    """The same address once more, in capitals too, corrects nothing: its bounce is still to be dealt with, its block stands."""
    stopped(db)
    person, _, address = of(db, "Åse bounced")
    with seated(db) as seat:
        refused = seat.press(f"/people/{person}/correct", address=address, new="Bounced@fjord.test")
        assert "Åse bounced" in seat.look(AT).text
    assert (refused.status_code, "is the address already" in refused.text) == (400, True)
    with db.reading() as session:
        assert session.get_one(AddressStanding, "bounced@fjord.test").blocked_at is not None


def test_only_ones_own_address_is_corrected(db: Database) -> None:
    """An address of somebody else, or a person who is not there, is not found."""
    sent(db)
    person, _, _ = of(db, "Åse bounced")
    _, _, other = of(db, "Åse soft")
    with seated(db) as seat:
        assert seat.press(f"/people/{person}/correct", address=other, new="ny@fjord.test").status_code == 404
        assert [seat.look(f"/people/{number}/correct").status_code for number in (10**6, "x")] == [404, 404]
