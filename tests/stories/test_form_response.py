"""A form from its page to the answer in a mailbox: a door and a loop in processes of their own, a click in the answer, and kill -9."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from urllib.parse import urlencode

import httpx
import orjson
import pytest
from sqlalchemy import func, select

from mailings import clock
from mailings.db import Database
from mailings.forms.finding import form_named
from mailings.forms.keys import new_key
from mailings.model import Delivery, Submission, SubmissionStatus
from mailings.tokens import Tokens
from tests.cli.test_deliver import BEGUN, count, watching
from tests.cli.typed import type_in
from tests.deployments.server import until
from tests.forms.sent import NAME, send
from tests.sending.answered import furnished
from tests.servers.sink import free_port, open_folder, program, sink
from tests.stories.test_killed import forgotten, message_ids
from tests.web.opened import SECRET
from tests.web.process import served

PEOPLE = [("Åse Ødegård", "ase@fjord.test"), ("Désirée van der IJssel", "desiree@ijssel.test"), ("Bjørn Blåbær", "bjorn@fjord.test")]
SOON = timedelta(seconds=10)  # domain.md O: within which a form response is on its way
MANY = 40
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SLOW = ("-W", "DATA:1")  # over two lines the forty take twenty seconds, whatever the machine does


def post(db: Database, address: str, name: str, email: str) -> None:
    """Fill the form in over HTTP, as a page that was opened half a minute ago."""
    with db.reading() as session, clock.standing_at(clock.now() - timedelta(seconds=30)):
        key = new_key(Tokens(SECRET), form_named(session, NAME).id, 1)
    fields = {"field_name": name, "field_email": email, "field_dish": "veg", "key": key}
    told = {"content-type": "application/x-www-form-urlencoded"}
    answered = httpx.post(f"{address}/f/{NAME}", content=urlencode(fields), headers=told, timeout=60)
    assert answered.status_code < 400, answered.text


def answers(folder: Path) -> list[EmailMessage]:
    """The messages in the mail folder."""
    return [message_from_bytes(file.read_bytes(), policy=default) for file in sorted((folder / "var/outbox/new").glob("*"))]


def test_from_the_page_to_the_answer(any_db: Database, tmp_path: Path) -> None:
    """Three people send the form, each has their own answer within ten seconds, and the report knows of a click in one."""
    furnished(any_db, tmp_path)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    ours = {"MAILINGS_SECRET": SECRET, "MAILINGS_PUBLIC_URL": address, "MAILINGS_DNS": "127.0.0.1:9"}
    with served(any_db, tmp_path, port=port, **ours), watching(any_db, tmp_path, **ours) as loop:
        assert loop.stderr is not None
        assert loop.stderr.readline() == f"{BEGUN}\n"
        for name, email in PEOPLE:
            post(any_db, address, name, email)
        posted = clock.now()
        until(lambda: count(any_db) == len(PEOPLE), what="the answers")
        with any_db.reading() as session:  # by the books: when they were looked at depends on who looks
            assert max(session.scalars(select(Delivery.sent_at))) - posted < SOON
        came = {one["To"].addresses[0].addr_spec: one for one in answers(tmp_path)}
        assert {address: one["Subject"] for address, one in came.items()} == {email: f"Takk, {name}" for name, email in PEOPLE}
        html = came["ase@fjord.test"].get_body(("html",)).get_content()
        (link,) = set(re.findall(rf'href="({address}/c/[^"]+/1)"', html))
        time.sleep(2.1)  # nobody follows a link sooner than two seconds after a server took the message (tracking/reading.py)
        assert httpx.get(link, headers={"user-agent": BROWSER}, timeout=60).is_redirect
        until(lambda: clicked(any_db) == 1, what="the click")
        loop.terminate()
        loop.communicate(timeout=120)
    report = orjson.loads(type_in(tmp_path, "report", "takk", "--json", MAILINGS_DATABASE_URL=_url(any_db)).stdout)
    assert report["clicked"] == 1, report
    with any_db.reading() as session:
        assert session.scalars(select(Submission.status)).all() == [SubmissionStatus.PROCESSED] * 3


@pytest.mark.skipif(program("smtp-sink") is None, reason="smtp-sink (Debian's postfix) is not installed")
def test_killed_while_it_answers(any_db: Database, tmp_path: Path) -> None:
    """After kill -9 what was in hand is in doubt, everybody else is answered by the next loop, and nobody has two."""
    furnished(any_db, tmp_path)
    for n in range(MANY):
        send(any_db, {"name": ["Åse Ødegård"], "email": [f"ase-{n:02}@fjord.test"]})
    smtp = {
        "MAILINGS_EMAIL_TRANSPORT": "smtp",
        "MAILINGS_SMTP_HOST": "127.0.0.1",
        "MAILINGS_SECRET": SECRET,
        "MAILINGS_SMTP_CONNECTIONS": "2",
    }
    with open_folder() as mail, sink(*SLOW, dump=mail / "slow") as slow, sink(dump=mail / "quick") as quick:
        with watching(any_db, tmp_path, **smtp, MAILINGS_SMTP_PORT=str(slow.port)) as loop:
            until(lambda: count(any_db) > 0 and count(any_db, "sending") > 0, what="the first answers")
            loop.kill()
            loop.wait()
        forgotten(any_db)
        in_hand = count(any_db, "sending")
        with watching(any_db, tmp_path, **smtp, MAILINGS_SMTP_PORT=str(quick.port)):
            until(lambda: count(any_db, "queued") == count(any_db, "sending") == 0, what="the rest")
        taken = message_ids(slow.dumped()) + message_ids(quick.dumped())
    assert count(any_db, "in_doubt") == in_hand
    assert count(any_db) + in_hand == MANY
    assert max(taken.values()) == 1
    assert count(any_db) <= len(taken) <= MANY


def clicked(db: Database) -> int:
    """How many messages were clicked in by a person."""
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Delivery).where(Delivery.clicked_at.is_not(None))) or 0


def _url(db: Database) -> str:
    return db.url.render_as_string(hide_password=False)
