"""Addresses that others show of a mailing's pages at the desk lead there."""

from __future__ import annotations

import pytest

from mailings.db import Database
from mailings.model import DeliveryStatus, MailingStatus, Role
from mailings.reports.places import DESK, PLACES, desk_address
from mailings.settings import Settings
from tests.consent.waiting import a_mailing, queue
from tests.web.desk.seated import seated

NAME = "høst nytt/2026"
PUBLIC = "https://post.acme.test"


@pytest.mark.parametrize("place", PLACES)
def test_every_place_is_there(db: Database, place: str) -> None:
    """Each address answers whoever may read with a page of that mailing, whatever letters its name has."""
    with db.writing() as session:
        mailing = a_mailing(session, NAME.replace("/", "-"), status=MailingStatus.SENT)
        delivery = queue(session, mailing, "åse@fjord.test", DeliveryStatus.FAILED)
        session.flush()
        name, number = mailing.name, delivery.recipient_id
    address = desk_address(Settings(_env_file=None, public_url=PUBLIC), place, name, number)
    with seated(db, Role.READER) as seat:
        assert seat.look(address.removeprefix(f"{PUBLIC}{DESK}")).status_code == 200


def test_quoted() -> None:
    """A name's letters and what is asked for are quoted; an address in front of the desk stays."""
    told = Settings(_env_file=None, public_url="https://acme.test/post/")
    assert (
        desk_address(told, "recipients", NAME, show="other")
        == "https://acme.test/post/desk/mailings/h%C3%B8st%20nytt%2F2026/recipients?show=other"
    )
