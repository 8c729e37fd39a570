"""A mailing that is fit to go to one person, and an installation with nothing to be warned about."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from mailings.channels import Findings
from mailings.clock import now
from mailings.db import Database
from mailings.model import Address, Basis, Consent, Mailing, MailingType, Person, Source, SourceKind
from mailings.sending.dns.spf import look_up
from mailings.sending.preflight import check, sender_domains
from mailings.settings import Settings

HTML = """<html><body><p>Kjære [[ customer.name ]]</p>
<a href="https://fjord.test/høst">Høst</a> <a href="[[ link.unsubscribe ]]">Nei takk</a></body></html>"""
FROM = {"name": "Fjord", "address": "nyheter@fjord.test", "use": "always"}


def chosen(**facts: Any) -> Settings:
    """An installation that keeps messages in memory and has nothing to be warned about."""
    quiet: dict[str, Any] = {"email_transport": "memory", "spf_policy": "off", "secret": SecretStr("a-secret-of-the-tests")}
    return Settings(_env_file=None, **quiet | facts)


def written(db: Database, *, consent: bool = True, sources: bool = True, **facts: Any) -> int:
    """A mailing that is fit to go to Åse, unless `facts` say otherwise; its id."""
    fit = {"subject": "Høsten er her", "html": HTML, "preheader": "Tre ting i oktober", "sender": FROM}
    with db.writing() as session:
        person = Person(name="Åse Ødegård", created_at=now())
        person.addresses = [Address(written="åse@fjord.test", normal="åse@fjord.test", valid=True)]
        mailing = Mailing(**{"name": "høst-nytt", "type": MailingType.EMAIL, "created_at": now()} | fit | facts)
        session.add_all([person, mailing])
        session.flush()
        if consent:
            session.add(Consent(person_id=person.id, basis=Basis.CONSENT, source="Test", given_at=now()))
        if sources:
            session.add(Source(mailing_id=mailing.id, position=1, kind=SourceKind.PERSON, label="Åse", person_id=person.id))
        return mailing.id


def looked_over(db: Database, mailing_id: int, *, within: float = 60.0, **facts: Any) -> Findings:
    """What preflight finds, asked as a door asks it; the DNS may take so many seconds."""
    settings = chosen(**facts)
    with db.reading() as session:
        domains = sender_domains(session, session.get_one(Mailing, mailing_id), settings)
    answers = look_up(domains, settings.dns, within)
    with db.writing() as session:
        return check(session, session.get_one(Mailing, mailing_id), settings, answers)
