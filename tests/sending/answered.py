"""A form that is answered by a mailing, one look of the loop, and what stands in the ledger after it."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from sqlalchemy import select

from mailings.audience.drafts import push
from mailings.db import Database
from mailings.model import Delivery
from mailings.sending import lifecycle
from mailings.sending.finding import mailing_named
from mailings.sending.form_responses.responding import Responder
from mailings.transports.memory import Memory
from tests.forms.sent import ASE, SETTINGS, pushed

YAML = """
name: takk
type: form_response
subject: "Takk, [[ submission.name ]]"
from: {name: Fjord, address: post@fjord.test}
html: body.html
"""
BODY = """<html><body><p>Kjære [[ customer.name ]], vi fikk [[ form.title ]].</p><div>[[ receipt ]]</div>
<p>Middag: [[ submission.dish or "ingen" ]]</p><p><a href="https://fjord.test/hytta">Hytta</a></p></body></html>"""
FIELDS = """
- {kind: name, label: Navn, mandatory: true}
- {kind: email, mandatory: true}
- {kind: radio, identifier: dish, label: Middag, choices: [Fisk, {value: veg, label: Grønnsaker}]}
- {kind: text_area, identifier: remark, label: Merknad}
- {kind: upload, identifier: cv, label: Vedlegg, multiple: true, max_kb: 10}
"""
WRITTEN = ASE | {"dish": ["veg"], "remark": ["Hei <b>du</b>\nog takk"]}


def furnished(db: Database, folder: Path, *, opened: bool = True, body: str = BODY) -> None:
    """A form response and the form that names it; open unless told otherwise."""
    (folder / "takk").mkdir(exist_ok=True)
    (folder / "takk" / "mailing.yaml").write_text(YAML, encoding="utf-8")
    (folder / "takk" / "body.html").write_text(body, encoding="utf-8")
    with db.writing() as session:
        push(session, folder / "takk")
        if opened:
            lifecycle.open_response(session, mailing_named(session, "takk"))
    pushed(db, folder / "form", FIELDS, response="takk")


def look(db: Database) -> list[EmailMessage]:
    """One look of the loop; what went out in it."""
    kept = Memory.configured().kept
    before = len(kept)
    Responder(db, SETTINGS).look()
    return [message_from_bytes(one.content, policy=default) for one in kept[before:]]


def deliveries(db: Database) -> list[tuple[str, int | None, int | None]]:
    """Status, submission and the attempt before, of every message."""
    with db.reading() as session:
        asked = select(Delivery.status, Delivery.submission_id, Delivery.again_of).order_by(Delivery.id)
        return [(str(status), submission, again) for status, submission, again in session.execute(asked)]
