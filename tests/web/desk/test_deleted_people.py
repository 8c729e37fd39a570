"""Who is to be erased is seen by administrators alone: no page, list, search or file names them or has what servers said of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from mailings.audience.filters import Group
from mailings.audience.listing import recipients
from mailings.consent.standing import block_address, complain
from mailings.db import Database
from mailings.model import DeliveryStatus, Mailing, Person, Recipient, Role
from mailings.people.deleting import delete, take_back
from mailings.tracking.bounced import bounced_of
from mailings.tracking.stopped import Asked, behind
from tests.audience.people import person
from tests.sending import world
from tests.web.desk.listed import message
from tests.web.desk.seated import seated

SAID = "550 <zach-old@fjord.test> unknown"
M = "/mailings/høst-nytt"
PAGES = (
    f"{M}/recipients",
    f"{M}/bounces?all=1",
    f"{M}/bounces",
    f"{M}/preview",
    f"{M}/report.html",
    "/bounces",
    "/bounces/complaints",
    "/people",
)


@pytest.fixture
def deleted(any_db: Database) -> int:
    """The recipient of a mailing who is to be erased, of a name and addresses found nowhere else; one before and one after."""
    mailing_id = world.mailing(any_db, recipients=1, html="<p>[[ customer.name ]]</p>", subject="Høst", sender={"address": "a@b.test"})
    with any_db.writing() as session:
        mailing, zach = session.get_one(Mailing, mailing_id), person(session, "Zacharias Ås", "zach-old@fjord.test")
        facts = {"status": DeliveryStatus.BOUNCED, "bounce": "hard", "code": "550", "reason": SAID}
        sent = message(session, mailing, zach, **facts)
        message(session, mailing, person(session, "Désirée van der IJssel", "desiree@ijssel.test"))
        zach.addresses[0].written = zach.addresses[0].normal = "zach-ny@fjord.test"
        for normal in ("zach-old@fjord.test", "zach-ny@fjord.test", "desiree@ijssel.test"):
            block_address(session, normal, SAID if normal.startswith("zach") else "by hand")
            complain(session, normal)
        session.flush()
        delete(session, zach, 14)
        return sent.recipient_id or 0


def _zach(db: Database) -> Iterator[str]:
    """What tells of them in what the command line lists."""
    with db.reading() as session:
        mailing = session.scalars(select(Mailing)).one()
        told = [*recipients(session, mailing), *behind(session, Asked(3)), *behind(session, Asked(3, complained=True))]
        yield from (str(one) for one in [*told, *bounced_of(session, mailing.id)] if "zach" in str(one).lower())


def test_nobody_sees_who_is_to_be_erased(any_db: Database, deleted: int) -> None:
    """No list, search, file or page of one recipient says anything of them; others are there."""
    with seated(any_db, Role.SENDER) as seat:
        assert [page for page in PAGES if "zach" in seat.look(page).text.lower()] == []
        assert "desiree@ijssel.test" in seat.look("/bounces").text
        assert "desiree@ijssel.test" in seat.look("/bounces/complaints").text
        for page in (f"{M}/recipients/{deleted}", f"{M}/preview?recipient={deleted}", f"{M}/preview/message?recipient={deleted}"):
            answer = seat.look(page)
            assert (answer.status_code, "zach" in answer.text.lower()) == (404, False)
        for beginning in ("Zach", "zach-ny@"):
            assert f"/recipients/{deleted}" not in seat.look(f"{M}/recipients?q={beginning}").text
        for export in (f"{M}/recipients/export/csv", "/bounces/export/csv"):
            file = seat.press(export, whom="all", show=list(Group)).text.lower()
            assert ("zach" in file, "desiree@ijssel.test" in file) == (False, True)
    assert list(_zach(any_db)) == []


def test_the_preview_passes_them_over(any_db: Database, deleted: int) -> None:
    """Who comes next is the one after them, who came before the one before."""
    with any_db.reading() as session:
        first, _, last = session.scalars(select(Recipient.id).order_by(Recipient.id)).all()
    with seated(any_db, Role.SENDER) as seat:
        assert f"recipient={last}" in seat.look(f"{M}/preview?recipient={first}").text
        assert f"recipient={first}" in seat.look(f"{M}/preview?recipient={last}").text
    assert first < deleted < last


def test_administrators_see_them(any_db: Database, deleted: int) -> None:
    """Until they are erased for good an administrator may look; taken back, everybody sees them again."""
    with seated(any_db, Role.ADMIN) as seat:
        assert seat.look(f"{M}/recipients/{deleted}").status_code == 200
    with any_db.writing() as session:
        take_back(session, session.scalars(select(Person).where(Person.deleted_at.is_not(None))).one())
    with seated(any_db, Role.SENDER, name="bo") as seat:
        assert "Zacharias Ås" in seat.look(f"{M}/recipients/{deleted}").text
        assert "zach-ny@fjord.test" in seat.look("/bounces").text
