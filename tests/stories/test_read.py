"""A whole message at the door: each of its addresses does what its template says, and a scanner that follows them all is no reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.audience.drafts import push
from mailings.audience.populate import populate
from mailings.channels.email.compiling import compile_mailing
from mailings.clock import standing_at
from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus, Mailing, MailingStatus, Recipient
from mailings.reports.figures import report_of
from mailings.settings import Settings
from mailings.tracking.registered import create_link
from tests.audience.people import folder, person, selection
from tests.sending.world import START
from tests.tracking.visiting import FIREFOX, readings
from web.app import make_app

HOST = "https://post.fjord.test"
SETTINGS = Settings(_env_file=None, secret="hemmelig-nøkkel-for-prøver", public_url=HOST)
HTML = """<html><body><p>Hei [[ customer.name ]]</p>
<a href="https://fjord.test/høst?a=1&amp;b=2#nå">Høst</a> <a href="[[ link.messe ]]">Messe</a> <a href="[[ link.tilbud ]]">Tilbud</a>
<a href="https://fjord.test/hils/[[ customer.name ]]">Deg</a> <a href="mailto:post@fjord.test">Skriv</a></body></html>"""
UTM = "utm_source=nytt&utm_medium=Email"
LEADS = [
    f"https://fjord.test/h%C3%B8st?a=1&b=2&{UTM}#n%C3%A5",
    f"https://fjord.test/messe?{UTM}",
    f"https://fjord.test/tilbud?{UTM}",
    f"https://fjord.test/hils/%C3%85se?{UTM}",
]


@pytest.fixture
def message(any_db: Database, tmp_path: Path) -> str:
    """The HTML that Åse got."""
    links = {"tilbud": {"url": "https://fjord.test/tilbud"}}
    made = folder(tmp_path, links=links, sources=[{"selection": "Kunder"}], tracking={"utm": {"source": "nytt"}, "trap": True})
    (made / "body.html").write_text(HTML, encoding="utf-8")
    with standing_at(START), any_db.writing() as session:
        selection(session, "Kunder", person(session, "Åse"))
        create_link(session, "messe", "https://fjord.test/messe")
        return sent(session, made)


def sent(session: Session, made: Path) -> str:
    """The mailing pushed, compiled and taken by a server at START; the HTML of its one message."""
    mailing = push(session, made)
    populate(session, mailing, launch=True)
    compiled = compile_mailing(session, mailing, SETTINGS)
    mailing.status = MailingStatus.SENT
    recipient = session.scalars(select(Recipient)).one()
    delivery = Delivery(mailing_id=mailing.id, recipient_id=recipient.id, status=DeliveryStatus.SENT, claimed_at=START, sent_at=START)
    session.add(delivery)
    session.flush()
    return str(compiled.plain(session.execute(compiled.row.of_recipient(recipient.id)).one(), delivery.id)[1])


@pytest.fixture
def door(any_db: Database) -> Iterator[TestClient]:
    """The web door, an hour after the mailing went out, asked by a browser."""
    client = TestClient(make_app(any_db, SETTINGS), follow_redirects=False, headers={"user-agent": FIREFOX}, client=("203.0.113.9", 5000))
    with standing_at(START + timedelta(hours=1)), client as opened:
        yield opened


def ours(message: str, *names: str) -> list[str]:
    """The addresses of ours in these attributes, in order, without the host."""
    found = [unescape(value) for name in names for value in re.findall(rf'{name}="([^"]+)"', message)]
    return [value.removeprefix(HOST) for value in found if value.startswith(HOST)]


def report(db: Database) -> dict[str, int]:
    """The counts that are not zero, of all that a report says."""
    with db.reading() as session:
        found = report_of(session, session.scalars(select(Mailing)).one())
    return {name: n for name, n in found.items() if isinstance(n, int) and n}


def test_each_address_does_what_the_template_says(any_db: Database, message: str, door: TestClient) -> None:
    """Constant, registered, named and personal links lead where they were meant to, with their UTM words; the pixel is a picture."""
    *links, trap = ours(message, "href")
    assert [door.get(link).headers["location"] for link in links] == LEADS
    assert urlsplit(trap).path.endswith("/0")
    (pixel,) = ours(message, "src")
    assert door.get(pixel).headers["content-type"] == "image/gif"
    assert 'href="mailto:post@fjord.test"' in message


def test_a_reader(any_db: Database, message: str, door: TestClient) -> None:
    """Åse opens her message and clicks twice: one opened, one clicked, two clicks."""
    link = ours(message, "href")[1]
    for address in (ours(message, "src")[0], link, link):
        door.get(address)
    door.app.state.door.visits.flush()  # type: ignore[attr-defined]
    assert readings(any_db) == [(None, True), (None, True), (None, False)]
    assert report(any_db) == {"sent": 1, "delivered": 1, "opened": 1, "clicked": 1, "clicks": 2}


def test_a_scanner(any_db: Database, message: str, door: TestClient) -> None:
    """A gateway that looks behind every address under a browser's name falls into the trap; all it did is a machine's."""
    for address in [*ours(message, "src"), *ours(message, "href")]:
        door.get(address)
    door.app.state.door.visits.flush()  # type: ignore[attr-defined]
    found = readings(any_db)
    assert len(found) == 6
    assert all(machine in ("trap", "burst", "company") and not first for machine, first in found)
    assert report(any_db) == {"sent": 1, "delivered": 1, "machine_opened": 1, "machine_clicked": 1}
