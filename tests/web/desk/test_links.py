"""Tracked links at the desk: counted, with who clicked and what a click does; clickers followed up, links reset, changed, deleted."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.db import Database
from mailings.model import DeliveryStatus, EventReading, Project, RegisteredLink, Role, Selection, SelectionMember, TrackedLink
from mailings.reported import EventKind
from tests.consent.waiting import a_mailing, a_person, queue
from tests.people.returned import event
from tests.web.desk.seated import seated

ACTIONS = {
    "response": {"text": "Takk!"}, "set_field": {"name": "sko", "value": "38"}, "interests": {"add": ["Ski"], "remove": ["Golf"]},
    "selections": {"add": ["Båtfolk"]}, "projects": {"remove": ["Messe"]}, "follow_up": {"description": "Ring", "kind": "meeting"},
    "request": {"title": "Katalog"}, "script": {"name": "rabatt"},
}  # fmt: skip


def clicked(session: Session) -> int:
    """A mailing with a registered link, a link of its own, and three clicks: a person's, a stranger's, a machine's. The person."""
    news, ase = a_mailing(session, "høst-nytt"), a_person(session, "ase@fjord.test", name="Åse <Ødegård>")
    offer = RegisteredLink(name="tilbud", url="https://fjord.test/tilbud", actions=ACTIONS, created_at=clock.now())
    session.add(offer)
    session.flush()
    session.add(TrackedLink(mailing_id=news.id, number=1, name="tilbud", url=offer.url, registered_id=offer.id))
    session.add(TrackedLink(mailing_id=news.id, number=2, url="https://fjord.test/om"))
    session.flush()
    for whom, machine in ((ase, None), ("los@fugl.test", None), (a_person(session, "bot@fjord.test"), "scanner")):
        made = event(session, queue(session, news, whom, DeliveryStatus.SENT), EventKind.CLICKED, link=1)
        session.add(EventReading(event_id=made.id, version=1, machine=machine, first=machine is None))
    session.flush()
    return ase.id


def test_of_a_mailing_and_of_all(any_db: Database) -> None:
    """The tab counts people, clicks and machines; the registered links are counted over all mailings; both name who clicked."""
    with any_db.writing() as session:
        person = clicked(session)
    with seated(any_db, Role.READER) as seat:
        tab = seat.look("/mailings/høst-nytt/links").text
        for words in (
            "tilbud",
            "https://fjord.test/om",
            'data-label="People who clicked">2<' if "People who clicked" in tab else ">2<",
            ">1<",
        ):
            assert words in tab, words
        for page in (seat.look("/mailings/høst-nytt/links/1").text, seat.look("/links/tilbud").text):
            for words in ("Åse &lt;Ødegård&gt;", f"/desk/people/{person}", "los@fugl.test"):
                assert words in page, words
            assert "bot@fjord.test" not in page
            assert "/reset" not in page
        assert "tilbud" in seat.look("/links").text
        assert seat.look("/links/intet").status_code == 404
        assert seat.look("/mailings/høst-nytt/links/77").status_code == 404


@pytest.mark.parametrize("language", ["en", "nl", "da", "no", "sv", "de"])
def test_what_a_click_does(db: Database, language: str) -> None:
    """Every kind of action is said in words, in every language, with the names it works on."""
    with db.writing() as session:
        clicked(session)
    with seated(db, Role.READER, language=language) as seat:
        page = seat.look("/links/tilbud", **{"accept-language": language}).text
    for words in ("Takk!", "sko", "38", "Ski", "Golf", "Båtfolk", "Messe", "Ring", "Katalog", "rabatt"):
        assert words in page, words


def test_followed_up(any_db: Database) -> None:
    """Who clicked goes into a new selection or project, strangers are counted; from then on a reset counts from nothing."""
    with any_db.writing() as session:
        person = clicked(session)
    with seated(any_db) as seat:
        assert seat.press("/mailings/høst-nytt/links/1/add", into="selection", name="").status_code == 400
        seat.press("/mailings/høst-nytt/links/1/add", into="selection", name="Interessert")
        assert "1 added to Interessert; 1 left out" in seat.look("/links/tilbud").text
        seat.press("/links/tilbud/add", into="project", name="Messe")
        seat.press("/mailings/høst-nytt/links/1/reset")
        assert "los@fugl.test" not in seat.look("/mailings/høst-nytt/links/1").text
        assert seat.press("/mailings/høst-nytt/links/1/delete").status_code == 404
    with any_db.reading() as session:
        assert session.scalars(select(SelectionMember.person_id)).all() == [person]
        assert [session.scalars(select(kind.name)).all() for kind in (Selection, Project)] == [["Interessert"], ["Messe"]]


def test_made_changed_deleted_and_back(any_db: Database) -> None:
    """A registered link is made, led elsewhere, taken out of use and brought back; what is no address is refused."""
    with seated(any_db) as seat:
        assert seat.press("/links", name="tilbud", url="https://fjord.test/").headers["location"] == "/desk/links/tilbud"
        assert seat.press("/links", name="tilbud", url="https://fjord.test/").status_code == 409
        assert seat.press("/links", name="to", url="javascript:alert(1)").status_code == 400
        assert seat.press("/links/tilbud/edit", url="ikke en adresse").status_code == 400
        seat.press("/links/tilbud/edit", url="https://fjord.test/ny")
        seat.press("/links/tilbud/delete")
        assert "Bring back" in seat.look("/links/tilbud").text
        seat.press("/links/tilbud/restore")
    with any_db.reading() as session:
        link = session.scalars(select(RegisteredLink)).one()
        assert (link.url, link.deleted_at, link.created_by) == ("https://fjord.test/ny", None, "åse")
