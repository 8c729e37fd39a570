"""Double opt-in: what is sent counts when the button behind the link is pressed, within half an hour, and never by looking (J.4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from mailings import clock
from mailings.db import Database
from mailings.model import Delivery, Submission, SubmissionStatus
from mailings.tokens import Kind, Tokens, of_minute
from tests.web.formed import ASE, Formed, formed
from tests.web.readers import SECRET

LONG = timedelta(minutes=31)


def link(there: Formed) -> str:
    """The link of the latest message that asks to confirm a submission, as it stands in it."""
    with there.db.reading() as session:
        delivery = session.scalars(select(Delivery.id).where(Delivery.submission_id.is_not(None)).order_by(Delivery.id.desc())).first()
    assert delivery is not None
    return f"/s/{Tokens(SECRET).sign(Kind.SUBMISSION, of_minute(delivery, int(clock.timestamp() // 60)))}"


def links(there: Formed) -> int:
    """How many such messages there are."""
    with there.db.reading() as session:
        return len(session.scalars(select(Delivery.id).where(Delivery.submission_id.is_not(None))).all())


def test_it_counts_when_the_button_is_pressed(any_db: Database) -> None:
    """Until then nobody is made of it; looking, and posting without the button, changes nothing; pressed twice it counts once."""
    there = formed(any_db, double_opt_in=True, pages={"thank_you": {"title": "Vi sees!"}})
    sent = there.send()
    assert (sent.status_code, there.people()) == (200, [])
    assert "Se i innboksen din" in sent.text
    path = link(there)
    for answer in (there.client.get(path), there.client.request("HEAD", path), there.client.post(path)):
        assert answer.status_code == 200
    assert "Meld deg på havnedagen" in there.client.get(path).text
    assert [one.status for one in there.submissions()] == [SubmissionStatus.UNCONFIRMED]
    pressed = [there.client.post(path, data={"confirm": "yes"}) for _ in range(2)]
    assert all("Vi sees!" in answer.text for answer in pressed)
    assert "Vi sees!" in there.client.get(path).text
    assert ([one.status for one in there.submissions()], there.people()) == ([SubmissionStatus.PROCESSED], ["Åse Ødegård"])


def test_it_leads_on_after_it_counts(db: Database) -> None:
    """A form that thanks elsewhere does so when it is confirmed, not before."""
    there = formed(db, double_opt_in=True, pages={"thank_you": {"redirect": "https://vindheim.test/takk"}})
    assert there.send().status_code == 200
    answer = there.client.post(link(there), data={"confirm": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, "https://vindheim.test/takk")


def test_an_old_link_offers_a_fresh_one(db: Database) -> None:
    """After half an hour the button is another one; the same answer whether a message goes out, and the fresh link holds."""
    there = formed(db, double_opt_in=True)
    there.send()
    path = link(there)
    with clock.standing_at(clock.now() + LONG):
        old, pressed = there.client.get(path), there.client.post(path, data={"confirm": "yes"})
        assert "30 minutter" in old.text
        assert old.text == pressed.text
        assert there.submissions()[0].status is SubmissionStatus.UNCONFIRMED
        with db.writing() as session:  # the first went out
            session.execute(Delivery.__table__.update().values(status="sent", claimed_at=clock.now() - LONG))
        asked = [there.client.post(path, data={"fresh": "yes"}).text for _ in range(3)]
        assert len(set(asked)) == 1
        assert links(there) == 2, "one more, however often it is asked for"
        there.client.post(link(there), data={"confirm": "yes"})
    assert there.submissions()[0].status is SubmissionStatus.PROCESSED


@pytest.mark.parametrize("gone", ["deleted", "forged", "of another kind"])
def test_a_link_to_nothing_is_the_quiet_page(db: Database, gone: str) -> None:
    """A submission that is deleted, a token that does not hold."""
    there = formed(db, double_opt_in=True)
    there.send()
    path = link(there)
    if gone == "deleted":
        with db.writing() as session:
            session.delete(session.scalars(select(Submission)).one())
    forged = path[:-1] + ("_" if path[-1] != "_" else "-")
    path = {"deleted": path, "forged": forged, "of another kind": "/s/" + Tokens(SECRET).sign(Kind.CONFIRM, 1)}[gone]
    for answer in (
        there.client.get(path),
        there.client.post(path, data={"confirm": "yes"}),
        there.client.post(path, data={"fresh": "yes"}),
    ):
        assert answer.status_code == 404
        assert answer.text == there.client.get("/nothing").text


def test_the_same_is_said_to_everybody(db: Database) -> None:
    """Somebody known, somebody new: one page, which names neither."""
    there = formed(db, double_opt_in=True)
    pages = {there.send(ASE | {"email": email}).text for email in ("ase@fjord.test", "ny@fjord.test")}
    assert len(pages) == 1
    assert "fjord.test" not in pages.pop()
