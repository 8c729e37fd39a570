"""The rows of claimed deliveries: each once, whether they are neighbours or lie far apart."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailings.db import Database
from mailings.model import Delivery, Recipient
from mailings.sending.claims import Claimed
from mailings.sending.reading import rows_of
from tests.sending import world
from tests.sending.letters import Letters


@pytest.mark.parametrize(
    "chosen",
    [slice(0, 40), slice(0, 400, 9), slice(0, 400, 90), slice(3, 4), slice(0, 0)],
    ids=["neighbours", "scattered", "far apart", "one", "none"],
)
def test_each_its_own(any_db: Database, chosen: slice) -> None:
    """Every claimed delivery gets the row of its own recipient, and no other delivery gets one."""
    mailing_id = world.sending(any_db, recipients=400)
    world.sending(any_db, name="en-annen", recipients=10)
    with any_db.reading() as session:
        asked = select(Delivery.id, Recipient.address).join(Recipient).where(Delivery.mailing_id == mailing_id).order_by(Delivery.id)
        expected = dict(session.execute(asked).all()[chosen])
    with any_db.connection(write=False) as connection:
        rows = rows_of(connection, Letters(), mailing_id, [Claimed(one, 1, 0) for one in expected])
    assert {number: row[1] for number, row in rows.items()} == expected
