"""From a link in mailing.yaml to what a click on it leaves behind: pushed, compiled, clicked at the door, done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from mailings.audience.drafts import mailing_named, push
from mailings.audience.populate import populate
from mailings.channels.email.compiling import compile_mailing
from mailings.clock import standing_at
from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus, Errand, FollowUp, MailingStatus, PersonInterest, Recipient, SelectionMember
from mailings.settings import Settings
from mailings.tracking.counting import choose, counted
from mailings.tracking.errands import UNTIL_READ, run_due_errands
from mailings.tracking.registered import create_link, point_to
from tests.audience.people import folder, person, selection
from tests.deployments.server import until
from tests.sending.world import START
from tests.tracking.clicked import associate
from web.app import make_app

SETTINGS = Settings(_env_file=None, secret="hemmelig-nøkkel-for-prøver", public_url="https://post.fjord.test")
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CLICKED = START + timedelta(hours=2)
HTML = '<a href="[[ link.tilbud ]]">Tilbud</a> <a href="[[ link.takk ]]">Takk</a> <a href="[[ link.messe ]]">Messe</a>'
LINKS = {
    "tilbud": {
        "url": "https://fjord.test/høst",
        "actions": {
            "selections": {"add": ["Varme"]},
            "interests": {"add": ["Langrenn"]},
            "follow_up": {"description": "Ring om høstmessen", "default_recipient": "sølvi"},
        },
    },
    "takk": {"url": "https://fjord.test/takk", "actions": {"response": {"title": "Takk skal du ha", "text": "Vi ringer, Åse."}}},
}


@dataclass(frozen=True)
class Out:
    """A mailing that went out: the paths of its three links in Åse's message."""

    offer: str
    thanks: str
    fair: str


@pytest.fixture
def out(any_db: Database, tmp_path: Path) -> Out:
    """The mailing pushed, its list made, compiled and sent to Åse."""
    made = folder(tmp_path, links=LINKS, sources=[{"selection": "Kunder"}], tracking={"utm": {"source": "nytt"}, "trap": False})
    (made / "body.html").write_text(f"<html><body>{HTML}</body></html>", encoding="utf-8")
    with standing_at(START), any_db.writing() as session:
        associate(session)
        selection(session, "Kunder", person(session, "Åse"))
        selection(session, "Varme")
        create_link(session, "messe", "https://fjord.test/messe")
        return _sent(session, made)


def _sent(session: Session, made: Path) -> Out:
    mailing = push(session, made)
    populate(session, mailing, launch=True)
    compiled = compile_mailing(session, mailing, SETTINGS)
    mailing.status = MailingStatus.SENT
    recipient = session.scalars(select(Recipient)).one()
    delivery = Delivery(mailing_id=mailing.id, recipient_id=recipient.id, status=DeliveryStatus.SENT, claimed_at=START, sent_at=START)
    session.add(delivery)
    session.flush()
    html = compiled.plain(session.execute(compiled.row.of_recipient(recipient.id)).one(), delivery.id)[1]
    return Out(*re.findall(r'href="https://post\.fjord\.test(/c/[^"]+)"', html))


@pytest.fixture
def door(any_db: Database) -> Iterator[TestClient]:
    """The web door, two hours after the mailing went out."""
    client = TestClient(make_app(any_db, SETTINGS), follow_redirects=False, headers={"user-agent": AGENT}, client=("203.0.113.9", 5000))
    with standing_at(CLICKED), client as opened:
        yield opened


def errands_run(db: Database, door: TestClient) -> None:
    """What was clicked is written, and its errands are done once they are due."""
    assert door.app.state.door.visits.flush()  # type: ignore[attr-defined]
    with standing_at(CLICKED + UNTIL_READ + timedelta(minutes=5)):
        until(lambda: not run_due_errands(db, SETTINGS) and undone(db) == 0, what="an errand")  # the door runs them, too


def undone(db: Database) -> int:
    """How many errands are not done yet."""
    with db.reading() as session:
        return session.scalar(select(func.count(Errand.id)).where(Errand.done_at.is_(None))) or 0


def test_a_click_and_another(any_db: Database, out: Out, door: TestClient) -> None:
    """Åse clicks twice: she is led on twice, is in the selection and interested once, and one follow-up is made."""
    for _ in range(2):
        answer = door.get(out.offer)
        assert answer.headers["location"] == "https://fjord.test/h%C3%B8st?utm_source=nytt&utm_medium=Email"
        errands_run(any_db, door)
    with any_db.reading() as session:
        counts = [session.scalar(select(func.count(row.id))) for row in (SelectionMember, PersonInterest, FollowUp, Errand)]
        assert counts == [2, 1, 1, 2]  # Kunder and Varme
        assert counted(session, choose(session, "tilbud", mailing_named(session, "autumn"))) == (2, 1, 0)


def test_a_machine_clicks(any_db: Database, out: Out, door: TestClient) -> None:
    """A scanner that only asks for heads is led on, counted as a machine, and nothing is done for it."""
    assert door.head(out.offer).status_code == 302
    errands_run(any_db, door)
    with any_db.reading() as session:
        assert session.scalar(select(func.count(FollowUp.id))) == 0
        assert "nothing was done" in str(session.scalar(select(Errand.outcome)))
        assert counted(session, choose(session, "tilbud", mailing_named(session, "autumn"))) == (0, 0, 1)


def test_a_text_is_shown(any_db: Database, out: Out, door: TestClient) -> None:
    """A link that answers with a text shows it as a page; no errand is noted for it."""
    answer = door.get(out.thanks)
    assert answer.status_code == 200
    assert "<p>Vi ringer, Åse.</p>" in answer.text
    assert "Takk skal du ha" in answer.text
    errands_run(any_db, door)
    with any_db.reading() as session:
        assert session.scalar(select(func.count(Errand.id))) == 0


def test_a_registered_link_is_changed(any_db: Database, out: Out, door: TestClient) -> None:
    """Mail that is out leads to where the registered link leads now, with its mailing's UTM words; its clicks count for it."""
    with any_db.writing() as session:
        link = choose(session, "messe").registered
        assert link is not None
        point_to(link, "https://fjord.test/flyttet")
    assert door.get(out.fair).headers["location"] == "https://fjord.test/flyttet?utm_source=nytt&utm_medium=Email"
    errands_run(any_db, door)
    with any_db.reading() as session:
        assert counted(session, choose(session, "messe")) == (1, 1, 0)


def test_a_test_sets_nothing_going(any_db: Database, out: Out, door: TestClient) -> None:
    """A click in a test message leads on and counts nowhere (D22)."""
    with any_db.writing() as session:
        session.execute(update(Delivery).values(test=True))
    assert door.get(out.offer).status_code == 302
    errands_run(any_db, door)
    with any_db.reading() as session:
        assert session.scalar(select(func.count(Errand.id))) == 0
        assert counted(session, choose(session, "tilbud", mailing_named(session, "autumn"))) == (0, 0, 0)
