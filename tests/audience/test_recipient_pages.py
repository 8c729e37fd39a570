"""The pages of a list: everybody in exactly one filter, pages that neither lose nor repeat anybody, search by how it begins."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from mailings.audience.filters import SHOWN, Filter, Group
from mailings.audience.recipient_ids import WINDOW, Place
from mailings.audience.recipient_pages import page_of, walk
from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus, Mailing, Recipient
from mailings.reports.recipient_counts import counted
from tests.sending import world
from tests.web.desk.listed import message, more, sent

EXPECTED = {
    Group.SENT: {"sent", "delivered"},
    Group.READ: {"read", "clicked"},
    Group.BOUNCED: {"bounced", "soft"},
    Group.COMPLAINED: {"complained"},
    Group.READY: {"queued", "sending"},
    Group.OTHER: {"failed", "in_doubt", "cancelled"},
}


def names(db: Database, chosen: Filter) -> list[str]:
    """The names on the first page, without the first word."""
    with db.reading() as session:
        return [(row.name or "").split(" ", 1)[1] for row in page_of(session, chosen).rows]


@pytest.mark.parametrize("group", EXPECTED)
def test_each_filter_shows_its_own(any_db: Database, group: Group) -> None:
    """A filter shows who is in that state by the latest message, and nobody else (domain.md C.10)."""
    mailing_id = sent(any_db)
    assert set(names(any_db, Filter(mailing_id, frozenset({group})))) == EXPECTED[group]


def test_everybody_is_in_exactly_one_filter(any_db: Database) -> None:
    """Nobody is missing from all filters, nobody is in two; the counts say how many each shows; no_address is off by default (D26)."""
    mailing_id = sent(any_db)
    more(any_db, mailing_id)
    with any_db.reading() as session:
        everybody = session.query(Recipient).count()
        counts = counted(session, session.get_one(Mailing, mailing_id))
        shown = {group: page_of(session, Filter(mailing_id, frozenset({group}))).rows for group in Group}
        default = page_of(session, Filter(mailing_id)).rows
    assert {group: len(rows) for group, rows in shown.items()} == counts
    assert sum(counts.values()) == everybody
    assert all(row.group == group for group, rows in shown.items() for row in rows)
    assert {row.id for row in default} == {row.id for group in SHOWN for row in shown[group]}


@pytest.mark.parametrize("groups", [SHOWN, {Group.SENT}, {Group.READY, Group.OTHER}, {Group.BLOCKED, Group.BOUNCED}, set(Group)])
def test_pages_lose_and_repeat_nobody(any_db: Database, groups: set[Group]) -> None:
    """Page by page forwards, and page by page back again, one sees everybody once and in order."""
    mailing_id = sent(any_db)
    more(any_db, mailing_id)
    chosen = Filter(mailing_id, frozenset(groups))
    with any_db.reading() as session:
        whole = [row.id for part in walk(session, chosen.chosen(), step=3) for row in part]
        forwards, place = [], Place()
        while True:
            page = page_of(session, chosen, place, size=3)
            forwards += [row.id for row in page.rows]
            if not page.after:
                break
            place = Place(page.rows[-1].id)
        back, page = [], page_of(session, chosen, Place(10**9, back=True), size=3)
        while True:
            back = [row.id for row in page.rows] + back
            if not page.before:
                break
            page = page_of(session, chosen, Place(page.rows[0].id, back=True), size=3)
    assert whole == sorted(whole) == forwards == back
    assert len(whole) > 3


def test_a_few_among_thousands(any_db: Database) -> None:
    """The first to be sent to, behind more who were sent to than are looked at one by one, are found; and so is the last page back."""
    mailing_id = sent(any_db)
    with any_db.writing() as session:
        world.add_recipients(session, mailing_id, WINDOW + 100)
        fresh = select(Recipient.id).where(Recipient.person_id.is_(None))
        rows = [{"mailing_id": mailing_id, "recipient_id": key, "status": "sent"} for key in session.scalars(fresh)]
        session.execute(insert(Delivery), rows)
        last = message(session, session.get_one(Mailing, mailing_id), "desiree@ijssel.test", status=DeliveryStatus.QUEUED).recipient_id
        first = session.scalars(select(Delivery.recipient_id).where(Delivery.status == DeliveryStatus.QUEUED).order_by(Delivery.id)).first()
    assert names(any_db, Filter(mailing_id, frozenset({Group.READY}))) == ["queued", "sending", "van der IJssel"]
    with any_db.reading() as session:
        back = page_of(session, Filter(mailing_id, frozenset({Group.READY})), Place(last or 0, back=True))
        both = page_of(session, Filter(mailing_id, frozenset({Group.READY, Group.READ})), Place(first or 0))
    assert ([row.word for row in back.rows], back.before) == (["ready", "sending"], False)
    assert [row.word for row in both.rows] == ["sending", "ready"]


def test_the_latest_message_decides(any_db: Database) -> None:
    """Somebody who bounced and was sent to again stands under what became of the second message."""
    mailing_id = sent(any_db)
    with any_db.writing() as session:
        old = session.query(Delivery).filter_by(status=DeliveryStatus.BOUNCED).first()
        assert old is not None
        session.add(Delivery(mailing_id=mailing_id, recipient_id=old.recipient_id, again_of=old.id, status=DeliveryStatus.QUEUED))
        session.add(Delivery(mailing_id=mailing_id, recipient_id=old.recipient_id, status=DeliveryStatus.FAILED, test=True, reason="no"))
    assert names(any_db, Filter(mailing_id, frozenset({Group.BOUNCED}))) == ["soft"]
    assert set(names(any_db, Filter(mailing_id, frozenset({Group.READY})))) == {"queued", "sending", "bounced"}
    assert "bounced" not in names(any_db, Filter(mailing_id, frozenset({Group.OTHER})))


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("åse cl", {"clicked"}),
        ("Åse CLICKED", set()),
        ("bounc", {"bounced"}),
        ("BOUNCED@fjord.test", {"bounced"}),
        ("post@s", {"AS"}),
        ("søn", {"AS"}),
        ("désirée van", {"van der IJssel"}),
        ("Desiree@IJ", {"van der IJssel"}),
        ("Åse %", set()),
        ("_", set()),
        ("nobody", set()),
    ],
)
def test_search_by_how_it_begins(any_db: Database, text: str, who: set[str]) -> None:
    """A name or an address is found by its beginning, with the usual capitals or without; marks of SQL mean themselves."""
    mailing_id = sent(any_db)
    more(any_db, mailing_id)
    assert set(names(any_db, Filter(mailing_id, search=text))) == who


def test_a_search_keeps_to_the_filters_and_the_mailing(any_db: Database) -> None:
    """Of those found only who passes the filters is shown, and nobody of another mailing."""
    mailing_id = sent(any_db)
    sent(any_db, "vinter-nytt")
    assert set(names(any_db, Filter(mailing_id, frozenset({Group.READ}), "åse"))) == EXPECTED[Group.READ]
