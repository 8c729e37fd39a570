"""A door with readers behind it, for tests of the pages: one person, a company, a bare address, and their links."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from mailings import clock
from mailings.consent.topics import ensure_default_topics, topic_named
from mailings.db import Database
from mailings.model import Basis, Company, Delivery, DeliveryStatus, Mailing, MailingStatus, Person
from mailings.settings import Settings
from mailings.tokens import Kind, Tokens, of_day, of_preview
from tests.consent.waiting import a_mailing, a_person, queue
from web.app import make_app

DAY = 86_400
_FIELD = re.compile(r'<input type="(checkbox|hidden)"[^>]*? name="(\w+)" value="([^"]*)"([^>]*)>')
SECRET = "a-secret-of-the-tests"
HTML = (
    '<!doctype html><html lang="nl"><head><title>Nieuws</title><style>p{color:#222}</style></head><body><p>Dag [[ customer.firstname ]],'
    ' lees <a href="https://acme.test/høst">dit</a>.</p><img src="cid:logo" alt="logo">'
    '<a href="[[ link.unsubscribe ]]">Afmelden</a> <a href="[[ link.online ]]">Online</a></body></html>'
)


class Client:
    """Asks the application as a browser would, without a network."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def request(self, method: str, path: str, **sent: Any) -> httpx.Response:
        """One request and its answer; redirects are not followed, cookies not kept."""

        async def ask() -> httpx.Response:
            """In a loop of its own."""
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://127.0.0.1") as client:
                return await client.request(method, path, **sent)

        return asyncio.run(ask())

    def get(self, path: str, **sent: Any) -> httpx.Response:
        """GET."""
        return self.request("GET", path, **sent)

    def post(self, path: str, **sent: Any) -> httpx.Response:
        """POST."""
        return self.request("POST", path, **sent)


@dataclass
class Readers:
    """Who got what: ids of deliveries of a mailing about News (`person`, `company`, `bare`, `test`) and of one about nothing (`untopical`).

    `waiting` is a delivery of another mailing about News that is being sent to the person.
    """

    db: Database
    settings: Settings
    client: Client
    mailing: int
    owner: int
    person: int
    company: int
    bare: int
    test: int
    untopical: int
    waiting: int

    def link(self, kind: Kind, delivery: int, *, days_ago: int = 0) -> str:
        """The path of a link in a message."""
        stamped = kind in (Kind.PREFERENCES, Kind.CONFIRM)
        return f"/{kind.value}/{self._sign(kind, of_day(delivery, _today() - days_ago) if stamped else delivery)}"

    def preview(self, kind: Kind) -> str:
        """The path of a link in a preview."""
        payload = of_preview(self.mailing)
        return f"/{kind.value}/{self._sign(kind, of_day(payload, _today()) if kind is Kind.PREFERENCES else payload)}"

    def status(self, delivery: int) -> str:
        """What became of a delivery."""
        with self.db.reading() as session:
            return session.get_one(Delivery, delivery).status.value

    def _sign(self, kind: Kind, payload: int | str) -> str:
        return Tokens(SECRET).sign(kind, payload)


def readers(db: Database, **more: object) -> Readers:
    """Readers of mailings that went out three days ago."""
    settings = Settings(**{"secret": SecretStr(SECRET), "company_name": "Fjord & Søn", "privacy_url": "https://acme.test/privacy"} | more)
    client = Client(make_app(db, settings))
    with db.writing() as session, clock.standing_at(clock.now() - timedelta(days=3)):
        ensure_default_topics(session)
        news = topic_named(session, "News")
        news.description = "Hva som skjer hos oss, én gang i måneden"
        desiree = a_person(session, "desiree@ijssel.test", name="Désirée van der IJssel", first_name="Désirée", basis=Basis.CONSENT)
        company = Company(name="Søn", email="post@son.test", email_normal="post@son.test", email_valid=True, created_at=clock.now())
        session.add(company)
        session.flush()
        told = {"html": HTML, "subject": "Nieuws voor [[ customer.firstname ]]", "sender": {"name": "Fjord", "address": "news@acme.test"}}
        sent = a_mailing(session, "høst-nytt", news, **told)
        plain = a_mailing(session, "invitation to all", None, **told)
        later = a_mailing(session, "vinter-nytt", news)
        made = [queue(session, sent, whom, DeliveryStatus.SENT).id for whom in (desiree, company, "los@fugl.test")]
        untopical = queue(session, plain, desiree, DeliveryStatus.SENT).id
        waiting = queue(session, later, desiree).id
        test = _a_test(session.get_one(Delivery, made[0]), sent)
        session.add(test)
        session.flush()
        for delivery in (*made, untopical, test.id):
            session.get_one(Delivery, delivery).sent_at = clock.now()
        assert later.status is MailingStatus.SENDING
        return Readers(db, settings, client, sent.id, _id(desiree), *made, test.id, untopical, waiting)


def filled(page: str) -> list[tuple[str, str]]:
    """What a browser would post for the page as it is shown."""
    form = page.split('value="yes"', maxsplit=1)[0]
    return [(name, value) for kind, name, value, more in _FIELD.findall(form) if kind == "hidden" or "checked" in more]


def post(there: Readers, link: str, fields: list[tuple[str, str]]) -> str:
    """Press Confirm with these fields; the page that answers."""
    body = "&".join(f"{name}={value}" for name, value in [*fields, ("save", "yes")])
    answer = there.client.post(link, content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 200
    return answer.text


def _a_test(like: Delivery, mailing: Mailing) -> Delivery:
    return Delivery(mailing_id=mailing.id, recipient_id=like.recipient_id, test=True, status=DeliveryStatus.SENT, address="me@acme.test")


def _id(person: Person) -> int:
    return person.id


def _today() -> int:
    return int(clock.timestamp() // DAY)
