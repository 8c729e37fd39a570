"""A small world for the tests of channels: people with companies and contacts of ours, and one mailing to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from mailings.db import Database
from mailings.model import Address, Associate, Company, Delivery, Mailing, MailingFile, Person, Recipient, TrackedLink
from tests.channels.made import mailing

NOW = datetime(2026, 10, 1, tzinfo=UTC)
HTML = """<!DOCTYPE html><html><head><style>.a{color:red}@media (max-width:600px){.a{color:blue!important}}</style></head><body>
<p class="a">Kjære [[ customer.firstname or 'leser' ]], [[ company.name ]], [[ customer.custom.city ]]</p>
<a href="https://acme.test/høst?a=1&amp;b=2">Les</a> <a href="https://acme.test/offer">Tilbud</a> <a href='[[ link.offer ]]'>igjen</a>
<a href="https://acme.test/?e=[[ urlEncode(customer.email) ]]">din</a> <img src="cid:logo">
<a href="[[ link.unsubscribe ]]">Meld av</a> <a href="[[ link.preferences ]]">Valg</a> <a href="[[ link.online ]]">Nett</a>
</body></html>
"""


@dataclass
class World:
    """Keys of what is there."""

    mailing: int
    #: åse (person with company and contact), the company, a bare address, and a test delivery with Åse's data
    deliveries: tuple[int, int, int, int]
    recipients: tuple[int, int, int]


@pytest.fixture
def world(any_db: Database) -> World:
    """Three recipients of every kind with a delivery each, and a test delivery."""
    with any_db.writing() as session:
        return _made(session)


@pytest.fixture
def small_world(db: Database) -> World:
    """The same on SQLite alone."""
    with db.writing() as session:
        return _made(session)


def _made(session: Session) -> World:
    kari = Associate(username="kari", name="Kari Nordmann", email="kari@acme.test", phone="1", cellphone="2")
    piet = Associate(username="piet", name="Piet de Ĳ", email="piet@elders.test")
    session.add_all([kari, piet])
    session.flush()
    company = Company(name="Fjord & Søn", email="post@fjord.test", email_normal="post@fjord.test", email_valid=True, created_at=NOW)
    company.our_contact_id, company.our_sales_contact_id, company.city = piet.id, piet.id, "Bodø"
    session.add(company)
    session.flush()
    ase = Person(name="Åse Bjørnø", first_name="Åse", last_name="Bjørnø", salutation="Fru", company_id=company.id, created_at=NOW)
    ase.our_contact_id, ase.custom, ase.language = kari.id, {"city": "Bergen", "shoe size": 39}, "no"
    ase.addresses = [Address(rank=1, written="Aase@Firma.test", normal="aase@firma.test", valid=True)]
    session.add(ase)
    session.flush()
    company.primary_contact_id = ase.id
    made = mailing(id=None, html=HTML, sender={"name": "Acme", "address": "news@acme.test", "use": "our_contact"})
    made.tracking = {"opens": True, "clicks": "all", "utm": {"source": "news", "campaign": "høst"}}
    session.add(made)
    session.flush()
    session.add(MailingFile(mailing_id=made.id, inline=True, name="logo", content_type="image/png", data=b"png"))
    session.add(TrackedLink(mailing_id=made.id, number=1, name="offer", url="https://acme.test/offer"))
    recipients = [
        Recipient(mailing_id=made.id, person_id=ase.id, address="aase@firma.test"),
        Recipient(mailing_id=made.id, company_id=company.id, address="post@fjord.test"),
        Recipient(mailing_id=made.id, name="Løs Fugl", address="los@fugl.test"),
    ]
    session.add_all(recipients)
    session.flush()
    deliveries = [Delivery(mailing_id=made.id, recipient_id=recipient.id) for recipient in recipients]
    deliveries.append(Delivery(mailing_id=made.id, recipient_id=recipients[0].id, test=True, address="me@acme.test"))
    session.add_all(deliveries)
    session.flush()
    one, two, three, four = (delivery.id for delivery in deliveries)
    return World(made.id, (one, two, three, four), (recipients[0].id, recipients[1].id, recipients[2].id))


def the(session: Session, world: World) -> Mailing:
    """The mailing of the world."""
    found = session.get(Mailing, world.mailing)
    assert found is not None
    return found
