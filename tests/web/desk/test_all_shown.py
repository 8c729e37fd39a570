"""What "all that are shown" means on Manage bounces: those somebody saw, and never anybody else."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from mailings import clock
from mailings.db import Database
from mailings.model import Address, Delivery, Person, Recipient
from tests.web.desk.listed import NAME, sent
from tests.web.desk.seated import Seat, seated

AT = f"/mailings/{NAME}/bounces"
BOTH = {"bounced@fjord.test", "soft@fjord.test"}


def dealt_with(db: Database, address: str) -> None:
    """Mark what came back from the address as dealt with."""
    with db.writing() as session:
        session.scalars(select(Delivery).join(Recipient).where(Recipient.address == address)).one().cleaned_at = clock.now()


def left(db: Database) -> set[str]:
    """The addresses there are."""
    with db.reading() as session:
        return set(session.scalars(select(Address.normal)))


def all_shown(page: str) -> dict[str, list[str]]:
    """The form of a page as a browser sends it, with "all that are shown" chosen."""
    form = next(part for part in page.split("<form") if 'name="whom"' in part).split("</form>")[0]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(value)
    return found | {"whom": ["all"]}


def pressed(seat: Seat, page: str, do: str) -> int:
    """The status of a button pressed on a page with all that are shown."""
    fields = all_shown(seat.look(page).text)
    assert fields.pop("csrf") == [seat.csrf]
    return seat.press(f"{AT}/{do}", **fields).status_code


def test_only_what_is_open_where_only_that_is_shown(any_db: Database) -> None:
    """The list without what is dealt with: whose bounce was cleared keeps the address. With them shown, theirs goes too."""
    sent(any_db)
    dealt_with(any_db, "soft@fjord.test")
    before = left(any_db)
    with seated(any_db) as seat:
        assert "Åse soft" not in seat.look(AT).text
        assert pressed(seat, AT, "delete") == 303
        assert before - left(any_db) == {"bounced@fjord.test"}
        assert pressed(seat, f"{AT}?all=1", "delete") == 303
    assert before - left(any_db) == BOTH


def test_the_next_form_means_the_same(any_db: Database) -> None:
    """Where the chosen are added to something, the page between names as many as the list did, and brings that along."""
    sent(any_db)
    dealt_with(any_db, "soft@fjord.test")
    with seated(any_db) as seat:
        for address, many in ((AT, 1), (f"{AT}?all=1", 2)):
            fields = all_shown(seat.look(address).text)
            page = seat.press(f"/mailings/{NAME}/recipients/add", **fields).text
            assert f"{many} of them are people" in page
            assert all_shown(page).get("open") == fields.get("open")
            put = seat.press(f"/mailings/{NAME}/recipients/put", **all_shown(page), into="new_selection", new=f"Ås {many}")
            assert ("all=1" in put.headers["location"]) is (many == 2)
            assert f"{many} added to" in seat.look(put.headers["location"].removeprefix("/desk")).text


@pytest.mark.parametrize("do", ["clear", "delete", "retire"])
def test_nobody_whose_message_did_not_come_back(any_db: Database, do: str) -> None:
    """Filters of other lists, every filter there is, a number ticked by hand: what is done with bounces is done to bounces."""
    sent(any_db)
    before = left(any_db)
    with any_db.reading() as session:
        rows = list(session.scalars(select(Recipient.id).where(Recipient.address == "read@fjord.test")))
    with seated(any_db) as seat:
        seat.press(f"{AT}/{do}", whom="ticked", id=rows)
        seat.press(f"{AT}/{do}", whom="all", show=["sent", "read", "blocked", "bounced", "no_address"])
    with any_db.reading() as session:
        done = select(Recipient.address).join(Delivery).where(Delivery.cleaned_at.is_not(None))
        gone = set(session.scalars(select(Person.name).where(Person.retired)))
        cleared = set(session.scalars(done))
    assert before - left(any_db) == (BOTH if do == "delete" else set())
    assert gone == ({"Åse bounced", "Åse soft"} if do == "retire" else set())
    assert cleared == BOTH or do != "clear"


@pytest.mark.parametrize("do", ["bounces/clear", "bounces/delete", "bounces/retire", "recipients/put", "recipients/send-again"])
@pytest.mark.parametrize("show", [[], ["nobody"]])
def test_all_of_nothing_is_nobody(db: Database, do: str, show: list[str]) -> None:
    """A form that says "all" and names no filter there is, as none of our pages does, is refused and changes nothing."""
    sent(db)
    before = left(db)
    with seated(db) as seat:
        assert seat.press(f"/mailings/{NAME}/{do}", whom="all", show=show, into="new_selection", new="Ås").status_code == 409
    with db.reading() as session:
        assert session.scalars(select(Delivery.id).where(Delivery.cleaned_at.is_not(None) | Delivery.again_of.is_not(None))).all() == []
    assert left(db) == before
